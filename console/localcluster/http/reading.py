"""get and list."""

from __future__ import annotations

import asyncio
import base64
import binascii
import re
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

import msgspec
from aiohttp import web

from console.localcluster.http.answers import json_answer
from console.localcluster.http.context import Context
from console.localcluster.http.presentation import presentation_of
from console.localcluster.machinery.api import Api
from console.localcluster.machinery.errors import bad_request, expired, failure
from console.localcluster.machinery.event_groups import stored_kind, with_version
from console.localcluster.machinery.selectors import predicate
from console.localcluster.store import Stored

# A list that is paged stays as it was at its first page, for this many lists at a time (the oldest goes: 410).
SNAPSHOTS = 32
FUTURE_WAIT_SECONDS = 3.0
_INCONSISTENT = -1
_TOO_OLD = (
    "The provided continue parameter is too old to display a consistent list result. You can start a new list without "
    "the continue parameter, or use the continue token in this response to retrieve the remainder of the results. "
    "Continuing with the provided token results in an inconsistent list - objects that were created, modified, or "
    "deleted between the time the first chunk was returned and now may show up in the list."
)


class _Token(msgspec.Struct):
    v: str
    rv: int
    start: str


@dataclass(slots=True)
class Reading:
    api: Api
    _snapshots: OrderedDict[tuple[str, str, int], list[Stored]] = field(default_factory=OrderedDict)

    def get(self, context: Context) -> web.Response:
        kind, info = context.kind, context.info
        present = presentation_of(
            context.request.headers.get("Accept", ""), context.query("includeObject"), self.api.clock
        )
        stored = stored_kind(kind)
        obj = self.api.get(stored, info.namespace if kind.namespaced else "", info.name)
        if kind is not stored:
            obj = with_version(kind, obj)
        if present:
            metadata = {"resourceVersion": obj["metadata"]["resourceVersion"]}
            return json_answer(context.request, present(kind, [obj], metadata, True))
        if kind is not stored:
            return json_answer(context.request, obj)
        namespace = info.namespace if kind.namespaced else ""
        return json_answer(context.request, self.api.store.encoded(kind.key, namespace, info.name))

    async def list_page(self, context: Context) -> web.Response:
        kind, info = context.kind, context.info
        present = presentation_of(
            context.request.headers.get("Accept", ""), context.query("includeObject"), self.api.clock
        )
        await self._check_version(context)
        version, found, start = self._page_source(context)
        matches = predicate(kind, context.query("labelSelector"), context.query("fieldSelector"))
        if info.name:
            found = [held for held in found if held.object["metadata"]["name"] == info.name]
        if matches:
            found = [held for held in found if matches(held.object)]
        limit = _limit(context)
        metadata: dict[str, Any] = {"resourceVersion": str(version)}
        if limit and len(found) > limit:
            rest = len(found) - limit
            found = found[:limit]
            metadata["continue"] = self._continue(context, version, found[-1])
            if not matches:
                metadata["remainingItemCount"] = rest
        if present:
            objects = [held.object if kind is stored_kind(kind) else with_version(kind, held.object) for held in found]
            return json_answer(context.request, present(kind, objects, metadata, False))
        return json_answer(context.request, _list_body(context, found, metadata))

    async def _check_version(self, context: Context) -> None:
        """Refuses versions this list cannot be of."""
        version, match = context.query("resourceVersion"), context.query("resourceVersionMatch")
        if context.query("continue"):
            if match:
                raise _invalid_options("resourceVersionMatch is forbidden when continue is provided")
            if version not in ("", "0"):
                raise bad_request("specifying resource version is not allowed when using continue")
            return
        if match and not version:
            raise _invalid_options("resourceVersionMatch is forbidden unless resourceVersion is provided")
        if match and match not in ("Exact", "NotOlderThan"):
            raise _invalid_options(f'Unsupported value: "{match}": supported values: "Exact", "NotOlderThan"')
        number = parse_version(version)
        if number > self.api.store.version:
            await asyncio.sleep(FUTURE_WAIT_SECONDS)
            raise _too_large(number, self.api.store.version)
        exact = match == "Exact" or (context.query("limit") not in ("", "0") and not match)
        if number and exact and number < self.api.store.version:
            raise expired("The resourceVersion for the provided list is too old.")

    def _page_source(self, context: Context) -> tuple[int, list[Stored], str]:
        """(version, the objects from where this page starts, that start)."""
        namespace = context.info.namespace if context.kind.namespaced and context.info.namespace else None
        resource = stored_kind(context.kind).key
        token = context.query("continue")
        if not token:
            return self.api.store.version, self.api.store.stored(resource, namespace), ""
        page = _parse_token(token)
        if page.rv == _INCONSISTENT:
            version, held = self.api.store.version, self.api.store.stored(resource, namespace)
        else:
            kept = self._snapshots.get((resource, namespace or "", page.rv))
            if kept is None:
                error = expired(_TOO_OLD)
                error.status["metadata"] = {"continue": _encode_token(_Token(page.v, _INCONSISTENT, page.start))}
                raise error
            version, held = page.rv, kept
        after = tuple(page.start.split("/", 1))
        return version, [one for one in held if _place(one) > after], page.start

    def _continue(self, context: Context, version: int, last: Stored) -> str:
        namespace = context.info.namespace if context.kind.namespaced and context.info.namespace else None
        resource = stored_kind(context.kind).key
        key = (resource, namespace or "", version)
        if key not in self._snapshots and version == self.api.store.version:
            self._snapshots[key] = self.api.store.stored(resource, namespace)
            if len(self._snapshots) > SNAPSHOTS:
                self._snapshots.popitem(last=False)
        return _encode_token(_Token("meta.k8s.io/v1", version, "/".join(_place(last))))


