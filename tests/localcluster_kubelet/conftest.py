"""A real kubelet over a real store: every pod of these tests is a group of real processes."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from console.localcluster.kubelet import Kubelet
from console.localcluster.kubelet.exec_session import ExecHandle
from console.localcluster.kubelet.launcher import Isolation
from console.localcluster.kubelet.runner import Pace
from console.localcluster.machinery.api import Api
from console.localcluster.machinery.kinds import EVENT, NAMESPACE, POD
from console.localcluster.store import Store

Object = dict[str, Any]
NODE_NAME = "node"
QUICK = Pace(restart=0.02, back_off=0.1, longest=0.4, retry=0.1)
PATIENCE_SECONDS = 60  # the machine may be busy with other things


class Node:
    """An API without HTTP, a kubelet, and a process that owns the pods."""

    def __init__(self, folder: Path, isolation: Isolation | None) -> None:
        self.folder, self.isolation = folder, isolation
        self.api = Api(Store())
        self.api.create(NAMESPACE, "", {"metadata": {"name": "vision"}})
        self.owner = subprocess.Popen(["sleep", "1000"])
        self.kubelet = self._new_kubelet()
        self._running: asyncio.Task[None] | None = None

    def _new_kubelet(self) -> Kubelet:
        return Kubelet(self.api, self.folder, NODE_NAME, 0, self.owner.pid, pace=QUICK, isolation=self.isolation)

    async def start(self) -> None:
        self._running = asyncio.create_task(self.kubelet.run())
        waiting = asyncio.create_task(self.kubelet.ready.wait())
        await asyncio.wait({waiting, self._running}, return_when=asyncio.FIRST_COMPLETED)
        if self._running.done():
            self._running.result()

    async def stop(self) -> None:
        """End the kubelet alone; the pods go on."""
        if self._running is not None:
            self._running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._running

    async def restart(self) -> None:
        await self.stop()
        self.kubelet = self._new_kubelet()
        await self.start()

    def kill_owner(self) -> None:
        self.owner.kill()
        self.owner.wait()

    def new_owner(self) -> None:
        self.owner = subprocess.Popen(["sleep", "1000"])

    def create(self, name: str, *command: str, image: str = "python:3.11-slim", **spec: Any) -> Object:
        """Create a pod of one container `main`; keys of a container go there, others into the spec."""
        container: Object = {"name": "main", "image": image}
        if command:
            container["command"] = list(command)
        for key in ("env", "args", "resources", "volumeMounts", "lifecycle", "livenessProbe", "readinessProbe", "ports",
                    "workingDir", "imagePullPolicy", "securityContext", "startupProbe"):  # fmt: skip
            if key in spec:
                container[key] = spec.pop(key)
        spec = {"nodeName": NODE_NAME, "restartPolicy": "Never", "containers": [container], **spec}
        manifest = {"metadata": {"name": name, "namespace": "vision", "labels": {"app": name}}, "spec": spec}
        return self.api.create(POD, "vision", manifest)

    async def until(self, name: str, wanted: Callable[[Object], Any]) -> Object:
        """Return the pod once `wanted(pod)` is true."""
        changes = self.api.watch(POD, "vision")
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                async for kind, pod in changes:
                    if pod["metadata"]["name"] == name and kind != "DELETED" and wanted(pod):
                        return pod
        except TimeoutError:
            held = self.api.get(POD, "vision", name)
            raise AssertionError(f"{name} did not get there: {held.get('status')} {self.events(name)}") from None
        finally:
            changes.close()
        raise AssertionError("the watch ended")

    async def running(self, name: str) -> Object:
        return await self.until(name, lambda pod: state(pod).get("running"))

    async def ended(self, name: str) -> Object:
        return await self.until(name, lambda pod: pod.get("status", {}).get("phase") in ("Succeeded", "Failed"))

    async def gone(self, name: str) -> None:
        """Wait until no object and no process of the pod is left."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while any(pod["metadata"]["name"] == name for pod in self.api.list(POD)):
                await asyncio.sleep(0.01)

    async def log(self, name: str, **options: Any) -> str:
        blocks = await self.kubelet.read_log("vision", name, container="main", **options)
        return b"".join([block async for block in blocks]).decode()

    async def printed(self, name: str, text: str) -> None:
        """Wait until the container has printed `text`."""
        await self.running(name)
        async with asyncio.timeout(PATIENCE_SECONDS):
            async for block in await self.kubelet.read_log("vision", name, container="main", follow=True):
                if text.encode() in block:
                    return
        raise AssertionError(f"{name} ended without {text!r}")

    async def run(self, pod: str, *command: str, tty: bool = False, stdin: bool = False) -> ExecHandle:
        return await self.kubelet.exec("vision", pod, container="main", command=command, tty=tty, stdin=stdin)

    def events(self, name: str) -> list[tuple[str, str]]:
        return [
            (event["reason"], event["message"])
            for event in self.api.list(EVENT, "vision")
            if event["involvedObject"]["name"] == name
        ]


def state(pod: Object, index: int = 0) -> Object:
    """Return the state of a container: {waiting|running|terminated: …}; {} before there is one."""
    statuses = pod.get("status", {}).get("containerStatuses") or []
    found: Object = statuses[index]["state"] if statuses else {}
    return found


def leftovers(folder: Path) -> list[str]:
    """Return every process, mount and control group that still belongs to the state folder."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        with contextlib.suppress(OSError):
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            if str(folder) in command or str(folder) in (entry / "mountinfo").read_text():
                found.append(f"process {entry.name}: {command}")
    found += [f"mount {line}" for line in Path("/proc/self/mountinfo").read_text().splitlines() if str(folder) in line]
    pods = folder / "cluster" / "pods"
    for uid in [entry.name for entry in pods.iterdir()] if pods.exists() else []:
        found += [
            f"group {place}/{group}"
            for place, groups, _ in os.walk(
                "/sys/fs/cgroup/memory" if os.path.exists("/sys/fs/cgroup/memory") else "/sys/fs/cgroup"
            )
            for group in groups
            if group.startswith(f"trainyard-{uid[:13]}-")
        ]
    return found


async def nothing_left(folder: Path) -> None:
    """Wait a moment for the kernel to take everything down; fail with what is still there."""
    for _ in range(100):
        if not leftovers(folder):
            return
        await asyncio.sleep(0.02)
    raise AssertionError(leftovers(folder))


async def _node(folder: Path, isolation: Isolation | None) -> AsyncIterator[Node]:
    made = Node(folder, isolation)
    try:
        await made.start()
        if isolation is None and made.kubelet.launcher.isolation is Isolation.NONE:
            pytest.skip(f"this kernel gives no namespaces to this user: {made.kubelet.launcher.problem}")
        yield made
        await made.stop()
    finally:
        made.kill_owner()
    await nothing_left(folder)


@pytest.fixture
async def node(tmp_path: Path) -> AsyncIterator[Node]:
    """The best isolation that this user gets."""
    async for made in _node(tmp_path, None):
        yield made


@pytest.fixture
async def user_node(tmp_path: Path) -> AsyncIterator[Node]:
    """A node as an ordinary user has it: inside a user namespace."""
    async for made in _node(tmp_path, Isolation.USER):
        if made.kubelet.launcher.isolation is not Isolation.USER:
            pytest.skip(f"this kernel gives no user namespaces: {made.kubelet.launcher.problem}")
        yield made


@pytest.fixture
async def plain_node(tmp_path: Path) -> AsyncIterator[Node]:
    """A node where the kernel allows nothing: plain process groups."""
    async for made in _node(tmp_path, Isolation.NONE):
        yield made
