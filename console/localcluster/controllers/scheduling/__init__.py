"""The scheduler: which node a pod fits on, and why on none."""
