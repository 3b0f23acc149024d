"""One handler for every request: who, may they, what."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from aiohttp import web

from console.localcluster.http.answers import error_answer, json_answer, page_not_found, text_answer
from console.localcluster.http.context import Context
from console.localcluster.http.discovery import VERSION, discovery_answer
from console.localcluster.http.identity import Identities, PlainFailure
from console.localcluster.http.kubelet import Kubelet
from console.localcluster.http.metrics import Metrics
from console.localcluster.http.openapi import openapi_answer
from console.localcluster.http.pods import PodSubresources
from console.localcluster.http.proxy import Proxy
from console.localcluster.http.reading import Reading
from console.localcluster.http.request_info import RequestInfo, request_info
from console.localcluster.http.reviews import KINDS as REVIEWS
from console.localcluster.http.reviews import Reviews
from console.localcluster.http.scale import Scale
from console.localcluster.http.watch import serve_watch
from console.localcluster.http.writing import Writing
from console.localcluster.machinery.api import Api
from console.localcluster.machinery.errors import ApiError, failure, method_not_allowed
from console.localcluster.machinery.kinds import NAMESPACE, POD, SERVICE, Kind
from console.localcluster.machinery.rbac import Authorizer

logger = logging.getLogger(__name__)
Handler = Callable[[Context], Awaitable[web.StreamResponse]]


class ApiServer:
    """`served`: the kinds of this cluster. `kubelet`: what logs, exec, proxies and metrics are asked of, if any."""

    def __init__(self, api: Api, identities: Identities, served: tuple[Kind, ...], kubelet: Kubelet | None) -> None:
        self.api = api
        self.served = served
        self.identities = identities
        self.authorizer: Authorizer = identities.authorizer
        self._kinds = {(kind.group, kind.version, kind.plural): kind for kind in served}
        self._reading = Reading(api)
        self._writing = Writing(api, self.authorizer)
        self._reviews = Reviews(self.authorizer)
        self._metrics = Metrics(api, kubelet)
        pods, proxy, scale = PodSubresources(api, kubelet), Proxy(api, kubelet), Scale(api)
        self._subresources: dict[tuple[str, str], Handler] = {
            (POD.key, "log"): pods.log,
            (POD.key, "exec"): pods.exec,
            (POD.key, "eviction"): pods.evict,
            (POD.key, "proxy"): proxy.to_pod,
            (SERVICE.key, "proxy"): proxy.to_service,
            (NAMESPACE.key, "finalize"): self._writing.update,
        }
        self._subresources |= {(kind.key, "scale"): scale.answer for kind in served if kind.scale_path}

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        try:
            return await self._handle(request)
        except ApiError as error:
            return error_answer(request, error)
        except PlainFailure as error:
            return text_answer(f"Internal Server Error: {request.path_qs!r}: {error}\n", status=500)
        except (ConnectionError, web.HTTPException):
            raise
        except Exception:
            logger.exception("%s %s failed", request.method, request.path)
            return error_answer(
                request, failure(500, "InternalError", "Internal error occurred: see the cluster's log")
            )

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        info = request_info(request.method, request.path, request.query)
        user = self.identities.user_of(request)
        self.authorizer.demand(user, info.attributes)
        if not info.resource:
            return self._no_resource(request, info)
        if (info.group, info.resource) in REVIEWS and info.version == "v1":
            if info.verb != "create":
                raise method_not_allowed()
            return await self._reviews.answer(request, info, user)
        if info.group == "metrics.k8s.io":
            return self._metrics.answer(request, info)
        kind = self._kinds.get((info.group, info.version, info.resource))
        if kind is None or _in_a_namespace_it_has_not(kind, info):
            return page_not_found()
        return await self._resource(Context(request=request, info=info, kind=kind, user=user))

    async def _resource(self, context: Context) -> web.StreamResponse:
        kind, info = context.kind, context.info
        if info.subresource and info.subresource != "status":
            handler = self._subresources.get((kind.key, info.subresource))
            return await handler(context) if handler else page_not_found()
        if info.subresource and not (kind.status_subresource and info.verb in ("get", "update", "patch")):
            raise _no_such_resource()
        # A watch on one object, asked by its path, is allowed as on the real server (deprecated there).
        if info.verb not in kind.verbs or (kind.namespaced and not info.namespace and info.verb == "create"):
            raise method_not_allowed()
        handlers: dict[str, Handler] = {
            "create": self._writing.create,
            "update": self._writing.update,
            "patch": self._writing.patch,
            "delete": self._writing.delete,
            "deletecollection": self._writing.delete_collection,
            "list": self._reading.list_page,
        }
        match info.verb:
            case "get":
                return self._reading.get(context)
            case "watch":
                return await serve_watch(self.api, context)
        return await handlers[info.verb](context)

    def _no_resource(self, request: web.BaseRequest, info: RequestInfo) -> web.StreamResponse:
        parts = [part for part in info.path.split("/") if part]
        match parts:
            case ["version"]:
                return json_answer(request, VERSION)
            case ["healthz" | "livez" | "readyz", *_]:
                return text_answer("ok")
            case ["openapi", *rest]:
                return openapi_answer(request, rest, self.served) or page_not_found()
            case []:
                return json_answer(
                    request, {"paths": ["/api", "/api/v1", "/apis", "/openapi/v3", "/readyz", "/version"]}
                )
        return discovery_answer(request, parts, self.served) or page_not_found()


def _in_a_namespace_it_has_not(kind: Kind, info: RequestInfo) -> bool:
    """.../namespaces/NAME/nodes: rights in a namespace must not reach what belongs to the whole cluster."""
    own = info.name if kind is NAMESPACE else ""
    return not kind.namespaced and info.namespace not in ("", own)


def _no_such_resource() -> ApiError:
    return failure(404, "NotFound", "the server could not find the requested resource", {})
