"""/openapi/v3: what kubectl reads before it creates, applies or explains. Schemas have no descriptions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from aiohttp import web

from console.localcluster.http.answers import json_answer
from console.localcluster.machinery.kinds import Kind
from console.localcluster.machinery.schemas import Field, Type, struct, structs

_FORMATS = {
    "int32": ("integer", "int32"),
    "int64": ("integer", "int64"),
    "num": ("number", "double"),
    "bool": ("boolean", ""),
    "bytes": ("string", "byte"),
    "Time": ("string", "date-time"),
    "MicroTime": ("string", "date-time"),
}


def openapi_answer(request: web.BaseRequest, rest: list[str], served: Iterable[Kind]) -> web.Response | None:
    """`rest`: the path behind /openapi. None: there is nothing there (v2 is not served)."""
    versions: dict[str, list[Kind]] = {}
    for kind in served:
        path = f"apis/{kind.api_version}" if kind.group else f"api/{kind.version}"
        versions.setdefault(path, []).append(kind)
    if rest == ["v3"]:
        paths = {path: {"serverRelativeURL": f"/openapi/v3/{path}"} for path in versions}
        return json_answer(request, {"paths": paths})
    if rest[:1] == ["v3"] and "/".join(rest[1:]) in versions:
        return json_answer(request, _document("/".join(rest[1:]), versions["/".join(rest[1:])]))
    return None


def _document(prefix: str, kinds: list[Kind]) -> dict[str, Any]:
    schemas: dict[str, Any] = {}
    paths: dict[str, Any] = {}
    for kind in kinds:
        gvk = {"group": kind.group, "version": kind.version, "kind": kind.kind}
        if kind.kind in structs():
            _add(kind.kind, schemas)
            schemas[kind.kind] = {**schemas[kind.kind], "x-kubernetes-group-version-kind": [gvk]}
        else:
            schemas[kind.kind] = {"type": "object", "x-kubernetes-group-version-kind": [gvk]}
        scope = "namespaces/{namespace}/" if kind.namespaced else ""
        base = f"/{prefix}/{scope}{kind.plural}"
        paths[base] = {
            "get": _operation("list", gvk),
            "post": _operation("post", gvk, ("dryRun", "fieldManager", "fieldValidation")),
        }
        paths[base + "/{name}"] = {
            "get": _operation("get", gvk),
            "put": _operation("put", gvk, ("dryRun", "fieldManager", "fieldValidation")),
            "patch": _operation("patch", gvk, ("dryRun", "fieldManager", "fieldValidation", "force")),
            "delete": _operation("delete", gvk, ("dryRun",)),
        }
    info = {"title": "Trainyard local cluster", "version": "v1.34"}
    return {"openapi": "3.0.0", "info": info, "paths": paths, "components": {"schemas": schemas}}


def _operation(action: str, gvk: dict[str, str], parameters: tuple[str, ...] = ()) -> dict[str, Any]:
    return {
        "x-kubernetes-action": action,
        "x-kubernetes-group-version-kind": gvk,
        "parameters": [{"name": name, "in": "query", "schema": {"type": "string"}} for name in parameters],
        "responses": {"200": {"description": "OK"}},
    }


def _add(name: str, schemas: dict[str, Any]) -> None:
    if name in schemas:
        return
    schemas[name] = {}
    fields = struct(name)
    shown: dict[str, Any] = {
        "type": "object",
        "properties": {key: _field(field, schemas) for key, field in fields.items()},
    }
    required = [key for key, field in fields.items() if field.required]
    if required:
        shown["required"] = required
    schemas[name] = shown


def _field(field: Field, schemas: dict[str, Any]) -> dict[str, Any]:
    shown = _type(field.type, schemas)
    if field.merges or field.retains_keys:
        both = [word for word, on in (("merge", field.merges), ("retainKeys", field.retains_keys)) if on]
        shown["x-kubernetes-patch-strategy"] = ",".join(both)
    if field.merge_key:
        shown["x-kubernetes-patch-merge-key"] = field.merge_key
    if field.map_keys:
        shown |= {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": list(field.map_keys)}
    elif field.is_set:
        shown["x-kubernetes-list-type"] = "set"
    return shown


def _type(type_: Type, schemas: dict[str, Any]) -> dict[str, Any]:
    if type_.form == "list":
        return {"type": "array", "items": _type(type_.item, schemas)}
    if type_.form == "map":
        return {"type": "object", "additionalProperties": _type(type_.item, schemas)}
    if type_.form == "struct":
        _add(type_.name, schemas)
        return {"allOf": [{"$ref": f"#/components/schemas/{type_.name}"}], "default": {}}
    if type_.name == "any":
        return {"x-kubernetes-preserve-unknown-fields": True, "type": "object"}
    if type_.name == "IntOrString":
        return {"x-kubernetes-int-or-string": True, "oneOf": [{"type": "integer"}, {"type": "string"}]}
    kind, format_ = _FORMATS.get(type_.name, ("string", ""))
    return {"type": kind, "format": format_} if format_ else {"type": kind}
