"""Walking an object along its schema: unknown fields, wrong types, missing fields."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from console.localcluster.machinery.errors import Finding
from console.localcluster.machinery.schemas import Field, Type, struct

QUANTITY = (
    r"^(\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))))?$"
)
_QUANTITY = re.compile(QUANTITY)
_NAMES = {
    "str": "string",
    "bytes": "string",
    "Time": "string",
    "MicroTime": "string",
    "bool": "boolean",
    "num": "number",
}


def prune(value: Any, type_: Type, path: str = "") -> Iterator[str]:
    """Takes what the schema does not know out of `value`, in place, yielding its path; null fields go silently."""
    if type_.form == "struct" and isinstance(value, dict):
        fields = struct(type_.name)
        for key in list(value):
            field = fields.get(key)
            where = f"{path}.{key}" if path else key
            if field is None:
                del value[key]
                yield where
            elif value[key] is None:
                # Explicit nulls mean something in status objects only (a scheduler event's lastTimestamp).
                del value[key]
            elif field.type.form != "scalar":
                yield from prune(value[key], field.type, where)
    elif type_.form == "list" and isinstance(value, list) and type_.item.form != "scalar":
        for index, item in enumerate(value):
            yield from prune(item, type_.item, f"{path}[{index}]")
    elif type_.form == "map" and isinstance(value, dict):
        for key in [key for key, inner in value.items() if inner is None and type_.item.form != "scalar"]:
            del value[key]
        if type_.item.form != "scalar":
            for key, item in value.items():
                yield from prune(item, type_.item, f"{path}.{key}")


def faults(value: Any, type_: Type, path: str = "") -> Iterator[Finding]:
    """What a CRD's schema says against `value`, in the real server's words."""
    if type_.form == "scalar":
        yield from _scalar_faults(value, type_.name, path)
    elif type_.form == "list":
        if not isinstance(value, list):
            yield _wrong_type(value, "array", path)
            return
        for index, item in enumerate(value):
            yield from faults(item, type_.item, f"{path}[{index}]")
    elif not isinstance(value, dict):
        yield _wrong_type(value, "object", path)
    elif type_.form == "map":
        for key, item in value.items():
            yield from faults(item, type_.item, f"{path}.{key}")
    else:
        yield from _struct_faults(value, type_, path)


def go_fault(value: Any, type_: Type, owner: Field | None = None, name: str = "", path: str = "") -> str | None:
    """The first thing Go's decoder cannot put into the typed object (built-in kinds): "json: cannot unmarshal ...\""""
    if value is None:
        return None
    if type_.form == "scalar":
        return _go_scalar(value, type_.name, name, path)
    wanted = list if type_.form == "list" else dict
    if not isinstance(value, wanted):
        return _unmarshal(value, name, path, _go_name(type_))
    if type_.form == "struct" and isinstance(value, dict):
        for key, field in struct(type_.name).items():
            fault = go_fault(value.get(key), field.type, field, f"{type_.name}", f"{path}.{key}" if path else key)
            if fault:
                return fault
        return None
    for item in value if isinstance(value, list) else value.values():
        fault = go_fault(item, type_.item, owner, name, path)
        if fault:
            return fault
    return None


def _go_scalar(value: Any, wanted: str, name: str, path: str) -> str | None:
    kind = _json_type(value)
    if wanted == "Quantity":
        fits = kind in ("string", "integer", "number") and _QUANTITY.match(str(value))
        shown = "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
        return None if fits else f"quantities must match the regular expression {shown}"
    allowed = {
        "int32": ("integer",),
        "int64": ("integer",),
        "num": ("integer", "number"),
        "bool": ("boolean",),
        "IntOrString": ("integer", "string"),
    }.get(wanted, ("string",))
    if wanted == "any" or kind in allowed:
        return None
    return _unmarshal(value, name, path, {"str": "string", "num": "float64"}.get(wanted, wanted))


def _unmarshal(value: Any, name: str, path: str, wanted: str) -> str:
    shown = {"integer": "number", "boolean": "bool"}.get(_json_type(value), _json_type(value))
    return f"json: cannot unmarshal {shown} into Go struct field {name}.{path} of type {wanted}"


def _go_name(type_: Type) -> str:
    if type_.form == "list":
        return "[]" + _go_name(type_.item)
    if type_.form == "map":
        return "map[string]" + _go_name(type_.item)
    return {"str": "string"}.get(type_.name, type_.name if type_.form == "scalar" else f"v1.{type_.name}")


def _struct_faults(value: dict[str, Any], type_: Type, path: str) -> Iterator[Finding]:
    fields = struct(type_.name)
    for key, field in fields.items():
        where = f"{path}.{key}" if path else key
        if key in value:
            yield from faults(value[key], field.type, where)
        elif field.required:
            yield Finding(where, "FieldValueRequired", "Required value")


def _scalar_faults(value: Any, wanted: str, path: str) -> Iterator[Finding]:
    if wanted == "any":
        return
    kind = _json_type(value)
    if wanted in ("Quantity", "IntOrString"):
        if kind not in ("integer", "string"):
            yield _wrong_type(value, "integer,string", path)
        elif wanted == "Quantity" and isinstance(value, str) and not _QUANTITY.match(value):
            message = f"Invalid value: \"{value}\": {path} in body should match '{QUANTITY}'"
            yield Finding(path, "FieldValueInvalid", message)
        return
    expected = "integer" if wanted in ("int32", "int64") else _NAMES[wanted]
    if kind != expected and not (expected == "number" and kind == "integer"):
        yield _wrong_type(value, expected, path)


def _wrong_type(value: Any, wanted: str, path: str) -> Finding:
    kind = _json_type(value)
    message = f'Invalid value: "{kind}": {path} in body must be of type {wanted}: "{kind}"'
    return Finding(path, "FieldValueTypeInvalid", message)


def _json_type(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, float):
        return "integer" if value.is_integer() else "number"
    names = {int: "integer", str: "string", list: "array", dict: "object", type(None): "null"}
    return names[type(value)]
