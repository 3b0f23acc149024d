"""Starts shims and the pods' network, finds those that still run, and knows how much isolation the kernel allows."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from console.localcluster.kubelet.lines import Lines, ShimGone
from console.localcluster.kubelet.sandbox import Sandbox
from console.localcluster.kubelet.shim import node
from console.localcluster.kubelet.shim.wire import connect_in, receive_descriptors

_START = "import sys; sys.path.append(sys.argv.pop(1)); from shim.{} import main; sys.exit(main(sys.argv[1:]))"
_SHIM_FOLDER = str(Path(__file__).parent)
_NETWORK = "10.244"
_LOOPBACK = "127.44"  # pods' addresses where they have no network of their own


class Isolation(Enum):
    """How pods are kept apart on this machine."""

    ROOT = "namespaces, as root"
    USER = "namespaces, inside a user namespace"
    NONE = "process groups only"


class LaunchRefused(Exception):
    """A shim could not be started; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PodPlan:
    """What a pod's shim is told."""

    uid: str
    hostname: str
    memory_volumes: tuple[tuple[str, str], ...] = ()  # (folder, tmpfs options)


class Launcher:
    """`folder` (STATE/cluster) holds pods/<uid>/, one a sandbox. Everything ends with the process `owner_pid`."""

    def __init__(self, folder: Path, owner_pid: int, *, isolation: Isolation | None = None) -> None:
        self.folder, self._owner_pid = folder, owner_pid
        self._wanted = isolation
        self.isolation = Isolation.NONE
        self.problem = ""  # why isolation is less than it could be
        self._node_pid = 0
        self._addresses: dict[str, str] = {}  # uid -> address
        self._last = 1
        self._programs: list[subprocess.Popen[bytes]] = []
        self._closed = False

    async def start(self) -> None:
        """Find the network of an earlier start of this program, or make it. Never fails: less isolation then."""
        (self.folder / "pods").mkdir(parents=True, exist_ok=True)
        self._remember_addresses()
        if self._wanted is not Isolation.NONE and await self._find_network():
            return
        wanted = [self._wanted] if self._wanted else [Isolation.ROOT] if os.getuid() == 0 else []
        if self._wanted is None:
            wanted.append(Isolation.USER)
        for isolation in wanted:
            if isolation is Isolation.NONE or await self._make_network(isolation):
                return

    async def _find_network(self) -> bool:
        try:
            saved = json.loads((self.folder / "network.json").read_text())
            connect_in(str(self.folder), "node.sock").close()
        except (OSError, ValueError):
            return False
        self._node_pid, self.isolation = saved["pid"], Isolation[saved["isolation"]]
        return True

    async def _make_network(self, isolation: Isolation) -> bool:
        arguments = [str(self.folder), str(self._owner_pid)]
        if isolation is Isolation.USER:
            arguments.append("--user-namespace")
        try:
            self._node_pid = await self._run("node", arguments)
        except LaunchRefused as error:
            self.problem = str(error)
            return False
        self.isolation, self.problem = isolation, ""
        saved = {"pid": self._node_pid, "isolation": isolation.name}
        (self.folder / "network.json").write_text(json.dumps(saved))
        return True

    async def _run(self, module: str, arguments: list[str]) -> int:
        """Start one of the shim's programs, wait for its word, return its process id. Raises LaunchRefused."""
        command = [sys.executable, "-I", "-S", "-c", _START.format(module), _SHIM_FOLDER, *arguments]
        errors = Path(arguments[0]) / f"{module}.log"

        def start() -> tuple[subprocess.Popen[bytes], str]:
            # Not asyncio's own: that kills the program when this one's loop is closed.
            with errors.open("ab") as log:
                program = subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    env={"PATH": os.defpath, "LANG": "C.UTF-8"},
                    start_new_session=True,
                )
            self._programs.append(program)
            if self._closed:
                self.close()
            assert program.stdout is not None
            with program.stdout as output:
                return program, output.readline().decode(errors="replace").strip()

        program, line = await asyncio.to_thread(start)
        if line != "ready":
            await asyncio.to_thread(program.wait)
            last_words = errors.read_text(errors="replace").strip().rpartition("\n")[2]
            raise LaunchRefused(line.removeprefix("refused ") or last_words or f"exit code {program.returncode}")
        return program.pid

    def _reap(self) -> None:
        """Collect the programs that have ended, so that none stays a zombie."""
        self._programs = [program for program in self._programs if program.poll() is None]

    def close(self) -> None:
        """Let go of the programs: they live on."""
        self._closed = True
        for program in self._programs:
            program.returncode = 0  # Popen would complain that its child still runs; it is meant to

    def pod_folder(self, uid: str) -> Path:
        return self.folder / "pods" / uid

    async def make_pod(self, plan: PodPlan) -> Sandbox:
        """Start the shim of a pod. Raises LaunchRefused."""
        folder = self.pod_folder(plan.uid)
        folder.mkdir(parents=True, exist_ok=True)
        isolated = self.isolation is not Isolation.NONE
        pod: dict[str, Any] = {
            "uid": plan.uid,
            "folder": str(folder),
            "hostname": plan.hostname,
            "ip": self._address(plan.uid),
            "gateway": node.GATEWAY,
            "node_pid": self._node_pid,
            "owner_pid": self._owner_pid,
            "isolated": isolated,
            "user_namespace": self.isolation is Isolation.USER,
            "memory_volumes": list(plan.memory_volumes) if isolated else [],
        }
        remove_left_groups(folder)
        (folder / "pod.json").write_text(json.dumps(pod))
        await self._run("main", [str(folder)])
        return await Sandbox.connect(pod)

    async def find_pod(self, uid: str) -> Sandbox | None:
        """Return the sandbox of a pod whose shim still runs (after a restart of this program), else None."""
        try:
            pod = json.loads((self.pod_folder(uid) / "pod.json").read_text())
            return await Sandbox.connect(pod)
        except (OSError, ValueError, ShimGone):
            return None

    def known_pods(self) -> list[str]:
        """Return the uids of all pods that left a folder."""
        return sorted(entry.name for entry in (self.folder / "pods").iterdir())

    def forget_pod(self, uid: str) -> None:
        """Remove what a pod left on the disk. Its shim has ended."""
        self._reap()
        self._addresses.pop(uid, None)
        remove_left_groups(self.pod_folder(uid))
        shutil.rmtree(self.pod_folder(uid), ignore_errors=True)

    def _remember_addresses(self) -> None:
        for uid in self.known_pods():
            try:
                self._addresses[uid] = json.loads((self.pod_folder(uid) / "pod.json").read_text())["ip"]
            except (OSError, ValueError, KeyError):
                continue

    def _address(self, uid: str) -> str:
        """Return the pod's address: the one it has, else the next that no pod has."""
        if uid not in self._addresses:
            taken = set(self._addresses.values())
            base = _LOOPBACK if self.isolation is Isolation.NONE else _NETWORK
            for _ in range(65000):
                self._last = self._last % 65000 + 1
                high, low = divmod(self._last, 254)
                candidate = f"{base}.{high}.{low + 1}"
                if candidate not in taken and candidate != node.GATEWAY:
                    self._addresses[uid] = candidate
                    break
        return self._addresses[uid]

    def host_address(self) -> str:
        return "127.0.0.1" if self.isolation is Isolation.NONE else node.GATEWAY

    async def tcp_socket(self) -> socket.socket:
        """Return an unconnected, non-blocking TCP socket that reaches the pods. Raises ShimGone."""
        if self.isolation is Isolation.NONE:
            fresh = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        else:
            fresh = await self._borrow(b"t")
        fresh.setblocking(False)
        return fresh

    async def api_listener(self) -> socket.socket | None:
        """Return a listener on the API's address inside the pods' network, or None where there is none."""
        if self.isolation is Isolation.NONE:
            return None
        listener = await self._borrow(b"l")
        listener.setblocking(False)
        return listener

    async def _borrow(self, what: bytes) -> socket.socket:
        def borrow() -> int:
            with connect_in(str(self.folder), "node.sock") as connection:
                connection.settimeout(5)
                connection.sendall(what)
                _, descriptors = receive_descriptors(connection)
            return descriptors[0]

        try:
            fd = await asyncio.to_thread(borrow)
        except (OSError, IndexError) as error:
            raise ShimGone("the pods' network is gone") from error
        return socket.socket(fileno=fd)


def remove_left_groups(folder: Path) -> None:
    """Remove the control groups of a pod whose shim was killed before it could."""
    for record in folder.glob("containers/*/*.json"):
        with contextlib.suppress(OSError, ValueError):
            for group in json.loads(record.read_text()).get("cgroup", {}).values():
                with contextlib.suppress(OSError):
                    os.rmdir(group)


__all__ = ["Isolation", "LaunchRefused", "Launcher", "Lines", "PodPlan"]
