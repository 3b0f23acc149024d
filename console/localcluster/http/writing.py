"""create, update, patch, delete and deletecollection of whole objects and their status."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import msgspec
from aiohttp import web

from console.localcluster.http.answers import json_answer
from console.localcluster.http.bodies import decode_object, decode_yaml, media_type, read_body, unsupported_media
from console.localcluster.http.context import Context
from console.localcluster.http.escalation import Guarded
from console.localcluster.http.presentation import presentation_of
from console.localcluster.machinery.api import Api, Check
from console.localcluster.machinery.decoding import Decoding, FieldValidation
from console.localcluster.machinery.errors import ApiError, bad_request, failure
from console.localcluster.machinery.event_groups import as_stored, stored_kind, with_version
from console.localcluster.machinery.kinds import Kind
from console.localcluster.machinery.patching import APPLY_PATCH, JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH
from console.localcluster.machinery.rbac import Authorizer
from console.localcluster.machinery.selectors import predicate
from console.localcluster.store import Object


@dataclass(frozen=True, slots=True)
class Writing:
    api: Api
    authorizer: Authorizer

    async def create(self, context: Context) -> web.Response:
        kind = context.kind
        data = await read_body(context.request)
        obj = decode_object(data, media_type(context.request), kind.kind)
        decoding = self._decoding(context)
        decoding.check_sent(obj, data)
        obj = as_stored(kind, obj)
        with decoding.warnings_of_failure():
            created = self.api.create(
                stored_kind(kind),
                context.info.namespace,
                obj,
                user=context.user,
                dry_run=context.dry_run,
                check=self._check(context, decoding),
            )
        return self._answer(context, created, 201, decoding.warnings)

    async def update(self, context: Context) -> web.Response:
        kind, info = context.kind, context.info
        data = await read_body(context.request)
        obj = decode_object(data, media_type(context.request), kind.kind)
        decoding = self._decoding(context)
        decoding.check_sent(obj, data)
        _check_address(context, obj)
        updated = self.api.update(
            stored_kind(kind),
            as_stored(kind, obj),
            subresource=info.subresource,
            dry_run=context.dry_run,
            check=self._check(context, decoding),
        )
        return self._answer(context, updated, 200, decoding.warnings)

    async def patch(self, context: Context) -> web.Response:
        kind, info = context.kind, context.info
        media = media_type(context.request)
        accepted = [JSON_PATCH, MERGE_PATCH, *(() if kind.custom else (STRATEGIC_PATCH,)), APPLY_PATCH]
        if media not in accepted:
            raise unsupported_media(", ".join(accepted))
        data = await read_body(context.request)
        decoding = self._decoding(context)
        namespace = info.namespace if kind.namespaced else ""
        if media == APPLY_PATCH:
            return self._apply(context, decode_yaml(data), decoding)
        try:
            body = msgspec.json.decode(data)
        except msgspec.DecodeError as error:
            raise bad_request(f"error decoding patch: {error}") from None
        if media != JSON_PATCH and not isinstance(body, dict):
            raise bad_request(
                "error decoding patch: json: cannot unmarshal into Go value of type map[string]interface {}"
            )
        patched = self.api.patch(
            stored_kind(kind),
            namespace,
            info.name,
            body,
            content_type=media,
            subresource=info.subresource,
            user=context.user,
            dry_run=context.dry_run,
            check=self._check(context, decoding),
        )
        return self._answer(context, patched, 200, decoding.warnings)

    async def delete(self, context: Context) -> web.Response:
        kind, info = context.kind, context.info
        options = await self._options(context)
        gone = self.api.delete(
            stored_kind(kind),
            info.namespace if kind.namespaced else "",
            info.name,
            user=context.user,
            dry_run=context.dry_run or options.pop("dry_run"),
            **_without(options, "dry_run"),
        )
        if gone["kind"] == "Status":
            return json_answer(context.request, gone)
        return self._answer(context, gone, 200, [])

    async def delete_collection(self, context: Context) -> web.Response:
        kind, info = context.kind, context.info
        options = await self._options(context)
        dry_run = context.dry_run or options.pop("dry_run")
        matches = predicate(kind, context.query("labelSelector"), context.query("fieldSelector"))
        namespace = info.namespace if kind.namespaced and info.namespace else None
        found = [obj for obj in self.api.list(stored_kind(kind), namespace) if matches is None or matches(obj)]
        for obj in found:
            metadata = obj["metadata"]
            self.api.delete(
                stored_kind(kind),
                metadata.get("namespace", ""),
                metadata["name"],
                user=context.user,
                dry_run=dry_run,
                **_without(options, "dry_run"),
            )
        head = {"kind": kind.list_kind, "apiVersion": kind.api_version}
        items = [with_version(kind, obj) for obj in found]
        return json_answer(
            context.request, {**head, "metadata": {"resourceVersion": str(self.api.store.version)}, "items": items}
        )

    def _apply(self, context: Context, body: Any, decoding: Decoding) -> web.Response:
        kind, info = context.kind, context.info
        manager = context.query("fieldManager")
        if not manager:
            text = 'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch'
            raise failure(422, "Invalid", text)
        if not isinstance(body, dict):
            raise bad_request("error decoding YAML: no object")
        if self.api.store.get(kind.key, info.namespace if kind.namespaced else "", info.name) is None:
            self.authorizer.demand(context.user, replace(info.attributes, verb="create"))
        applied, made = self.api.apply(
            kind,
            info.namespace if kind.namespaced else "",
            info.name,
            body,
            manager=manager,
            force=context.flag("force"),
            subresource=info.subresource,
            user=context.user,
            dry_run=context.dry_run,
            check=self._check(context, decoding),
        )
        return self._answer(context, applied, 201 if made else 200, decoding.warnings)

    def _decoding(self, context: Context) -> Decoding:
        asked = context.query("fieldValidation") or "Warn"
        if asked not in ("Strict", "Warn", "Ignore"):
            raise bad_request(f'fieldValidation: Unsupported value: "{asked}"')
        manager = context.query("fieldManager") or context.request.headers.get("User-Agent", "").partition("/")[0]
        return Decoding(context.kind, FieldValidation(asked), manager=manager)

    def _check(self, context: Context, decoding: Decoding) -> Check:
        return Guarded(decoding, self.authorizer, context)

    async def _options(self, context: Context) -> dict[str, Any]:
        data = await read_body(context.request)
        body = decode_object(data, media_type(context.request), "DeleteOptions") if data else {}
        preconditions = body.get("preconditions") or {}
        grace = body.get("gracePeriodSeconds")
        if grace is None and context.query("gracePeriodSeconds"):
            grace = int(context.query("gracePeriodSeconds"))
        propagation = body.get("propagationPolicy") or context.query("propagationPolicy")
        if not propagation and (body.get("orphanDependents") or context.flag("orphanDependents")):
            propagation = "Orphan"
        return {
            "uid": preconditions.get("uid") or "",
            "resource_version": preconditions.get("resourceVersion") or "",
            "propagation": propagation or "Background",
            "grace_seconds": grace,
            "dry_run": "All" in (body.get("dryRun") or ()),
        }

    def _answer(self, context: Context, obj: Object, status: int, warnings: list[str]) -> web.Response:
        request, kind = context.request, context.kind
        present = presentation_of(request.headers.get("Accept", ""), context.query("includeObject"), self.api.clock)
        shown = with_version(kind, obj)
        if present:
            metadata = {"resourceVersion": shown["metadata"].get("resourceVersion", "")}
            shown = present(kind, [shown], metadata, True)
        return json_answer(request, shown, status=status, warnings=warnings)


def _without(options: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in options.items() if key != name}


def _check_address(context: Context, obj: Object) -> None:
    """The body of an update must be about the object in the path."""
    kind, info = context.kind, context.info
    metadata = obj.setdefault("metadata", {})
    if metadata.get("name") != info.name:
        raise _wrong_name(kind, metadata.get("name", ""), info.name)
    if kind.namespaced:
        if metadata.setdefault("namespace", info.namespace) != info.namespace:
            raise bad_request("the namespace of the provided object does not match the namespace sent on the request")
    else:
        metadata.pop("namespace", None)


def _wrong_name(kind: Kind, sent: str, wanted: str) -> ApiError:
    return bad_request(f"the name of the object ({sent}) does not match the name on the URL ({wanted})")
