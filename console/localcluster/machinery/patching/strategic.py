"""Strategic merge patch: lists of the built-in kinds are merged by their keys."""

from __future__ import annotations

from typing import Any

from console.localcluster.machinery.errors import bad_request
from console.localcluster.machinery.schemas import ANY, Field, Type, struct

_DIRECTIVE, _RETAIN = "$patch", "$retainKeys"
_DELETE_PRIMITIVES, _ORDER = "$deleteFromPrimitiveList/", "$setElementOrder/"


def strategic_merge(target: Any, patch: Any, type_: Type) -> Any:
    """A new value; neither argument is changed."""
    if not isinstance(patch, dict):
        return patch
    directive = patch.get(_DIRECTIVE)
    if directive == "replace":
        return {key: value for key, value in patch.items() if key != _DIRECTIVE}
    if directive == "delete":
        return {}
    merged = dict(target) if isinstance(target, dict) else {}
    if _RETAIN in patch:
        merged = {key: value for key, value in merged.items() if key in patch[_RETAIN]}
    for key, value in patch.items():
        if key.startswith("$"):
            _directive(merged, key, value, patch, type_)
        elif value is None:
            merged.pop(key, None)
        else:
            merged[key] = _value(merged.get(key), value, _field(type_, key), patch.get(_ORDER + key))
    return merged


def _field(type_: Type, key: str) -> Field:
    if type_.form == "struct":
        return struct(type_.name).get(key) or Field(key, ANY)
    return Field(key, type_.item if type_.form == "map" else ANY)


def _directive(merged: dict[str, Any], key: str, value: Any, patch: dict[str, Any], type_: Type) -> None:
    if key.startswith(_DELETE_PRIMITIVES):
        name = key.removeprefix(_DELETE_PRIMITIVES)
        merged[name] = [item for item in merged.get(name) or [] if item not in value]
    elif key.startswith(_ORDER):
        name = key.removeprefix(_ORDER)
        if name not in patch and isinstance(merged.get(name), list):
            merged[name] = _ordered(merged[name], value, _field(type_, name).merge_key)


def _value(held: Any, value: Any, field: Field, order: list[Any] | None) -> Any:
    if field.type.form != "list":
        return strategic_merge(held, value, field.type)
    if not isinstance(value, list) or not field.merges:
        return value
    items = held if isinstance(held, list) else []
    if not field.merge_key:
        return _ordered([*items, *(item for item in value if item not in items)], order, "")
    return _ordered(_merge_items(items, value, field), order, field.merge_key)


def _merge_items(held: list[Any], patch: list[Any], field: Field) -> list[Any]:
    key = field.merge_key
    if any(isinstance(item, dict) and item.get(_DIRECTIVE) == "replace" for item in patch):
        return [item for item in patch if not (isinstance(item, dict) and _DIRECTIVE in item)]
    merged = list(held)
    for item in patch:
        if not isinstance(item, dict) or key not in item:
            raise bad_request(f"map: {item} does not contain declared merge key: {key}")
        index = next((at for at, one in enumerate(merged) if one.get(key) == item[key]), None)
        if item.get(_DIRECTIVE) == "delete":
            if index is not None:
                del merged[index]
        elif index is None:
            merged.append({name: value for name, value in item.items() if not name.startswith("$")})
        else:
            merged[index] = strategic_merge(merged[index], item, field.type.item)
    return merged


def _ordered(items: list[Any], order: list[Any] | None, key: str) -> list[Any]:
    """In the order that the patch names; what it does not name keeps its place behind what stood before it."""
    if not order:
        return items
    wanted = [item[key] if key else item for item in order]
    ranks = {value: rank for rank, value in enumerate(wanted)}
    placed: list[tuple[float, int, Any]] = []
    last = -1.0
    for index, item in enumerate(items):
        value = item.get(key) if key else item
        last = float(ranks[value]) if value in ranks else last + 0.0001
        placed.append((last, index, item))
    return [item for _, _, item in sorted(placed, key=lambda one: one[:2])]
