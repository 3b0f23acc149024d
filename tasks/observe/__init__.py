"""What the watcher saw, into the index: decoded objects -> rows, and the changes that tell the pages."""
