"""Names that a person may choose from, read from the cluster with that person's own rights. Nothing is stored.

Each is a help while typing: when the person may not read it, or the cluster is away, there is just nothing to offer.
"""

from collections.abc import Callable

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied

from console.cluster import Cluster, ClusterError, connect
from console.cluster.resources import CONFIG_MAP, PRIORITY_CLASS, SECRET
from console.people.identity import identity_of
from tasks.specification import FileSource

_RESOURCES = {FileSource.CONFIG_MAP: CONFIG_MAP, FileSource.SECRET: SECRET}


def object_names(user: User, source: FileSource, namespace: str) -> list[str]:
    """Names of the namespace's ConfigMaps or Secrets; those that the cluster makes itself are left out."""
    resource = _RESOURCES[source]

    def read(cluster: Cluster) -> list[str]:
        found = cluster.list(resource, namespace)
        own = [one for one in found if one.get("type") != "kubernetes.io/service-account-token"]
        return sorted(one["metadata"]["name"] for one in own if one["metadata"]["name"] != "kube-root-ca.crt")

    return _as(user, read)


def object_keys(user: User, source: FileSource, namespace: str, name: str) -> list[str]:
    """The keys of a ConfigMap or Secret. Values are dropped here: no page ever has those of a Secret."""
    resource = _RESOURCES[source]

    def read(cluster: Cluster) -> list[str]:
        found = cluster.get(resource, namespace, name)
        return sorted({**(found.get("data") or {}), **(found.get("binaryData") or {})})

    return _as(user, read)


def priority_class_names(user: User) -> list[str]:
    """Those that tasks may have: the cluster keeps its own ("system-…") for kube-system."""

    def read(cluster: Cluster) -> list[str]:
        names = [found["metadata"]["name"] for found in cluster.list(PRIORITY_CLASS, "")]
        return sorted(name for name in names if not name.startswith("system-"))

    return _as(user, read)


def _as(user: User, read: Callable[[Cluster], list[str]]) -> list[str]:
    try:
        return read(connect(acting_as=identity_of(user)))
    except (ClusterError, PermissionDenied):
        return []
