"""Deployments and their ReplicaSets: enough for a TensorBoard, with kubectl's rollout and scale words."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Callable
from typing import Any

import msgspec

from console.localcluster.controllers.work_queue import WorkQueue
from console.localcluster.machinery.api import Api
from console.localcluster.machinery.errors import ApiError
from console.localcluster.machinery.kinds import DEPLOYMENT, POD, REPLICA_SET, Kind
from console.localcluster.machinery.objects import (
    clone,
    name_of,
    namespace_of,
    owner_references,
    random_suffix,
    seconds_text,
    uid_of,
)
from console.localcluster.store import Change, Object

log = logging.getLogger(__name__)

HASH_LABEL = "pod-template-hash"
REVISION = "deployment.kubernetes.io/revision"
DEPLOYMENT_CONTROLLER = "deployment-controller"
REPLICA_SET_CONTROLLER = "replicaset-controller"

Key = tuple[str, str, str]  # kind, namespace, name


class Deployments:
    """Both controllers in one: a template's change makes a new ReplicaSet, and the old ones go to 0."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._queue: WorkQueue[Key] = WorkQueue()

    async def run(self) -> None:
        """Works until cancelled."""
        stops: list[Callable[[], None]] = []
        for kind in (DEPLOYMENT, REPLICA_SET, POD):
            for held in self._api.list(kind):
                self._seen(held)
            stops.append(self._api.store.listen(kind.key, self._changed))
        try:
            while True:
                key = await self._queue.get()
                self._look_at(key)
                await asyncio.sleep(0)
        finally:
            for stop in stops:
                stop()
            self._queue.close()

    def _changed(self, change: Change, obj: Object, before: Object | None) -> None:
        self._seen(obj)

    def _seen(self, obj: Object) -> None:
        if obj["kind"] in ("Deployment", "ReplicaSet"):
            self._queue.add((obj["kind"], namespace_of(obj), name_of(obj)))
        for owner in owner_references(obj):
            if owner["kind"] in ("Deployment", "ReplicaSet"):
                self._queue.add((owner["kind"], namespace_of(obj), owner["name"]))

    def _look_at(self, key: Key) -> None:
        kind = DEPLOYMENT if key[0] == "Deployment" else REPLICA_SET
        held = self._api.store.get(kind.key, key[1], key[2])
        if held is None or "deletionTimestamp" in held["metadata"]:
            self._queue.forget(key)
            return
        try:
            (self._sync_deployment if kind is DEPLOYMENT else self._sync_replica_set)(held)
        except ApiError as error:
            log.debug("%s %s/%s: %s", *key, error)
            self._queue.add_failed(key)
        else:
            self._queue.succeeded(key)

    def _sync_deployment(self, deployment: Object) -> None:
        spec = deployment["spec"]
        digest = hashlib.blake2s(msgspec.json.encode(spec["template"], order="sorted"), digest_size=5).hexdigest()
        wanted = f"{name_of(deployment)}-{digest}"
        sets = self._owned(REPLICA_SET, deployment)
        current = next((found for found in sets if name_of(found) == wanted), None)
        if current is None:
            current = self._api.create(
                REPLICA_SET, namespace_of(deployment), _replica_set(deployment, digest, len(sets))
            )
            self._told(deployment, "ScalingReplicaSet", f"Scaled up replica set {wanted} to {_replicas(spec)}")
        for found in sets:
            replicas = _replicas(spec) if found is current else 0
            if _replicas(found["spec"]) != replicas:
                self._api.update(REPLICA_SET, {**clone(found), "spec": {**clone(found["spec"]), "replicas": replicas}})
        self._write(DEPLOYMENT, deployment, self._deployment_status(deployment, wanted))

    def _deployment_status(self, deployment: Object, current: str) -> Object:
        sets = self._owned(REPLICA_SET, deployment)
        counts = {key: sum((found.get("status") or {}).get(key, 0) for found in sets) for key in _COUNTED}
        updated = next(
            ((found.get("status") or {}).get("replicas", 0) for found in sets if name_of(found) == current), 0
        )
        wanted = _replicas(deployment["spec"])
        available = counts["availableReplicas"] >= wanted
        about = (
            ("Available", available, "MinimumReplicas" + ("Available" if available else "Unavailable"),
             f"Deployment {'has' if available else 'does not have'} minimum availability."),
            ("Progressing", True, "NewReplicaSetAvailable" if available else "ReplicaSetUpdated",
             f'ReplicaSet "{current}" {"has successfully progressed" if available else "is progressing"}.'),
        )  # fmt: skip
        before = {entry["type"]: entry for entry in (deployment.get("status") or {}).get("conditions") or []}
        status = {
            "observedGeneration": deployment["metadata"].get("generation", 1),
            **counts,
            "updatedReplicas": updated,
        }
        status["unavailableReplicas"] = max(wanted - counts["availableReplicas"], 0)
        status = {key: value for key, value in status.items() if value}
        return status | {"conditions": [self._condition(before.get(entry[0]), *entry) for entry in about]}

    def _condition(self, before: Object | None, type_: str, holds: bool, reason: str, message: str) -> Object:
        told = {"type": type_, "status": str(holds), "reason": reason, "message": message}
        if before and all(before.get(key) == value for key, value in told.items()):
            return before
        now = seconds_text(self._api.clock())
        moved = before["lastTransitionTime"] if before and before["status"] == str(holds) else now
        return told | {"lastUpdateTime": now, "lastTransitionTime": moved}

    def _sync_replica_set(self, replica_set: Object) -> None:
        pods = self._owned(POD, replica_set)
        alive = [pod for pod in pods if not _is_over(pod)]
        wanted = _replicas(replica_set["spec"])
        for _ in range(wanted - len(alive)):
            pod = self._api.create(POD, namespace_of(replica_set), _pod(replica_set))
            self._told(replica_set, "SuccessfulCreate", f"Created pod: {name_of(pod)}")
        # The youngest and least ready go first.
        for pod in sorted(alive, key=lambda found: (_is_ready(found), found["metadata"]["creationTimestamp"]))[
            : max(len(alive) - wanted, 0)
        ]:
            self._api.delete(POD, namespace_of(pod), name_of(pod))
            self._told(replica_set, "SuccessfulDelete", f"Deleted pod: {name_of(pod)}")
        alive = [pod for pod in self._owned(POD, replica_set) if not _is_over(pod)]
        ready = sum(_is_ready(pod) for pod in alive)
        status = {"replicas": len(alive), "fullyLabeledReplicas": len(alive)}
        status |= {"readyReplicas": ready, "availableReplicas": ready}
        status = {key: value for key, value in status.items() if value or key == "replicas"}
        observed = {"observedGeneration": replica_set["metadata"].get("generation", 1)}
        self._write(REPLICA_SET, replica_set, status | observed)

    def _owned(self, kind: Kind, owner: Object) -> list[Object]:
        return [
            held
            for held in self._api.list(kind, namespace_of(owner))
            if any(reference["uid"] == uid_of(owner) for reference in owner_references(held))
        ]

    def _write(self, kind: Kind, obj: Object, status: Object) -> None:
        held = self._api.store.get(kind.key, namespace_of(obj), name_of(obj))
        if held is not None and held.get("status") != status:
            self._api.update_status(kind, {**clone(held), "status": status})

    def _told(self, obj: Object, reason: str, message: str) -> None:
        component = DEPLOYMENT_CONTROLLER if obj["kind"] == "Deployment" else REPLICA_SET_CONTROLLER
        self._api.emit_event(obj, type="Normal", reason=reason, message=message, component=component)


