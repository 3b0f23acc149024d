"""Kubernetes' protobuf, read only: what `kubectl create` sends for built-in kinds. Answers are always JSON."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from console.localcluster.machinery.objects import micros_text, seconds_text
from console.localcluster.machinery.schemas import Field, Type, by_number, structs
from console.localcluster.store import Object

MEDIA_TYPE = "application/vnd.kubernetes.protobuf"
MAGIC = b"k8s\x00"
# Zeros are written for every plain field, so a zero means something only for those that Go keeps as pointers.
_KEEPS_ZERO = frozenset(
    (
        "replicas", "terminationGracePeriodSeconds", "gracePeriodSeconds", "automountServiceAccountToken",
        "enableServiceLinks", "optional", "immutable", "privileged", "runAsNonRoot", "runAsUser", "runAsGroup",
        "fsGroup", "readOnlyRootFilesystem", "allowPrivilegeEscalation", "blockOwnerDeletion", "controller",
        "revisionHistoryLimit",
        "tolerationSeconds", "value", "ttlSecondsAfterFinished", "activeDeadlineSeconds",
    )
)  # fmt: skip
_KEEPS_EMPTY = frozenset(("emptyDir",))


class NotProtobuf(ValueError):
    """The bytes are no message of a kind known here."""


def decode(data: bytes) -> Object:
    """The object in a `k8s\\0` envelope; raises NotProtobuf."""
    if not data.startswith(MAGIC):
        raise NotProtobuf("provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]")
    try:
        envelope = dict(_records(data[len(MAGIC) :]))
        type_meta = {number: _text(value) for number, value in _records(envelope.get(1, b""))}
        kind = type_meta.get(2, "")
        if kind not in structs():
            raise NotProtobuf(f'no kind "{kind}" is registered for version "{type_meta.get(1, "")}" in scheme')
        return {"apiVersion": type_meta.get(1, ""), "kind": kind, **_struct(envelope.get(2, b""), kind)}
    except (IndexError, UnicodeDecodeError, TypeError) as error:
        raise NotProtobuf(f"unable to decode protobuf: {error}") from None


def _records(data: bytes) -> Iterator[tuple[int, Any]]:
    """(field number, an int or bytes) in the order sent."""
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        match tag & 7:
            case 0:
                value, at = _varint(data, at)
                yield tag >> 3, value
            case 2:
                size, at = _varint(data, at)
                if at + size > len(data):
                    raise IndexError("a field is cut off")
                yield tag >> 3, data[at : at + size]
                at += size
            case 1 | 5 as wire:
                size = 8 if wire == 1 else 4
                yield tag >> 3, data[at : at + size]
                at += size
            case wire:
                raise IndexError(f"unknown wire type {wire}")


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def _struct(data: bytes, name: str) -> Object:
    fields = by_number(name)
    found: Object = {}
    for number, value in _records(data):
        field = fields.get(number)
        if field is None:
            continue
        if field.nested:
            found.update(_struct(value, field.type.name))
            continue
        decoded = _value(value, field.type)
        if field.type.form == "list":
            found.setdefault(field.name, []).append(decoded)
        elif field.type.form == "map":
            found.setdefault(field.name, {}).update(decoded)
        elif _means_something(decoded, field):
            found[field.name] = decoded
    return found


def _means_something(value: Any, field: Field) -> bool:
    if value in ("", None):
        return False
    if value == {}:
        return field.name in _KEEPS_EMPTY
    return field.name in _KEEPS_ZERO or (value is not False and value != 0)


def _value(value: Any, type_: Type) -> Any:
    """One record's value; of a list one item, of a map one entry."""
    if type_.form == "struct":
        return _struct(value, type_.name)
    if type_.form == "list":
        return _value(value, type_.item)
    if type_.form == "map":
        entry = dict(_records(value))
        inner = entry.get(2, b"" if type_.item.name != "bool" else 0)
        return {_text(entry.get(1, b"")): _value(inner, type_.item)}
    return _scalar(value, type_.name)


def _scalar(value: Any, name: str) -> Any:
    match name:
        case "str":
            return _text(value)
        case "bytes":
            return base64.b64encode(value).decode()
        case "bool":
            return bool(value)
        case "int32" | "int64":
            return value - (1 << 64) if value >= 1 << 63 else value
        case "Quantity":
            return _text(dict(_records(value)).get(1, b""))
        case "Time" | "MicroTime":
            parts = dict(_records(value))
            if not parts:
                return None
            at = datetime.fromtimestamp(parts.get(1, 0) + parts.get(2, 0) / 1e9, UTC)
            return seconds_text(at) if name == "Time" else micros_text(at)
        case "IntOrString":
            parts = dict(_records(value))
            return _text(parts.get(3, b"")) if parts.get(1) else _scalar(parts.get(2, 0), "int64")
    return None


def _text(value: Any) -> str:
    return bytes(value).decode()
