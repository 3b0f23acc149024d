"""Idle key round trip: through the console's terminal, and by an exec straight at the API server, in turns."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect

from bench.person import signed_in
from bench.table import Row, percentile
from tests.browser.console_process import Console

KEYS = 300  # each way
WARM_UP_KEYS = 20
PAUSE_SECONDS = 0.01
READY = b"ready-"
# What is typed next is echoed by the tty itself: the time is all transport, no program.
QUIET = "printf 'rea'; printf 'dy-'; sleep 600"
Key = Callable[[], Awaitable[None]]


def row(console: Console) -> Row:
    """The promise of docs/benchmarks.md, measured in a running container of alice's."""
    direct, relayed = asyncio.run(round_trips(console))
    p50, p99 = percentile(relayed, 0.5), percentile(relayed, 0.99)
    base50, base99 = percentile(direct, 0.5), percentile(direct, 0.99)
    note = f"p50 {p50:.2f} ms, p99 {p99:.1f}; direct exec p50 {base50:.2f}, p99 {base99:.1f}"
    return Row(
        name="key round trip in the terminal, p50", unit="x direct exec", limit=3, measured=p50 / base50, note=note
    )


async def round_trips(console: Console) -> tuple[list[float], list[float]]:
    """Milliseconds of each key, direct and through the terminal."""
    from asgiref.sync import sync_to_async

    from console.index.models import Pod

    pods = await sync_to_async(lambda: list(Pod.objects.filter(namespace="vision")))()
    found = [(pod, c["name"]) for pod in pods for c in pod.containers if c["state"] == "running" and not c.get("init")]
    if not found:
        raise RuntimeError("no running container in namespace vision")
    pod, container = found[0]
    direct: list[float] = []
    relayed: list[float] = []
    async with _direct(pod.namespace, pod.name, container) as press, _relayed(console, pod, container) as press_there:
        for number in range(KEYS + WARM_UP_KEYS):
            for key, times in ((press, direct), (press_there, relayed)):
                await asyncio.sleep(PAUSE_SECONDS)
                started = time.perf_counter()
                await asyncio.wait_for(key(), timeout=10)
                if number >= WARM_UP_KEYS:
                    times.append((time.perf_counter() - started) * 1000)
    return direct, relayed


@asynccontextmanager
async def _direct(namespace: str, pod: str, container: str) -> AsyncIterator[Key]:
    from console.cluster import ExecOutput, Identity, open_exec

    identity = Identity("alice", ("team-vision",))
    command = ("/bin/sh", "-c", QUIET)
    async with open_exec(
        namespace, pod, container=container, command=command, acting_as=identity, tty=True, stdin=True
    ) as stream:

        async def output() -> bytes:
            got = await stream.receive()
            if isinstance(got, ExecOutput):
                return got.data
            raise RuntimeError(f"the exec ended: {got}")

        async def press() -> None:
            await stream.send_stdin(b"x")
            while b"x" not in await output():
                pass

        seen = b""
        while READY not in seen:
            seen += await output()
        yield press
        await stream.send_stdin(b"\x03")


@asynccontextmanager
async def _relayed(console: Console, pod: Any, container: str) -> AsyncIterator[Key]:
    http = signed_in(console)
    page = f"/n/{pod.namespace}/tasks/{pod.task_uid}/pods/{pod.uid}/terminal/"
    web, port = console.url.rstrip("/").rsplit(":", 1)
    url = f"{web.replace('http', 'ws', 1)}:{int(port) + 1}/ws/terminal/{pod.uid}/?container={container}"
    headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in http.cookies.items())}
    async with connect(
        url,
        origin=console.url.rstrip("/"),
        subprotocols=["console.terminal.v1"],
        additional_headers=headers,
        compression=None,
    ) as socket:
        wanted = {"ticket": _ticket(http, page, container), "cols": 80, "rows": 24}
        await socket.send(b"\x07" + json.dumps(wanted).encode())
        browser = _Browser(socket)
        await socket.send(b"\x00" + QUIET.encode() + b"\r")
        await browser.until(READY)

        async def press() -> None:
            await socket.send(b"\x00x")
            await browser.until(b"x")

        yield press
        await socket.send(b"\x08")
        while (await socket.recv())[0] != 3:
            pass


def _ticket(http: httpx.Client, page: str, container: str) -> str:
    token = http.get(page).text.split('data-csrf="', 1)[1].split('"', 1)[0]
    headers = {"X-CSRFToken": token, "Referer": str(http.base_url)}
    answer = http.post(f"{page}ticket/", data={"container": container}, headers=headers)
    ticket: str = answer.raise_for_status().json()["ticket"]
    return ticket


class _Browser:
    """Acks everything at once, as a page with little to draw does."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._offset = 0

    async def until(self, text: bytes) -> None:
        """Read until the output holds `text`."""
        seen = b""
        while text not in seen:
            frame = await self._socket.recv()
            assert isinstance(frame, bytes)
            if frame[0] == 7:
                self._offset = json.loads(frame[1:])["base_offset"]
            if frame[0] == 1:
                seen += frame[1:]
                self._offset += len(frame) - 1
                await self._socket.send(b"\x05" + self._offset.to_bytes(8, "big"))
