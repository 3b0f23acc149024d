"""Programs inside the catalogue's images. They run in containers and know nothing of the cluster."""
