"""What an object must be like, kind by kind, beyond its shape."""
