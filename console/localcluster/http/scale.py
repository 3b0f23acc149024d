"""The scale subresource: a replica count behind one name, whatever the kind calls it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec
from aiohttp import web

from console.localcluster.http.answers import json_answer
from console.localcluster.http.bodies import decode_object, media_type, read_body
from console.localcluster.http.context import Context
from console.localcluster.machinery.api import Api
from console.localcluster.machinery.errors import bad_request, conflict, method_not_allowed
from console.localcluster.machinery.objects import at_path
from console.localcluster.machinery.patching import MERGE_PATCH, patched_object
from console.localcluster.store import Object


@dataclass(frozen=True, slots=True)
class Scale:
    api: Api

    async def answer(self, context: Context) -> web.Response:
        kind, info = context.kind, context.info
        held = self.api.get(kind, info.namespace, info.name)
        scale = _scale(context, held)
        match info.verb:
            case "get":
                return json_answer(context.request, scale)
            case "update":
                data = await read_body(context.request)
                wanted = decode_object(data, media_type(context.request), "Scale")
            case "patch":
                wanted = patched_object(kind, scale, msgspec.json.decode(await read_body(context.request)), MERGE_PATCH)
            case _:
                raise method_not_allowed()
        version = at_path(wanted, "metadata.resourceVersion")
        if version and version != held["metadata"]["resourceVersion"]:
            raise conflict(kind, info.name)
        replicas = at_path(wanted, "spec.replicas") or 0
        if not isinstance(replicas, int) or replicas < 0:
            raise bad_request(f"spec.replicas: Invalid value: {replicas}: must be greater than or equal to 0")
        patch: Any = replicas
        for part in reversed(("spec", *kind.scale_path.split("."))):
            patch = {part: patch}
        updated = self.api.patch(kind, info.namespace, info.name, patch, user=context.user, dry_run=context.dry_run)
        return json_answer(context.request, _scale(context, updated))


def _scale(context: Context, held: Object) -> Object:
    metadata = held["metadata"]
    status: dict[str, Any] = {"replicas": at_path(held, "status.replicas") or 0}
    selector = at_path(held, "spec.selector.matchLabels")
    if context.kind.custom:
        worker = at_path(held, "status.replicaStatuses.Worker") or {}
        status = {"replicas": worker.get("active", 0), "selector": worker.get("selector", "")}
    elif selector:
        status["selector"] = ",".join(f"{key}={value}" for key, value in sorted(selector.items()))
    fields = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
    return {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": {field: metadata[field] for field in fields},
        "spec": {"replicas": at_path(held, f"spec.{context.kind.scale_path}") or 0},
        "status": status,
    }
