"""How long a pod's change takes to reach an open page: from the API server's answer to the browser's event stream."""

import asyncio
import re
import time
from pathlib import Path

import aiohttp
import httpx

from bench.pod_storm import ApiServer

CHANGES = 40
PAUSE_SECONDS = 0.6  # so that each change meets a quiet page
FOR_LONG = aiohttp.ClientTimeout(total=300)


async def change_to_page(http: httpx.Client, admin: Path, *, namespace: str, task_uid: str, pod: str) -> list[float]:
    """Milliseconds of each change of one pod's status until the task's row arrives at the list page's stream."""
    cookies = "; ".join(f"{name}={value}" for name, value in http.cookies.items())
    found = []
    async with (
        aiohttp.ClientSession(str(http.base_url), headers={"Cookie": cookies}) as browser,
        ApiServer(admin).session() as api,
        browser.get(await _stream_of(browser, namespace, task_uid), timeout=FOR_LONG) as events,
    ):
        for number in range(CHANGES):
            await asyncio.sleep(PAUSE_SECONDS)
            await _touch(api, namespace, pod, number)
            started = time.perf_counter()
            await asyncio.wait_for(_row(events, task_uid), timeout=10)
            found.append((time.perf_counter() - started) * 1000)
    return found


async def _stream_of(browser: aiohttp.ClientSession, namespace: str, task_uid: str) -> str:
    """The address of the list page's event stream, from the change at which the page was drawn."""
    async with browser.get(f"/n/{namespace}/tasks/") as page:
        since = re.search(r"since=(\d+)", await page.text())
    if since is None:
        raise RuntimeError("the list page has no event stream")
    return f"/live/n/{namespace}/tasks/?since={since[1]}&shown={task_uid}"


async def _touch(api: aiohttp.ClientSession, namespace: str, pod: str, number: int) -> None:
    """Say, in the kubelet's place, that the pod has become ready, or is no longer so."""
    ready = number % 2 == 0
    container = {"name": "pytorch", "ready": ready, "restartCount": 0, "image": "", "imageID": ""}
    state = {"running": {"startedAt": "2026-01-01T00:00:00Z"}}
    status = {
        "phase": "Running",
        "conditions": [{"type": "Ready", "status": str(ready)}],
        "containerStatuses": [{**container, "state": state}],
    }
    headers = {"Content-Type": "application/merge-patch+json"}
    path = f"/api/v1/namespaces/{namespace}/pods/{pod}/status"
    async with api.patch(path, json={"status": status}, headers=headers) as answer:
        answer.raise_for_status()


async def _row(events: aiohttp.ClientResponse, task_uid: str) -> None:
    async for line in events.content:
        if line.startswith(b"data:") and f"task-{task_uid}".encode() in line:
            return
    raise RuntimeError("the stream ended")
