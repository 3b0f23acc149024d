"""How objects are shown: whole, as metadata only, or as a table's rows (Accept: ...;as=Table;g=meta.k8s.io;v=v1)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from console.localcluster.machinery.errors import failure
from console.localcluster.machinery.kinds import Kind
from console.localcluster.machinery.objects import Clock
from console.localcluster.machinery.tables import table
from console.localcluster.store import Object

# Shows a list of objects as one document (a Table, a PartialObjectMetadataList) or, with one, that object.
Presentation = Callable[[Kind, list[Object], dict[str, Any], bool], Object]
_ACCEPTED = ("application/json", "application/*", "*/*", "application/yaml", "application/vnd.kubernetes.protobuf")


def presentation_of(accept: str, include: str, clock: Clock) -> Presentation | None:
    """None: whole objects as JSON. Raises 406 for what the real server cannot do either, and for protobuf alone."""
    if not accept:
        return None
    for offer in accept.split(","):
        media, *parameters = (part.strip() for part in offer.split(";"))
        shape = dict(parameter.split("=", 1) for parameter in parameters if "=" in parameter)
        if media == "application/json" and shape.get("as") == "Table" and shape.get("v") == "v1":
            return lambda kind, objects, metadata, one: table(kind, objects, metadata, include or "Metadata", clock())
        if media == "application/json" and shape.get("as") in ("PartialObjectMetadata", "PartialObjectMetadataList"):
            return _partial
        if media in _ACCEPTED[:3] and "as" not in shape:
            return None
    raise failure(
        406,
        "NotAcceptable",
        "only the following media types are accepted: application/json, application/yaml, "
        "application/vnd.kubernetes.protobuf",
    )


def _partial(kind: Kind, objects: list[Object], metadata: dict[str, Any], one: bool) -> Object:
    shown = [partial_metadata(obj) for obj in objects]
    if one:
        return shown[0]
    return {
        "kind": "PartialObjectMetadataList",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": metadata,
        "items": shown,
    }


def partial_metadata(obj: Object) -> Object:
    return {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": obj["metadata"]}
