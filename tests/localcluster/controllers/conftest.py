"""A cluster in memory: the API and the controllers on it, a clock to set, and nobody who runs pods but the test."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from console.localcluster.controllers import all_controllers
from console.localcluster.machinery.api import Api
from console.localcluster.machinery.kinds import EVENT, NAMESPACE, NODE, POD, Kind
from console.localcluster.machinery.objects import clone
from console.localcluster.store import Store

Object = dict[str, Any]

ROOM = {"cpu": "8", "memory": "16Gi", "pods": "110", "nvidia.com/gpu": "2", "ephemeral-storage": "100Gi"}


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 25, 12, 0, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def passes(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class MemoryCluster:
    """Namespace `n`, node `node-1` with room for two GPUs."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.api = Api(Store(), self.clock)
        for name in ("n", "kube-system"):
            self.api.create(NAMESPACE, "", {"metadata": {"name": name}})
        self.add_node("node-1")

    def add_node(self, name: str, room: dict[str, str] = ROOM, **spec: Any) -> None:
        self.api.create(NODE, "", {"metadata": {"name": name}, "spec": spec})
        node = clone(self.api.get(NODE, "", name))
        self.api.update_status(NODE, node | {"status": {"allocatable": room}})

    async def settle(self) -> None:
        """Let the controllers do everything there is to be done now."""
        for _ in range(200):
            await asyncio.sleep(0)

    def pod(self, name: str) -> Object:
        return self.api.get(POD, "n", name)

    def pods(self) -> list[str]:
        return [pod["metadata"]["name"] for pod in self.api.list(POD, "n")]

    def turn(self, name: str, phase: str, *, exit_code: int | None = None, restarts: int = 0) -> None:
        """The kubelet's report of a pod."""
        pod = clone(self.pod(name))
        state: Object = {"running": {}} if exit_code is None else {"terminated": {"exitCode": exit_code}}
        container = {"name": pod["spec"]["containers"][0]["name"], "state": state, "restartCount": restarts}
        pod["status"] = {**(pod.get("status") or {}), "phase": phase, "containerStatuses": [container]}
        self.api.update_status(POD, pod)

    def job(self, kind: Kind, name: str = "job") -> Object:
        return self.api.get(kind, "n", name)

    def conditions(self, kind: Kind, name: str = "job") -> list[str]:
        found = (self.job(kind, name).get("status") or {}).get("conditions") or []
        return [entry["type"] + ("+" if entry["status"] == "True" else "-") for entry in found]

    def reasons(self, involved: str = "job") -> list[str]:
        return [event["reason"] for event in self.api.list(EVENT, "n") if event["involvedObject"]["name"] == involved]


@pytest.fixture
async def cluster() -> AsyncIterator[MemoryCluster]:
    memory = MemoryCluster()
    tasks = [asyncio.create_task(controller.run()) for controller in all_controllers(memory.api)]
    await memory.settle()
    try:
        yield memory
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