def parse_version(text: str) -> int:
    if not (text.isascii() and text.isdecimal()):
        if not text:
            return 0
        message = f'resourceVersion: Invalid value: "{text}": strconv.ParseUint: parsing "{text}": invalid syntax'
        raise bad_request(f"invalid resource version: {message}")
    return int(text)


def _limit(context: Context) -> int:
    text = context.query("limit")
    if text and not re.fullmatch(r"-?[0-9]{1,18}", text):
        raise bad_request(f'strconv.ParseInt: parsing "{text}": invalid syntax')
    from_cache = context.query("resourceVersion") == "0" and not context.query("continue")
    return 0 if from_cache or not text else max(int(text), 0)


def _place(held: Stored) -> tuple[str, str]:
    metadata = held.object["metadata"]
    return metadata.get("namespace", ""), metadata["name"]


def _list_body(context: Context, found: list[Stored], metadata: dict[str, Any]) -> bytes:
    kind = context.kind
    head = {"kind": kind.list_kind, "apiVersion": kind.api_version, "metadata": metadata}
    if kind is stored_kind(kind):
        items = b",".join([held.encoded for held in found])
    else:
        items = b",".join([msgspec.json.encode(with_version(kind, held.object)) for held in found])
    return msgspec.json.encode(head)[:-1] + b',"items":[' + items + b"]}"


def _encode_token(token: _Token) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(token)).decode().rstrip("=")


def _parse_token(text: str) -> _Token:
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        return msgspec.json.decode(data, type=_Token)
    except (binascii.Error, ValueError, msgspec.MsgspecError) as error:
        raise bad_request(f"invalid continue token: continue key is not valid: {error}") from None


def _invalid_options(why: str) -> Exception:
    cause = {"reason": "FieldValueForbidden", "message": f"Forbidden: {why}", "field": "resourceVersionMatch"}
    details = {"group": "meta.k8s.io", "kind": "ListOptions", "causes": [cause]}
    message = f'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: {why}'
    return failure(422, "Invalid", message, details)


def _too_large(asked: int, current: int) -> Exception:
    cause = {"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}
    details = {"causes": [cause], "retryAfterSeconds": 1}
    message = f"Timeout: Too large resource version: {asked}, current: {current}"
    return failure(504, "Timeout", message, details)
