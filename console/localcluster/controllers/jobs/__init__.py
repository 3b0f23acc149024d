"""The Kubeflow training operator v1.8.1, as kubeflow.md tells of it: a pure core per kind, and one controller."""
