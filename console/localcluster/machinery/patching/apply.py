"""Server-side apply, and the bookkeeping of managedFields that it needs of every other write."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from console.localcluster.machinery.errors import ApiError, failure
from console.localcluster.machinery.kinds import Kind
from console.localcluster.machinery.objects import seconds_text
from console.localcluster.machinery.patching.fields import (
    FieldPath,
    fields_of,
    from_fields_v1,
    item_element,
    shown,
    to_fields_v1,
    without,
)
from console.localcluster.machinery.schemas import ANY, Field, struct, type_of_kind
from console.localcluster.store import Object

Entry = dict[str, Any]


def applied(
    kind: Kind, live: Object | None, config: Object, *, manager: str, force: bool, subresource: str, now: datetime
) -> Object:
    """What `live` becomes when `manager` applies `config`; raises 409 with every conflict, unless forced."""
    type_ = type_of_kind(kind.kind)
    wanted = fields_of(config, type_, atomic_lists=kind.custom)
    base: Object = live or {"metadata": {}}
    present = fields_of(base, type_, atomic_lists=kind.custom)
    others = [one for one in entries_of(base) if not _is(one, manager, "Apply", subresource)]
    mine = next((one for one in entries_of(base) if _is(one, manager, "Apply", subresource)), None)
    conflicts = _conflicts(others, wanted, present)
    if conflicts and not force and not _is_upgrade(kind, base, manager, conflicts):
        raise _conflict(kind, conflicts)
    for entry, path in conflicts:
        _disown(entry, {path})
    merged: Object = _merge(base, config, Field("", type_), atomic_lists=kind.custom)
    dropped = _fields(mine) - set(wanted) if mine else set()
    kept_by_others = set().union(*(_fields(one) for one in others)) if others else set()
    for path in sorted(dropped - kept_by_others, reverse=True):
        if not any(longer[: len(path)] == path for longer in (*wanted, *kept_by_others)):
            merged = without(merged, Field("", type_), path)
    entry = _entry(kind, manager, "Apply", subresource, now)
    entry["fieldsV1"] = to_fields_v1(wanted)
    if mine and mine["fieldsV1"] == entry["fieldsV1"] and not conflicts:
        entry["time"] = mine["time"]
    merged["metadata"]["managedFields"] = [*(one for one in others if one["fieldsV1"]), entry]
    return merged


def note_update(
    kind: Kind, before: Object | None, after: Object, *, manager: str, subresource: str, now: datetime
) -> None:
    """Writes into `after` (in place) that `manager` owns what this write added or changed.

    A client may rewrite managedFields themselves (kubectl does, when client-side apply becomes server-side apply); one
    that sends none keeps those there are.
    """
    type_ = type_of_kind(kind.kind)
    new = fields_of(after, type_, atomic_lists=kind.custom)
    old = fields_of(before, type_, atomic_lists=kind.custom) if before else {}
    changed = {path for path, value in new.items() if path not in old or old[path] != value}
    sent = after["metadata"].get("managedFields")
    entries = entries_of(before or {"metadata": {}}) if sent is None or before is None else entries_of(after)
    gone = set(old) - set(new)
    if changed or gone:
        for entry in entries:
            _disown(entry, gone if _is(entry, manager, "Update", subresource) else changed | gone)
    mine = next((one for one in entries if _is(one, manager, "Update", subresource)), None)
    if changed:
        if mine is None:
            mine = _entry(kind, manager, "Update", subresource, now)
            mine["fieldsV1"] = {}
            entries.append(mine)
        mine["fieldsV1"] = to_fields_v1(_fields(mine) | changed)
        mine["time"] = seconds_text(now)
    after["metadata"]["managedFields"] = [one for one in entries if one["fieldsV1"]]


def entries_of(obj: Object) -> list[Entry]:
    """Copies, so that they can be changed."""
    return [dict(entry) for entry in obj["metadata"].get("managedFields") or []]


def _is(entry: Entry, manager: str, operation: str, subresource: str) -> bool:
    return (entry["manager"], entry["operation"], entry.get("subresource", "")) == (manager, operation, subresource)


def _entry(kind: Kind, manager: str, operation: str, subresource: str, now: datetime) -> Entry:
    entry = {
        "manager": manager,
        "operation": operation,
        "apiVersion": kind.api_version,
        "time": seconds_text(now),
        "fieldsType": "FieldsV1",
    }
    return entry | {"subresource": subresource} if subresource else entry


def _fields(entry: Entry) -> set[FieldPath]:
    return from_fields_v1(entry["fieldsV1"])


def _disown(entry: Entry, paths: set[FieldPath]) -> None:
    held = _fields(entry)
    if held & paths:
        entry["fieldsV1"] = to_fields_v1(held - paths)


def _conflicts(
    others: list[Entry], wanted: Mapping[FieldPath, Any], present: Mapping[FieldPath, Any]
) -> list[tuple[Entry, FieldPath]]:
    found = []
    for entry in others:
        owned = _fields(entry)
        for path, value in wanted.items():
            if path in owned and path in present and present[path] != value:
                found.append((entry, path))
    return found


def _conflict(kind: Kind, conflicts: list[tuple[Entry, FieldPath]]) -> ApiError:
    causes = []
    for entry, path in conflicts:
        via = f' with subresource "{entry["subresource"]}"' if entry.get("subresource") else ""
        how = f" using {entry['apiVersion']}" if entry["operation"] == "Update" else ""
        at = f" at {entry['time']}" if entry["operation"] == "Update" else ""
        message = f'conflict with "{entry["manager"]}"{via}{how}{at}'
        causes.append({"reason": "FieldManagerConflict", "message": message, "field": shown(path)})
    if len(causes) == 1:
        text = f"Apply failed with 1 conflict: {causes[0]['message']}: {causes[0]['field']}"
    else:
        by_message: dict[str, list[str]] = {}
        for cause in causes:
            by_message.setdefault(cause["message"], []).append(cause["field"])
        parts = [f"{message}:\n- " + "\n- ".join(fields) for message, fields in by_message.items()]
        text = f"Apply failed with {len(causes)} conflicts: " + "\n".join(parts)
    return failure(409, "Conflict", text, {"causes": causes})


def _is_upgrade(kind: Kind, live: Object, manager: str, conflicts: list[tuple[Entry, FieldPath]]) -> bool:
    """kubectl goes over from client-side to server-side apply: what its own annotation covers is no conflict."""
    annotations = live["metadata"].get("annotations") or {}
    text = annotations.get("kubectl.kubernetes.io/last-applied-configuration")
    if manager != "kubectl" or not text:
        return False
    try:
        last = json.loads(text)
        covered = fields_of(last, type_of_kind(kind.kind), atomic_lists=kind.custom)
    except (ValueError, AttributeError):
        return False
    return all(path in covered for _, path in conflicts)


def _merge(live: Any, config: Any, field: Field, *, atomic_lists: bool) -> Any:
    form = field.type.form
    if isinstance(config, dict) and isinstance(live, dict) and not field.atomic and form in ("struct", "map"):
        fields = struct(field.type.name) if form == "struct" else {}
        item = Field("", field.type.item) if form == "map" else Field("", ANY)
        merged = dict(live)
        for key, value in config.items():
            merged[key] = _merge(live.get(key), value, fields.get(key, item), atomic_lists=atomic_lists)
        return merged
    if isinstance(config, list) and isinstance(live, list) and field.map_keys and not atomic_lists:
        return _merge_items(live, config, field)
    if isinstance(config, list) and isinstance(live, list) and field.is_set and not atomic_lists:
        return [*live, *(one for one in config if one not in live)]
    return config


def _merge_items(live: list[Any], config: list[Any], field: Field) -> list[Any]:
    wanted = {item_element(item, field): item for item in config}
    inner = Field("", field.type.item)
    merged = []
    for item in live:
        given = wanted.pop(item_element(item, field), None)
        merged.append(item if given is None else _merge(item, given, inner, atomic_lists=False))
    return [*merged, *wanted.values()]
