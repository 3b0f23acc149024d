"""From "Submit" until the task's pod exists, and the same for its manifest posted directly, in turns."""

import asyncio
import copy
import json
import statistics
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp
import httpx

from bench.person import hidden_fields
from bench.pod_storm import ApiServer

ROUNDS = 15
PATH = "/apis/kubeflow.org/v1/namespaces/vision/tfjobs"
_ADVANCED = {"backoff_limit": "0", "clean_pod_policy": "Running"}
PODS = "/api/v1/namespaces/vision/pods"


def milliseconds_above_direct(http: httpx.Client, admin: Path) -> tuple[float, float]:
    """The medians of both ways, in ms: through the console, directly."""
    return asyncio.run(_measure(http, admin))


async def _measure(http: httpx.Client, admin: Path) -> tuple[float, float]:
    through, direct = [], []
    async with ApiServer(admin).session() as api, ApiServer(admin.with_name("alice.yaml")).session() as alice:
        manifest: dict[str, Any] = {}
        for _ in range(ROUNDS):
            name = f"bench-{uuid4().hex[:8]}"
            submit = await asyncio.to_thread(_draft, http, name)
            through.append(await _until_pod(api, name, lambda act=submit: asyncio.to_thread(act)))
            manifest = manifest or await _manifest_of(api, name)
            other = f"bench-{uuid4().hex[:8]}"
            body = copy.deepcopy(manifest)
            body["metadata"]["name"] = other
            direct.append(await _until_pod(api, other, lambda act=body: _post(alice, act)))
            for done in (name, other):
                async with api.delete(f"{PATH}/{done}"):
                    pass
    return statistics.median(through), statistics.median(direct)


async def _until_pod(api: aiohttp.ClientSession, task: str, act: Callable[[], Awaitable[Any]]) -> float:
    """Milliseconds from the start of `act` until the API server announces the task's first pod."""
    params = {"watch": "1", "labelSelector": f"training.kubeflow.org/job-name={task}"}
    async with api.get(PODS, params=params) as watch:
        started = time.perf_counter()
        doing = asyncio.ensure_future(act())
        async for line in watch.content:
            if json.loads(line)["type"] == "ADDED":
                seconds = time.perf_counter() - started
                await doing
                return seconds * 1000
    raise RuntimeError(f"{task} got no pod")


async def _post(alice: aiohttp.ClientSession, body: dict[str, Any]) -> None:
    async with alice.post(PATH, json=body) as answer:
        answer.raise_for_status()


async def _manifest_of(api: aiohttp.ClientSession, name: str) -> dict[str, Any]:
    async with api.get(f"{PATH}/{name}") as answer:
        found: dict[str, Any] = await answer.json()
    metadata = {key: found["metadata"][key] for key in ("name", "namespace", "labels", "annotations")}
    return {"apiVersion": found["apiVersion"], "kind": found["kind"], "metadata": metadata, "spec": found["spec"]}


def _draft(http: httpx.Client, name: str) -> Callable[[], None]:
    """Walk the wizard up to its last step; the result presses "Submit"."""
    form = hidden_fields(http.get("/wizard/start/?framework=tensorflow&namespace=vision").text)
    page = http.post(
        "/wizard/start/", data={**form, "framework": "tensorflow", "mode": "single", "namespace": "vision"}
    )
    basics = {"name": name, "namespace": "vision", "image": "python:3.11-slim"}
    worker = {"Worker-replicas": "1", "Worker-flavor": "cpu-100m-128Mi", "Worker-command": "sleep\n60"}
    for answers in (basics, {**worker, "Worker-restart_policy": "Never"}, _ADVANCED):
        page = http.post(str(page.url), data={**hidden_fields(page.text), **answers, "go": "next"})
    if not str(page.url).endswith("/confirm/"):
        raise RuntimeError(f"the wizard stopped at {page.url}")
    last = hidden_fields(page.text)
    return lambda: http.post(str(page.url), data=last).raise_for_status() and None
