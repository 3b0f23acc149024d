"""Which kept parts of a role name objects of the task's namespace, and so cannot follow it into another."""

from collections.abc import Iterator, Mapping
from typing import Any

from tasks.specification.kept import CONTAINER

# Where Kubernetes writes the name, by the field that holds the reference.
_VOLUMES = {"persistentVolumeClaim": "claimName", "configMap": "name", "secret": "secretName"}
_KEYS = ("configMapKeyRef", "secretKeyRef")
_WHOLE = ("configMapRef", "secretRef")


def references_of(kept: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    """The names that are referred to, and the paths in `kept` that go when they go; in the order of `kept`."""
    for path, value in kept.items():
        if names := tuple(_names_in(path, value)):
            yield names, (path, *_mounts_of(path, value, kept))


def _names_in(path: str, value: Any) -> Iterator[str]:
    if path.startswith("template.spec.volumes["):
        yield from _names_in_volume(value)
    elif path.startswith(f"{CONTAINER}.env["):
        yield from _names_of(value.get("valueFrom") or {}, _KEYS)
    elif path == f"{CONTAINER}.envFrom":
        for source in value:
            yield from _names_of(source, _WHOLE)
    elif path == "template.spec.imagePullSecrets":
        yield from (reference["name"] for reference in value)


def _names_in_volume(volume: Mapping[str, Any]) -> Iterator[str]:
    yield from (volume[kind][field] for kind, field in _VOLUMES.items() if volume.get(kind))
    for source in (volume.get("projected") or {}).get("sources") or []:
        yield from _names_of(source, ("configMap", "secret"))


def _names_of(source: Mapping[str, Any], fields: tuple[str, ...]) -> Iterator[str]:
    yield from (source[field]["name"] for field in fields if source.get(field))


def _mounts_of(path: str, value: Any, kept: Mapping[str, Any]) -> Iterator[str]:
    if path.startswith("template.spec.volumes["):
        for at, mount in kept.items():
            if at.startswith(f"{CONTAINER}.volumeMounts[") and mount["name"] == value["name"]:
                yield at
