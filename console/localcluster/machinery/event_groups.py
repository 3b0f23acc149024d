"""Events of the group events.k8s.io: the stored core events in that group's words."""

from __future__ import annotations

from console.localcluster.machinery.kinds import EVENT, EVENT_V1, Kind
from console.localcluster.store import Object

_RENAMED = {
    "involvedObject": "regarding",
    "message": "note",
    "reportingComponent": "reportingController",
    "source": "deprecatedSource",
    "firstTimestamp": "deprecatedFirstTimestamp",
    "lastTimestamp": "deprecatedLastTimestamp",
    "count": "deprecatedCount",
}
_BACK = {new: old for old, new in _RENAMED.items()}


def stored_kind(kind: Kind) -> Kind:
    return EVENT if kind is EVENT_V1 else kind


def with_version(kind: Kind, obj: Object) -> Object:
    """A stored object as `kind` shows it."""
    if kind is not EVENT_V1:
        return obj
    shown = {_RENAMED.get(field, field): value for field, value in obj.items()}
    return shown | {"apiVersion": kind.api_version, "kind": kind.kind}


def as_stored(kind: Kind, obj: Object) -> Object:
    """What a client sent as `kind`, as it is stored."""
    if kind is not EVENT_V1:
        return obj
    kept = {_BACK.get(field, field): value for field, value in obj.items()}
    return kept | {"apiVersion": EVENT.api_version, "kind": EVENT.kind}
