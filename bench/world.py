"""Tasks for the measurements, made by the administrator directly: the console sees them as anybody's."""

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.pod_storm import ApiServer

TASKS = 1000
PATH = "/apis/kubeflow.org/v1/namespaces/vision/pytorchjobs"


@dataclass(frozen=True, slots=True)
class WaitingTask:
    uid: str
    pod: str


def _job(name: str, *, suspend: bool) -> dict[str, Any]:
    container = {
        "name": "pytorch",
        "image": "python:3.11-slim",
        "imagePullPolicy": "IfNotPresent",
        "resources": {"limits": {"nvidia.com/gpu": "64"}},
    }
    master = {"replicas": 1, "restartPolicy": "Never", "template": {"spec": {"containers": [container]}}}
    return {
        "apiVersion": "kubeflow.org/v1",
        "kind": "PyTorchJob",
        "metadata": {"name": name},
        "spec": {
            "runPolicy": {"cleanPodPolicy": "Running", "suspend": suspend},
            "pytorchReplicaSpecs": {"Master": master},
        },
    }


def unschedulable_task(admin: Path) -> WaitingTask:
    """A task whose pod no node fits: nothing but this run ever changes that pod."""
    task = asyncio.run(_unschedulable(admin))
    _await_row(task.uid)
    return task


async def _unschedulable(admin: Path) -> WaitingTask:
    async with ApiServer(admin).session() as api:
        async with api.post(PATH, json=_job("bench-waits", suspend=False)) as answer:
            answer.raise_for_status()
            uid = (await answer.json())["metadata"]["uid"]
        pod = "bench-waits-master-0"
        for _ in range(100):
            async with api.get(f"/api/v1/namespaces/vision/pods/{pod}") as answer:
                if answer.status == 200:
                    break
            await asyncio.sleep(0.1)
    return WaitingTask(uid, pod)


def thousand_tasks(admin: Path) -> None:
    """1,000 suspended tasks: rows for the pages, no pods for the machine."""
    asyncio.run(_thousand(admin))
    deadline = time.monotonic() + 60
    from console.index.models import Task

    while Task.objects.filter(namespace="vision").count() < TASKS and time.monotonic() < deadline:
        time.sleep(0.2)
    time.sleep(3)  # the operator and the watcher come to rest


async def _thousand(admin: Path) -> None:
    async with ApiServer(admin).session() as api:
        for number in range(TASKS):
            async with api.post(PATH, json=_job(f"bench-{number}", suspend=True)) as answer:
                answer.raise_for_status()


def _await_row(uid: str) -> None:
    from console.index.models import Task

    deadline = time.monotonic() + 30
    while not Task.objects.filter(uid=uid).exists():
        if time.monotonic() > deadline:
            raise RuntimeError("the watcher did not see the task in 30 s")
        time.sleep(0.05)