_COUNTED = ("replicas", "readyReplicas", "availableReplicas")


def all_ended(pod: Object) -> bool:
    return (pod.get("status") or {}).get("phase") in ("Succeeded", "Failed")


def _is_over(pod: Object) -> bool:
    return all_ended(pod) or "deletionTimestamp" in pod["metadata"]


def _is_ready(pod: Object) -> bool:
    conditions = (pod.get("status") or {}).get("conditions") or []
    return any(entry["type"] == "Ready" and entry["status"] == "True" for entry in conditions)


def _replicas(spec: Object) -> int:
    replicas: Any = spec.get("replicas")
    return 1 if replicas is None else int(replicas)


def _replica_set(deployment: Object, digest: str, earlier: int) -> Object:
    template = clone(deployment["spec"]["template"])
    labels = {**(template["metadata"].get("labels") or {}), HASH_LABEL: digest}
    template["metadata"]["labels"] = labels
    selector = clone(deployment["spec"]["selector"])
    selector["matchLabels"] = {**(selector.get("matchLabels") or {}), HASH_LABEL: digest}
    return {
        "metadata": {
            "name": f"{name_of(deployment)}-{digest}",
            "labels": labels,
            "annotations": {REVISION: str(earlier + 1)},
            "ownerReferences": [_controller_of(deployment)],
        },
        "spec": {"replicas": _replicas(deployment["spec"]), "selector": selector, "template": template},
    }


def _pod(replica_set: Object) -> Object:
    template = clone(replica_set["spec"]["template"])
    metadata = {key: value for key, value in template["metadata"].items() if key in ("labels", "annotations")}
    metadata |= {"name": f"{name_of(replica_set)}-{random_suffix()}", "generateName": f"{name_of(replica_set)}-"}
    return {"metadata": {**metadata, "ownerReferences": [_controller_of(replica_set)]}, "spec": template["spec"]}


def _controller_of(obj: Object) -> Object:
    return {
        "apiVersion": obj["apiVersion"],
        "kind": obj["kind"],
        "name": name_of(obj),
        "uid": uid_of(obj),
        "controller": True,
        "blockOwnerDeletion": True,
    }
