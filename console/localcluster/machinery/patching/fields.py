"""Sets of fields, as managedFields keeps them: who wrote what.

A field is a tuple of path elements in the notation of FieldsV1: "f:spec", 'k:{"name":"main"}' (an item of a list that
is kept as a map), 'v:"x"' (an item of a set). Items of such lists are fields themselves, beside what is in them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from console.localcluster.machinery.schemas import ANY, Field, Type, struct
from console.localcluster.store import Object

FieldPath = tuple[str, ...]
# The server's own, in metadata and beside it.
_SERVERS = frozenset(
    (
        "name", "namespace", "uid", "resourceVersion", "generation", "creationTimestamp", "deletionTimestamp",
        "deletionGracePeriodSeconds", "managedFields", "selfLink", "generateName",
    )
)  # fmt: skip


def fields_of(obj: Object, type_: Type, *, atomic_lists: bool) -> dict[FieldPath, Any]:
    """Every field that `obj` sets, with its value (an item of a list kept as a map: None)."""
    found: dict[FieldPath, Any] = {}
    top = struct(type_.name) if type_.form == "struct" else {}
    for key, value in obj.items():
        if key in ("apiVersion", "kind"):
            continue
        if key == "metadata":
            value = {name: inner for name, inner in value.items() if name not in _SERVERS}
            if not value:
                continue
        field = top.get(key) or Field(key, ANY)
        _collect(value, field, (f"f:{key}",), found, atomic_lists=atomic_lists)
    return found


def _collect(value: Any, field: Field, path: FieldPath, found: dict[FieldPath, Any], *, atomic_lists: bool) -> None:
    if isinstance(value, dict) and value and not field.atomic and field.type.form in ("struct", "map"):
        fields = struct(field.type.name) if field.type.form == "struct" else None
        inner = Field("", field.type.item) if fields is None else Field("", ANY)
        for key, item in value.items():
            child = fields.get(key, inner) if fields is not None else inner
            _collect(item, child, (*path, f"f:{key}"), found, atomic_lists=atomic_lists)
    elif isinstance(value, list) and field.map_keys and not atomic_lists:
        for item in value:
            place = (*path, item_element(item, field))
            found[place] = None
            _collect(item, Field("", field.type.item), place, found, atomic_lists=atomic_lists)
    elif isinstance(value, list) and field.is_set and not atomic_lists:
        for item in value:
            found[*path, f"v:{json.dumps(item)}"] = item
    else:
        found[path] = value


def item_element(item: Mapping[str, Any], field: Field) -> str:
    keys = {key: item[key] if key in item else _key_default(key) for key in sorted(field.map_keys)}
    return "k:" + json.dumps(keys, separators=(",", ":"))


def _key_default(key: str) -> Any:
    return "TCP" if key == "protocol" else None


def to_fields_v1(paths: Iterable[FieldPath]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for path in sorted(paths):
        node = tree
        for element in path:
            node = node.setdefault(element, {})
        if path[-1].startswith("k:"):
            node["."] = {}
    return tree


def from_fields_v1(tree: Mapping[str, Any]) -> set[FieldPath]:
    return set(_paths(tree, ()))


def _paths(tree: Mapping[str, Any], path: FieldPath) -> Iterator[FieldPath]:
    for element, inner in tree.items():
        if element == ".":
            yield path
        elif inner:
            yield from _paths(inner, (*path, element))
        else:
            yield (*path, element)


def shown(path: FieldPath) -> str:
    """'.spec.containers[name="main"].image', as conflict messages have it."""
    text = ""
    for element in path:
        kind, _, name = element.partition(":")
        if kind == "f":
            text += f".{name}"
        elif kind == "k":
            text += "[" + ",".join(f"{key}={json.dumps(value)}" for key, value in json.loads(name).items()) + "]"
        else:
            text += f"[={name}]"
    return text


def without(value: Any, field: Field, path: FieldPath) -> Any:
    """`value` with one field taken out; maps and lists that become empty by it go too, items of lists do not."""
    element, rest = path[0], path[1:]
    if element.startswith("f:") and isinstance(value, dict):
        key = element[2:]
        if key not in value:
            return value
        fields = struct(field.type.name) if field.type.form == "struct" else {}
        child = fields.get(key) or Field("", field.type.item if field.type.form == "map" else ANY)
        kept = without(value[key], child, rest) if rest else None
        if kept is None or kept in ({}, []):
            return {name: inner for name, inner in value.items() if name != key}
        return {**value, key: kept}
    if isinstance(value, list):
        return [one for one in (_item_without(item, field, element, rest) for item in value) if one is not None]
    return value


def _item_without(item: Any, field: Field, element: str, rest: FieldPath) -> Any:
    if element.startswith("v:"):
        return None if f"v:{json.dumps(item)}" == element else item
    if not isinstance(item, dict) or item_element(item, field) != element:
        return item
    return without(item, Field("", field.type.item), rest) if rest else None
