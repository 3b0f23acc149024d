"""Gives each pod a node, oldest first, and says why when there is none.

What fits nowhere is asked about again when something changed that could help: a node, a claim, a pod that went. Pods
of equal demand are asked about once together, so that a thousand of them cost as much as one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from console.localcluster.controllers.scheduling.fitting import (
    Demand,
    NodeRoom,
    explanation,
    missing_claim,
    required_affinity,
    unbound_claim,
)
from console.localcluster.machinery import faults
from console.localcluster.machinery.api import Api
from console.localcluster.machinery.kinds import CLAIM, CONFIG_MAP, NODE, POD
from console.localcluster.machinery.objects import clone, name_of, namespace_of, seconds_text
from console.localcluster.machinery.quantities import pod_requests
from console.localcluster.store import Change, Object

SCHEDULER = "default-scheduler"
ENDED = ("Succeeded", "Failed")

Name = tuple[str, str]


@dataclass(slots=True)
class Hopeless:
    """Pods of one demand that fit nowhere, oldest first, and why."""

    why: str
    names: dict[Name, None] = field(default_factory=dict)


class Scheduler:
    """One scheduler for all pods that name it (or nobody)."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._rooms: dict[str, NodeRoom] = {}
        self._placed: dict[Name, tuple[str, str]] = {}  # pod -> its uid and node
        self._requests: dict[str, Any] = {}  # uid -> what the pod has taken
        self._new: dict[Name, None] = {}  # in order of arrival
        self._hopeless: dict[Demand, Hopeless] = {}
        self._demands: dict[Name, Demand] = {}
        self._work = asyncio.Event()
        self._retry = False
        self._stops: list[Callable[[], None]] = []

    async def run(self) -> None:
        """Works until cancelled."""
        self._follow()
        try:
            while True:
                await self._work.wait()
                self._work.clear()
                if not faults.is_paused(self._api.store, faults.SCHEDULER):
                    await self._round()
        finally:
            for stop in self._stops:
                stop()

    async def _round(self) -> None:
        """One pod of each demand that fitted nowhere, if something changed since; then everything new."""
        if self._retry:
            self._retry = False
            for demand in list(self._hopeless):
                self._try_group(demand)
        while self._new:
            name = next(iter(self._new))
            del self._new[name]
            self._place(name)
            if len(self._new) % 50 == 0:
                await asyncio.sleep(0)

    def _try_group(self, demand: Demand) -> None:
        """Pods of one demand in turn, until one fits nowhere: then the others do not either."""
        group = self._hopeless.pop(demand)
        names = list(group.names)
        for index, name in enumerate(names):
            self._place(name)
            still = self._hopeless.get(demand)
            if still is None:
                continue
            if still.why == group.why:
                still.names.update(dict.fromkeys(names[index + 1 :]))
                return
            for other in names[index + 1 :]:
                self._refuse(other, demand, still.why)
            return

    def _place(self, name: Name) -> None:
        pod = self._api.store.get(POD.key, *name)
        if pod is None or not _is_ours(pod):
            return
        demand = self._demands.get(name)
        if demand is None:
            demand = self._demands[name] = Demand.of(pod)
        group = self._hopeless.get(demand)
        node, why = (None, group.why) if group else self._find_node(pod, demand)
        if node is None:
            self._refuse(name, demand, why)
        else:
            self._bind(pod, node)

    def _refuse(self, name: Name, demand: Demand, why: str) -> None:
        group = self._hopeless.setdefault(demand, Hopeless(why))
        group.names[name] = None
        pod = self._api.store.get(POD.key, *name)
        if pod is not None:
            self._tell_unschedulable(pod, why)

    def _find_node(self, pod: Object, demand: Demand) -> tuple[str | None, str]:
        count = len(self._rooms)
        for claim in demand.claims:
            held = self._api.store.get(CLAIM.key, demand.namespace, claim)
            if held is None:
                return None, missing_claim(count, claim)
            if (held.get("status") or {}).get("phase") != "Bound":
                return None, unbound_claim(count)
        affinity = required_affinity(pod)
        obstacles = []
        # The emptiest node first, as the real scheduler spreads.
        for name, room in sorted(self._rooms.items(), key=lambda entry: entry[1].taken.get("pods", 0)):
            found = room.obstacles(demand, affinity)
            if not found.reasons:
                return name, ""
            obstacles.append(found)
        return None, explanation(obstacles)

    def _bind(self, pod: Object, node: str) -> None:
        """One write, as the binding subresource does: the node's name and the condition."""
        bound: Object = clone(pod)
        bound["spec"]["nodeName"] = node
        self._set_condition(bound, {"status": "True"})
        # Not api.update: a pod's spec is immutable to everybody but the binding.
        self._api.store.put(POD.key, bound)
        where = f"{namespace_of(pod)}/{name_of(pod)}"
        self._event(bound, "Normal", "Scheduled", f"Successfully assigned {where} to {node}")

    def _tell_unschedulable(self, pod: Object, why: str) -> None:
        """The pod's condition, and an event; nothing when both say so already."""
        conditions = (pod.get("status") or {}).get("conditions") or []
        if any(entry["type"] == "PodScheduled" and entry.get("message") == why for entry in conditions):
            return
        told: Object = clone(pod)
        self._set_condition(told, {"status": "False", "reason": "Unschedulable", "message": why})
        self._api.update_status(POD, told)
        self._event(told, "Warning", "FailedScheduling", why)

    def _set_condition(self, pod: Object, values: dict[str, str]) -> None:
        status = pod.setdefault("status", {})
        others = [entry for entry in status.get("conditions") or [] if entry["type"] != "PodScheduled"]
        now = seconds_text(self._api.clock())
        added = {"type": "PodScheduled", "lastProbeTime": None, "lastTransitionTime": now, **values}
        status["conditions"] = [*others, added]

    def _event(self, pod: Object, type_: str, reason: str, message: str) -> None:
        self._api.emit_event(pod, type=type_, reason=reason, message=message, component=SCHEDULER, scheduler_shape=True)

    # What the scheduler knows of the cluster.
    def _follow(self) -> None:
        store = self._api.store
        for node in self._api.list(NODE):
            self._rooms[name_of(node)] = NodeRoom(node)
        for pod in self._api.list(POD):
            self._pod_seen(pod, gone=False)
        self._stops = [
            store.listen(NODE.key, self._node_changed),
            store.listen(POD.key, lambda change, pod, before: self._pod_seen(pod, gone=change.type == "DELETED")),
            store.listen(CLAIM.key, lambda change, claim, before: self._try_again()),
            store.listen(CONFIG_MAP.key, lambda change, held, before: self._faults_changed(held)),
        ]

    def _node_changed(self, change: Change, node: Object, before: Object | None) -> None:
        name = name_of(node)
        if change.type == "DELETED":
            self._rooms.pop(name, None)
        elif name in self._rooms:
            if _differs(self._rooms[name].node, node):
                self._try_again()
            self._rooms[name].node = node
            return
        else:
            self._rooms[name] = NodeRoom(node)
            for uid, where in self._placed.values():
                if where == name and uid in self._requests:
                    self._rooms[name].take(self._requests[uid])
        self._try_again()

    def _pod_seen(self, pod: Object, *, gone: bool) -> None:
        name = namespace_of(pod), name_of(pod)
        node = pod["spec"].get("nodeName")
        ended = gone or (pod.get("status") or {}).get("phase") in ENDED
        if ended:
            self._forget(name)
        elif node:
            self._remember(name, pod, node)
        elif _is_ours(pod) and name not in self._demands:
            self._new[name] = None
            self._work.set()

    def _remember(self, name: Name, pod: Object, node: str) -> None:
        uid = pod["metadata"]["uid"]
        if uid in self._requests:
            return
        self._placed[name] = uid, node
        self._requests[uid] = pod_requests(pod["spec"])
        if node in self._rooms:
            self._rooms[node].take(self._requests[uid])

    def _forget(self, name: Name) -> None:
        demand = self._demands.pop(name, None)
        group = self._hopeless.get(demand) if demand is not None else None
        if group is not None and demand is not None:
            group.names.pop(name, None)
            if not group.names:
                del self._hopeless[demand]
        self._new.pop(name, None)
        uid, node = self._placed.pop(name, ("", ""))
        requests = self._requests.pop(uid, None)
        if requests is not None and node in self._rooms:
            self._rooms[node].give_back(requests)
            self._try_again()

    def _try_again(self) -> None:
        if self._hopeless:
            self._retry = True
            self._work.set()

    def _faults_changed(self, held: Object) -> None:
        if name_of(held) == faults.NAME:
            self._work.set()


def _is_ours(pod: Object) -> bool:
    """Waits for this scheduler to give it a node."""
    waits = not pod["spec"].get("nodeName") and "deletionTimestamp" not in pod["metadata"]
    return waits and pod["spec"].get("schedulerName", SCHEDULER) == SCHEDULER


def _differs(before: Object, after: Object) -> bool:
    """Whether a node changed in what decides about pods (its heartbeats do not)."""
    return any(
        (
            (before.get("spec") or {}) != (after.get("spec") or {}),
            before["metadata"].get("labels") != after["metadata"].get("labels"),
            (before.get("status") or {}).get("allocatable") != (after.get("status") or {}).get("allocatable"),
        )
    )
