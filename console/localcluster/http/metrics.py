"""metrics.k8s.io/v1beta1: what the kubelet measured last."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from aiohttp import web

from console.localcluster.http.answers import json_answer, page_not_found
from console.localcluster.http.kubelet import Kubelet
from console.localcluster.http.request_info import RequestInfo
from console.localcluster.machinery.api import Api
from console.localcluster.machinery.errors import method_not_allowed, not_found
from console.localcluster.machinery.kinds import Kind
from console.localcluster.machinery.objects import seconds_text
from console.localcluster.machinery.selectors import predicate
from console.localcluster.store import Object

_GROUP = "metrics.k8s.io"
POD_METRICS = Kind(group=_GROUP, version="v1beta1", plural="pods", kind="PodMetrics", verbs=("get", "list"))
NODE_METRICS = Kind(
    group=_GROUP, version="v1beta1", plural="nodes", kind="NodeMetrics", verbs=("get", "list"), namespaced=False
)


@dataclass(frozen=True, slots=True)
class Metrics:
    api: Api
    kubelet: Kubelet | None

    def answer(self, request: web.BaseRequest, info: RequestInfo) -> web.Response:
        kind = {"pods": POD_METRICS, "nodes": NODE_METRICS}.get(info.resource)
        if kind is None or info.version != "v1beta1" or info.subresource:
            return page_not_found()
        if info.verb not in kind.verbs:
            raise method_not_allowed()
        measured = self._of_pods() if kind is POD_METRICS else self._of_nodes()
        if info.namespace and kind.namespaced:
            measured = [one for one in measured if one["metadata"].get("namespace") == info.namespace]
        if info.name:
            return json_answer(request, _named(kind, measured, info.name))
        matches = predicate(kind, request.query.get("labelSelector", ""), request.query.get("fieldSelector", ""))
        found = [one for one in measured if matches is None or matches(one)]
        head = {"kind": kind.list_kind, "apiVersion": kind.api_version, "metadata": {}}
        return json_answer(request, head | {"items": found})

    def _of_pods(self) -> list[Object]:
        found = self.kubelet.metrics() if self.kubelet else []
        return [
            {
                "kind": POD_METRICS.kind,
                "apiVersion": POD_METRICS.api_version,
                "metadata": _metadata(one, one["namespace"]),
                "timestamp": seconds_text(one["timestamp"]),
                "window": f"{one['window_seconds']:.3f}s",
                "containers": [{"name": part["name"], "usage": _usage(part)} for part in one["containers"]],
            }
            for one in sorted(found, key=lambda one: (one["namespace"], one["name"]))
        ]

    def _of_nodes(self) -> list[Object]:
        one = self.kubelet.node_metrics() if self.kubelet else None
        if not one:
            return []
        return [
            {
                "kind": NODE_METRICS.kind,
                "apiVersion": NODE_METRICS.api_version,
                "metadata": _metadata(one, ""),
                "timestamp": seconds_text(one["timestamp"]),
                "window": f"{one['window_seconds']:.3f}s",
                "usage": _usage(one),
            }
        ]


def _metadata(one: dict[str, Any], namespace: str) -> dict[str, Any]:
    metadata = {
        "name": one["name"],
        "creationTimestamp": seconds_text(one["timestamp"]),
        "labels": one.get("labels") or {},
    }
    return metadata | {"namespace": namespace} if namespace else metadata


def _usage(part: dict[str, Any]) -> dict[str, str]:
    return {"cpu": f"{part['cpu_nanocores']}n", "memory": f"{part['memory_bytes'] // 1024}Ki"}


def _named(kind: Kind, measured: list[Object], name: str) -> Object:
    found = next((one for one in measured if one["metadata"]["name"] == name), None)
    if found is None:
        raise not_found(kind, name)
    return found
