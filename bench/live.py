"""How long a pod's change takes to reach an open page: from the API server's answer to the browser's event stream."""

import asyncio
import time
from pathlib import Path

import aiohttp
import httpx

from bench.pod_storm import ApiServer

CHANGES = 40
PAUSE_SECONDS = 0.6  # so that each change meets a quiet page


async def change_to_page(http: httpx.Client, admin: Path, *, namespace: str, task_uid: str, pod: str) -> list[float]:
    """Milliseconds of each change of one pod's status until the task's row arrives at the list page's stream."""
    cookies = "; ".join(f"{name}={value}" for name, value in http.cookies.items())
    page = http.get(f"/n/{namespace}/tasks/").text
    since = page.split("since=", 1)[1].split("&", 1)[0].split('"', 1)[0]
    stream = f"{http.base_url}/live/n/{namespace}/tasks/?since={since}&shown={task_uid}".replace("//live", "/live")
    found = []
    async with (
        aiohttp.ClientSession(headers={"Cookie": cookies}) as browser,
        ApiServer(admin).session() as api,
        browser.get(stream, timeout=aiohttp.ClientTimeout(total=300)) as events,
    ):
        for number in range(CHANGES):
            await asyncio.sleep(PAUSE_SECONDS)
            await _touch(api, namespace, pod, number)
            started = time.perf_counter()
            await asyncio.wait_for(_row(events, task_uid), timeout=10)
            found.append((time.perf_counter() - started) * 1000)
    return found


async def _touch(api: aiohttp.ClientSession, namespace: str, pod: str, number: int) -> None:
    body = {"status": {"message": f"change {number}", "reason": f"Change{number}"}}
    headers = {"Content-Type": "application/merge-patch+json"}
    async with api.patch(f"/api/v1/namespaces/{namespace}/pods/{pod}/status", json=body, headers=headers) as answer:
        answer.raise_for_status()


async def _row(events: aiohttp.ClientResponse, task_uid: str) -> None:
    async for line in events.content:
        if line.startswith(b"data:") and f"task-{task_uid}".encode() in line:
            return
    raise RuntimeError("the stream ended")
