"""pods/log, pods/exec and pods/eviction."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aiohttp import web

from console.localcluster.http.answers import json_answer
from console.localcluster.http.bodies import decode_object, media_type, read_body
from console.localcluster.http.context import Context
from console.localcluster.http.exec import serve_exec
from console.localcluster.http.kubelet import Kubelet
from console.localcluster.machinery.api import Api
from console.localcluster.machinery.errors import ApiError, Finding, bad_request, failure, invalid, method_not_allowed
from console.localcluster.machinery.kinds import POD, Kind
from console.localcluster.machinery.objects import at_path
from console.localcluster.machinery.validation.names import invalid_value
from console.localcluster.store import Object

# How the 422 about a log's options names them.
_LOG_OPTIONS = Kind(group="", version="v1", plural="pods", kind="PodLogOptions")


@dataclass(frozen=True, slots=True)
class PodSubresources:
    api: Api
    kubelet: Kubelet | None

    async def log(self, context: Context) -> web.StreamResponse:
        if context.info.verb != "get":
            raise method_not_allowed()
        options = _log_options(context)
        pod, container = self._container(context)
        if not at_path(pod, "spec.nodeName"):
            # A pod without a node has no log yet: the real server answers with nothing.
            return web.Response(text="", content_type="text/plain")
        kubelet = self._kubelet()
        try:
            lines = await kubelet.read_log(
                context.info.namespace,
                context.info.name,
                container=container,
                **options,
            )
        except Exception as error:
            raise _refusal(error) from error
        return await _stream(context, lines)

    async def exec(self, context: Context) -> web.StreamResponse:
        if context.info.verb not in ("get", "create"):
            raise method_not_allowed()
        pod, container = self._container(context)
        if not at_path(pod, "spec.nodeName"):
            raise bad_request(f"pod {context.info.name} does not have a host assigned")
        return await serve_exec(self._kubelet(), context, container)

    async def evict(self, context: Context) -> web.Response:
        info = context.info
        if info.verb != "create":
            raise method_not_allowed()
        eviction = decode_object(await read_body(context.request), media_type(context.request), "Eviction")
        options: dict[str, Any] = eviction.get("deleteOptions") or {}
        preconditions = options.get("preconditions") or {}
        self.api.delete(
            POD,
            info.namespace,
            info.name,
            uid=preconditions.get("uid") or "",
            grace_seconds=options.get("gracePeriodSeconds"),
            user=context.user,
            dry_run=context.dry_run or "All" in (options.get("dryRun") or ()),
        )
        done = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}
        return json_answer(context.request, done, status=201)

    def _container(self, context: Context) -> tuple[Object, str]:
        """The pod and the container asked for; raises 404 and, as the real server words them, 400s."""
        pod = self.api.get(POD, context.info.namespace, context.info.name)
        spec = pod["spec"]
        names = [one["name"] for one in spec.get("containers") or []]
        others = [one["name"] for one in spec.get("initContainers") or []]
        wanted = context.query("container")
        if not wanted:
            default = (pod["metadata"].get("annotations") or {}).get("kubectl.kubernetes.io/default-container")
            if len(names) == 1:
                return pod, names[0]
            if default in names:
                return pod, str(default)
            also = f" or one of the init containers: [{' '.join(others)}]" if others else ""
            choice = f"choose one of: [{' '.join(names)}]{also}"
            raise bad_request(f"a container name must be specified for pod {context.info.name}, {choice}")
        if wanted not in (*names, *others):
            raise bad_request(f"container {wanted} is not valid for pod {context.info.name}")
        return pod, wanted

    def _kubelet(self) -> Kubelet:
        if self.kubelet is None:
            raise failure(500, "InternalError", "Internal error occurred: this cluster runs no kubelet")
        return self.kubelet


async def _stream(context: Context, lines: AsyncIterator[bytes]) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "text/plain", "Cache-Control": "no-cache, private"})
    response.enable_chunked_encoding()
    await response.prepare(context.request)
    try:
        async for chunk in lines:
            await response.write(chunk)
        await response.write_eof()
    except ConnectionError:
        pass  # the reader went away
    finally:
        close = getattr(lines, "aclose", None)
        if close:
            await close()
    return response


def _refusal(error: Exception) -> Exception:
    code, message = getattr(error, "code", None), getattr(error, "message", "")
    if isinstance(error, ApiError) or not isinstance(code, int):
        return error
    reasons = {400: "BadRequest", 404: "NotFound", 500: "InternalError"}
    return failure(code, getattr(error, "reason", "") or reasons.get(code, ""), message)


def _log_options(context: Context) -> dict[str, Any]:
    """The options of read_log; raises 400 and 422 before anybody looks whether the pod exists, as the real server."""
    since_seconds, limit_bytes = _number(context, "sinceSeconds"), _number(context, "limitBytes")
    tail_lines, since_time = _number(context, "tailLines"), _time(context, "sinceTime")
    found = []
    for field, value in (("sinceSeconds", since_seconds), ("limitBytes", limit_bytes)):
        if value is not None and value <= 0:
            found.append(invalid_value(field, value, "must be greater than 0"))
    if tail_lines is not None and tail_lines < 0:
        found.append(invalid_value("tailLines", tail_lines, "must be greater than or equal to 0"))
    if since_seconds is not None and since_time is not None:
        why = "Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified"
        found.append(Finding("[]", "FieldValueForbidden", why))
    if found:
        raise invalid(_LOG_OPTIONS, context.info.name, found)
    return {
        "follow": context.flag("follow"),
        "tail_lines": tail_lines,
        "since_seconds": since_seconds,
        "since_time": since_time,
        "timestamps": context.flag("timestamps"),
        "previous": context.flag("previous"),
        "limit_bytes": limit_bytes,
    }


def _number(context: Context, name: str) -> int | None:
    text = context.query(name)
    if not text:
        return None
    if not re.fullmatch(r"-?[0-9]{1,18}", text):
        raise bad_request(f'strconv.ParseInt: parsing "{text}": invalid syntax')
    return int(text)


def _time(context: Context, name: str) -> datetime | None:
    text = context.query(name)
    if not text:
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise bad_request(
            f'parsing time "{text}" as "2006-01-02T15:04:05Z07:00": cannot parse "{text}" as "2006"'
        ) from None
