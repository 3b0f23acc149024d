"""What of a stored task nobody wrote: fields that the API server sets, and marks that this console puts on its tasks.

They are the only parts of a manifest that reading passes over in silence. Everything else is read, kept or refused.
Two more differences between what is sent and what is stored, or built again: the CRDs write `protocol: TCP` into ports
that have none, and a backoffLimit of 0 is not written where every role is Never (tasks.frameworks.building says why).
"""

from typing import Any

from console.cluster.resources import MODE_LABEL, OPERATION_LABEL, OWNER_ANNOTATION, Manifest
from tasks.frameworks.building import FLAVOR_ANNOTATION, IMAGE_ANNOTATION, NO_SIDECAR

SERVER_FIELDS = ("status",)
SERVER_METADATA = ("creationTimestamp", "generation", "managedFields", "resourceVersion", "selfLink", "uid")
# What kubectl apply remembers; a copy of the rest.
APPLIED_ANNOTATION = "kubectl.kubernetes.io/last-applied-configuration"
OUR_LABELS = (OPERATION_LABEL, MODE_LABEL)
OUR_ANNOTATIONS = (OWNER_ANNOTATION, FLAVOR_ANNOTATION, IMAGE_ANNOTATION, APPLIED_ANNOTATION)


def without_server_fields(manifest: Manifest) -> Manifest:
    """The manifest without what the API server adds to it; a stored task is then what was sent."""
    metadata = {name: value for name, value in manifest.get("metadata", {}).items() if name not in SERVER_METADATA}
    rest = {name: value for name, value in manifest.items() if name not in SERVER_FIELDS}
    return {**rest, "metadata": metadata}


def is_our_annotation(key: str, value: Any) -> bool:
    return key in OUR_ANNOTATIONS or NO_SIDECAR.get(key) == value


def is_our_label(key: str, value: Any) -> bool:
    return key in OUR_LABELS
