"""The images this cluster's node has: names, what a container of each sees, and their small programs."""

from console.localcluster.images.catalogue import IMAGES, Image, find_image
from console.localcluster.images.references import InvalidReference, pull_failure, with_registry

__all__ = ["IMAGES", "Image", "InvalidReference", "find_image", "pull_failure", "with_registry"]
