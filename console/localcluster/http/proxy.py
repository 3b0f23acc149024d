"""pods/proxy and services/proxy: plain HTTP to a port of a pod. No websockets through it."""

from __future__ import annotations

import gzip
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass

from aiohttp import web

from console.localcluster.http.context import Context
from console.localcluster.http.kubelet import Kubelet
from console.localcluster.http.request_info import behind
from console.localcluster.http.upstream import UpstreamAnswer, UpstreamBroken, ask
from console.localcluster.machinery.api import Api
from console.localcluster.machinery.errors import ApiError, bad_request, failure
from console.localcluster.machinery.kinds import POD, SERVICE
from console.localcluster.machinery.objects import at_path
from console.localcluster.machinery.selectors import selects
from console.localcluster.store import Object

_HOP = frozenset(
    (
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "content-length",
    )
)
_ROOT_LINK = re.compile(rb"""(<[^>]*?\b(?:href|src|action)\s*=\s*["'])(/(?!/)[^"']*)""", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Proxy:
    api: Api
    kubelet: Kubelet | None

    async def to_pod(self, context: Context) -> web.StreamResponse:
        name, port = _split(context.info.name)
        pod = self.api.get(POD, context.info.namespace, name)
        return await self._forward(context, pod, int(port) if port.isdigit() else _container_port(pod, port or 80))

    async def to_service(self, context: Context) -> web.StreamResponse:
        name, port = _split(context.info.name)
        service = self.api.get(SERVICE, context.info.namespace, name)
        chosen = _service_port(service, port)
        pods = self._endpoints(service)
        if chosen is None or not pods:
            raise _unavailable(f'no endpoints available for service "{name}"')
        target = chosen.get("targetPort") or chosen["port"]
        return await self._forward(context, pods[0], _container_port(pods[0], target))

    def _endpoints(self, service: Object) -> list[Object]:
        selector = at_path(service, "spec.selector")
        if not selector:
            return []
        pods = self.api.list(POD, service["metadata"]["namespace"])
        wanted = {"matchLabels": selector}
        return [pod for pod in pods if selects(wanted, pod["metadata"].get("labels") or {}) and _ready(pod)]

    async def _forward(self, context: Context, pod: Object, port: int) -> web.StreamResponse:
        request, info = context.request, context.info
        if not info.rest:
            raise web.HTTPMovedPermanently(request.path + "/")
        if self.kubelet is None or not at_path(pod, "status.podIP"):
            raise _unavailable("error trying to reach service: the pod has no address")
        prefix = request.path[: len(request.path) - len(info.rest)]
        # As it was sent: decoded, a path could hold what ends a request's line, or no byte of its own.
        target = behind(request.rel_url.raw_path, segments=prefix.count("/"))
        target += f"?{request.rel_url.raw_query_string}" if request.rel_url.raw_query_string else ""
        try:
            streams = await self.kubelet.connect_pod(pod["metadata"]["namespace"], pod["metadata"]["name"], port)
            answer = await ask(streams, request.method, target, _request_headers(request), request.content)
        except (OSError, UpstreamBroken, TimeoutError) as error:
            raise _unavailable(f"error trying to reach service: {error}") from None
        async with answer:
            return await _relay(request, answer, prefix)


async def _relay(request: web.BaseRequest, answer: UpstreamAnswer, prefix: str) -> web.StreamResponse:
    response = web.StreamResponse(status=answer.status)
    for name, value in answer.headers:
        if name.lower() == "location" and value.startswith("/") and not value.startswith("//"):
            value = prefix + value
        if name.lower() not in _HOP:
            response.headers.add(name, value)
    if response.headers.get("Content-Type", "").startswith("text/html"):
        body = _with_prefix(await answer.read(), response, prefix.encode())
        response.headers["Content-Length"] = str(len(body))
        await response.prepare(request)
        await response.write(body)
    else:
        if answer.length is not None:
            response.headers["Content-Length"] = str(answer.length)
        else:
            response.enable_chunked_encoding()
        await response.prepare(request)
        await _copy(answer.chunks(), response)
    await response.write_eof()
    return response


async def _copy(chunks: AsyncIterator[bytes], response: web.StreamResponse) -> None:
    async for chunk in chunks:
        await response.write(chunk)


def _with_prefix(body: bytes, response: web.StreamResponse, prefix: bytes) -> bytes:
    """Root-relative links of an HTML page, sent on to this proxy, as the real server does it."""
    zipped = response.headers.get("Content-Encoding", "") == "gzip"
    page = gzip.decompress(body) if zipped else body
    page = _ROOT_LINK.sub(lambda found: found[1] + prefix + found[2], page)
    return gzip.compress(page, 1) if zipped else page


def _request_headers(request: web.BaseRequest) -> list[tuple[str, str]]:
    headers = []
    for name, value in request.headers.items():
        low = name.lower()
        if (
            low in _HOP
            or low in ("authorization", "x-forwarded-for", "x-forwarded-uri")
            or low.startswith("impersonate-")
        ):
            continue
        headers.append((name, value))
    forwarded = request.headers.get("X-Forwarded-For", "")
    address = request.remote or "127.0.0.1"
    headers.append(("X-Forwarded-For", f"{forwarded}, {address}" if forwarded else address))
    headers.append(("X-Forwarded-Uri", request.rel_url.raw_path))
    if "Content-Length" in request.headers:
        headers.append(("Content-Length", request.headers["Content-Length"]))
    return headers


def _split(name: str) -> tuple[str, str]:
    """NAME, NAME:PORT or SCHEME:NAME:PORT."""
    parts = name.split(":")
    if len(parts) == 3:
        if parts[0] not in ("", "http"):
            raise bad_request(f'invalid service request "{name}": only http is served here')
        return parts[1], parts[2]
    return parts[0], parts[1] if len(parts) > 1 else ""


def _service_port(service: Object, wanted: str) -> Object | None:
    for port in at_path(service, "spec.ports") or []:
        if wanted == port.get("name", "") or wanted == str(port["port"]):
            found: Object = port
            return found
    return None


def _container_port(pod: Object, wanted: int | str) -> int:
    if isinstance(wanted, int):
        return wanted
    for container in pod["spec"]["containers"]:
        for port in container.get("ports") or []:
            if port.get("name") == wanted:
                return int(port["containerPort"])
    raise _unavailable(f'no endpoints available: the pod has no port "{wanted}"')


def _ready(pod: Object) -> bool:
    conditions = at_path(pod, "status.conditions") or []
    return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)


def _unavailable(message: str) -> ApiError:
    return failure(503, "ServiceUnavailable", message)
