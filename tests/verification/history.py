"""What happened in a namespace, in order: every version of its jobs, pods, services and events that a watch told of."""

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import aiohttp

from tests.verification.client import Cluster, Object

WATCHED = ("tfjobs", "pytorchjobs", "mxjobs", "mpijobs", "pods", "services", "events")


@dataclass(frozen=True, slots=True)
class Line:
    """One watch event."""

    at: float
    resource: str
    type: str
    object: Object

    @property
    def name(self) -> str:
        return str(self.object["metadata"]["name"])

    @property
    def uid(self) -> str:
        return str(self.object["metadata"]["uid"])


class History:
    """The lines of one namespace so far."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self._grew = asyncio.Event()

    def add(self, line: Line) -> None:
        self.lines.append(line)
        self._grew.set()

    def of(self, resource: str) -> Iterator[Line]:
        return (line for line in self.lines if line.resource == resource)

    async def until(self, holds: Callable[[], bool], *, what: str, within: float) -> None:
        """Return as soon as `holds()`; looked at after every line. Fails the test with the history otherwise."""
        try:
            async with asyncio.timeout(within):
                while not holds():
                    self._grew.clear()
                    await self._grew.wait()
        except TimeoutError:
            raise AssertionError(f"not within {within} s: {what}\n{self}") from None

    def __str__(self) -> str:
        return "\n".join(_told(line) for line in self.lines[-80:])


class Histories:
    """One watch a resource for all cases; each line goes to its namespace's history."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._by_namespace: dict[str, History] = {}
        self._started = time.monotonic()
        self._tasks: list[asyncio.Task[None]] = []

    def of(self, namespace: str) -> History:
        return self._by_namespace.setdefault(namespace, History())

    def forget(self, namespace: str) -> None:
        self._by_namespace.pop(namespace, None)

    async def start(self) -> None:
        for resource in WATCHED:
            listed = await self._cluster.list(resource)
            assert listed.status == 200, listed
            version = listed.body["metadata"]["resourceVersion"]
            self._tasks.append(asyncio.create_task(self._follow(resource, version)))

    async def _follow(self, resource: str, version: str) -> None:
        while True:
            try:
                async for type_, found in self._cluster.watch(resource, version):
                    version = found["metadata"]["resourceVersion"]
                    history = self._by_namespace.get(found["metadata"].get("namespace", ""))
                    if history is not None:
                        history.add(Line(time.monotonic() - self._started, resource, type_, found))
            except aiohttp.ClientError:
                await asyncio.sleep(0.2)


def _told(line: Line) -> str:
    found = line.object
    status = found.get("status") or {}
    match line.resource:
        case "events":
            said = (
                f"{found['involvedObject']['kind']} {found['reason']} x{found.get('count')}: {found['message'][:150]}"
            )
        case "pods":
            said = f"{status.get('phase')} {'terminating' if 'deletionTimestamp' in found['metadata'] else ''}"
        case "services":
            said = ""
        case _:
            conditions = [f"{entry['type']}={entry['status']}" for entry in status.get("conditions") or []]
            said = f"{conditions} {status.get('replicaStatuses')}"
    return f"{line.at:8.2f} {line.resource} {line.type} {line.name} {said}"
