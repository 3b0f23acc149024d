"""Liveness, readiness and startup probes of one run of a container, and its hooks."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol

Object = dict[str, Any]
MAX_SHOWN = 10 * 1024  # maxRespBodyLength of the kubelet


class Surroundings(Protocol):
    """What a probe needs of its container."""

    @property
    def ip(self) -> str: ...

    async def run(self, command: list[str], timeout_seconds: float) -> tuple[int, str]:
        """Run a command inside; (exit code, output). Raises TimeoutError."""

    async def open(self, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Connect to a port of the pod. Raises OSError."""


@dataclass(frozen=True, slots=True)
class Finding:
    """The outcome of one look."""

    good: bool
    message: str = ""


def port_number(container: Object, port: int | str) -> int:
    """Return a port's number; a name is one of the container's ports."""
    if isinstance(port, int):
        return port
    for entry in container.get("ports") or []:
        if entry.get("name") == port:
            return int(entry["containerPort"])
    return int(port) if port.isdigit() else 0


async def look(action: Object, container: Object, at: Surroundings, timeout_seconds: float) -> Finding:
    """Carry out a probe's (or hook's) action once."""
    try:
        async with asyncio.timeout(timeout_seconds):
            if "exec" in action:
                code, output = await at.run(action["exec"]["command"], timeout_seconds)
                return Finding(code == 0, output[:MAX_SHOWN])
            if "httpGet" in action:
                return await _get(action["httpGet"], container, at)
            if "tcpSocket" in action:
                port = port_number(container, action["tcpSocket"]["port"])
                return await _connect(at, action["tcpSocket"].get("host") or at.ip, port)
    except TimeoutError:
        if "exec" in action:
            return Finding(False, f"command timed out: {' '.join(action['exec']['command'])!r} timed out")
        return Finding(False, "context deadline exceeded (Client.Timeout exceeded while awaiting headers)")
    return Finding(True)


def _words(error: OSError) -> str:
    return (os.strerror(error.errno) if error.errno else str(error)).lower()


async def _connect(at: Surroundings, host: str, port: int) -> Finding:
    try:
        _, writer = await at.open(port)
    except OSError as error:
        return Finding(False, f"dial tcp {host}:{port}: connect: {_words(error)}")
    writer.close()
    return Finding(True)


async def _get(action: Object, container: Object, at: Surroundings) -> Finding:
    port = port_number(container, action["port"])
    path = action.get("path") or "/"
    path = path if path.startswith("/") else f"/{path}"
    url = f"{action.get('scheme', 'HTTP').lower()}://{at.ip}:{port}{path}"
    if action.get("scheme", "HTTP") != "HTTP":
        return await _connect(at, at.ip, port)
    try:
        reader, writer = await at.open(port)
        headers = {entry["name"]: entry["value"] for entry in action.get("httpHeaders") or []}
        headers = {"Host": f"{at.ip}:{port}", "User-Agent": "kube-probe/1.34", "Accept": "*/*", **headers}
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        writer.write(f"GET {path} HTTP/1.1\r\n{lines}Connection: close\r\n\r\n".encode())
        words = (await reader.readline()).split()
        writer.close()
    except OSError as error:
        problem = _words(error)
        return Finding(False, f'Get "{url}": dial tcp {at.ip}:{port}: connect: {problem}')
    code = int(words[1]) if len(words) > 1 and words[1].isdigit() else 0
    return Finding(200 <= code < 400, "" if 200 <= code < 400 else f"HTTP probe failed with statuscode: {code}")


class Prober:
    """Runs the probes of one running container and tells what they found."""

    def __init__(
        self,
        container: Object,
        at: Surroundings,
        *,
        on_ready: Callable[[bool], None],
        on_started: Callable[[], None],
        on_unhealthy: Callable[[str, str], None],
        on_dead: Callable[[str], Awaitable[None]],
    ) -> None:
        self._container, self._at = container, at
        self._on_ready, self._on_started = on_ready, on_started
        self._on_unhealthy, self._on_dead = on_unhealthy, on_dead

    async def run(self) -> None:
        """Probe until cancelled."""
        startup = self._container.get("startupProbe")
        if startup is not None and not await self._until_started(startup):
            return
        self._on_started()
        async with asyncio.TaskGroup() as group:
            if self._container.get("readinessProbe") is not None:
                group.create_task(self._watch_readiness(self._container["readinessProbe"]))
            else:
                self._on_ready(True)
            if self._container.get("livenessProbe") is not None:
                group.create_task(self._watch_liveness(self._container["livenessProbe"]))

    async def _look(self, probe: Object) -> Finding:
        return await look(probe, self._container, self._at, probe.get("timeoutSeconds") or 1)

    async def _until_started(self, probe: Object) -> bool:
        failures = 0
        await asyncio.sleep(probe.get("initialDelaySeconds") or 0)
        while True:
            finding = await self._look(probe)
            if finding.good:
                return True
            self._on_unhealthy("Startup", finding.message)
            failures += 1
            if failures >= (probe.get("failureThreshold") or 3):
                await self._on_dead("startup")
                return False
            await asyncio.sleep(probe.get("periodSeconds") or 10)

    async def _watch_readiness(self, probe: Object) -> None:
        good = bad = 0
        await asyncio.sleep(probe.get("initialDelaySeconds") or 0)
        while True:
            finding = await self._look(probe)
            good, bad = (good + 1, 0) if finding.good else (0, bad + 1)
            if good >= (probe.get("successThreshold") or 1):
                self._on_ready(True)
            if not finding.good:
                self._on_unhealthy("Readiness", finding.message)
            if bad >= (probe.get("failureThreshold") or 3):
                self._on_ready(False)
            await asyncio.sleep(probe.get("periodSeconds") or 10)

    async def _watch_liveness(self, probe: Object) -> None:
        failures = 0
        await asyncio.sleep(probe.get("initialDelaySeconds") or 0)
        while True:
            finding = await self._look(probe)
            failures = 0 if finding.good else failures + 1
            if not finding.good:
                self._on_unhealthy("Liveness", finding.message)
            if failures >= (probe.get("failureThreshold") or 3):
                await self._on_dead("liveness")
                return
            await asyncio.sleep(probe.get("periodSeconds") or 10)


async def run_hook(hook: Object | None, container: Object, at: Surroundings, timeout_seconds: float) -> Finding:
    """Carry out a postStart or preStop hook; none, or `sleep`, succeeds."""
    if not hook:
        return Finding(True)
    if "sleep" in hook:
        await asyncio.sleep(min(hook["sleep"].get("seconds", 0), timeout_seconds))
        return Finding(True)
    with contextlib.suppress(OSError):
        return await look(hook, container, at, timeout_seconds)
    return Finding(False, "the hook could not be run")
