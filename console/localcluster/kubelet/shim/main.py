"""The shim: holds one pod's namespaces, starts its containers, writes their logs, and ends with its owner.

    python -I -S -c "..." FOLDER        (FOLDER/pod.json says what to make)

Orders come as JSON lines on the unix socket `FOLDER/control.sock`; each order of a connection gets one answer line.
`watch` goes on to get a line for each container that ends, `exec` one with the exit code (its descriptors came with the
answer). The client may come and go: containers do not notice. When the owner is gone, all is killed at once.
"""

import contextlib
import json
import os
import selectors
import signal
import socket
import sys
import time
from typing import Any

from . import kernel, process
from .container import Container
from .netlink import Netlink
from .wire import bind_in, send_descriptors

_MEMORY_LOOK_SECONDS = 0.25
OWNER_GONE = "the program that owns the local cluster ended"


def enter_namespaces(pod: dict[str, Any]) -> None:
    """Give the pod its host name, IPC, mounts and a cable to the node's bridge. Raises OSError."""
    namespaces = f"/proc/{pod['node_pid']}/ns"
    if pod["user_namespace"]:
        with open(f"{namespaces}/user") as file:
            kernel.setns(file.fileno(), kernel.CLONE_NEWUSER)
    node = os.open(f"{namespaces}/net", os.O_RDONLY | os.O_CLOEXEC)
    kernel.unshare(kernel.CLONE_NEWNS | kernel.CLONE_NEWUTS | kernel.CLONE_NEWIPC | kernel.CLONE_NEWNET)
    kernel.mount("", "/", flags=kernel.MS_REC | kernel.MS_PRIVATE)
    socket.sethostname(pod["hostname"])
    _plug_in(pod["ip"], pod["gateway"], node, cable="v" + pod["ip"].replace(".", "")[-12:])
    os.makedirs(f"{pod['folder']}/shm", exist_ok=True)
    for path, options in ((f"{pod['folder']}/shm", "mode=1777,size=64m"), *pod["memory_volumes"]):
        os.makedirs(path, exist_ok=True)
        kernel.mount("tmpfs", path, "tmpfs", kernel.MS_NOSUID | kernel.MS_NODEV, options)


def _plug_in(ip: str, gateway: str, node: int, *, cable: str) -> None:
    """Run a veth from this network namespace to the node's bridge and configure both ends."""
    own = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    inside = Netlink()
    inside.add_cable("eth0", cable, node)
    kernel.setns(node, kernel.CLONE_NEWNET)
    outside = Netlink()
    outside.set_up(socket.if_nametoindex(cable), master=socket.if_nametoindex("pods0"))
    kernel.setns(own, kernel.CLONE_NEWNET)
    inside.set_up(socket.if_nametoindex("lo"))
    index = socket.if_nametoindex("eth0")
    inside.add_address(index, ip, 16)
    inside.set_up(index)
    inside.add_default_route(gateway, index)
    for end in (inside, outside):
        end.close()
    for fd in (own, node):
        os.close(fd)
    try:  # user 0 of a container may bind low ports anyway; others too, as under containerd
        with open("/proc/sys/net/ipv4/ip_unprivileged_port_start", "w") as file:
            file.write("0")
    except OSError:
        pass


class Shim:
    """The loop over orders, output, children and the owner."""

    def __init__(self, pod: dict[str, Any]) -> None:
        self._pod = pod
        self._containers: dict[str, Container] = {}
        self._watchers: list[socket.socket] = []
        self._execs: dict[int, tuple[socket.socket, list[int]]] = {}  # pid -> who asked, terminal masters
        self._buffers: dict[socket.socket, bytes] = {}
        self._selector = selectors.DefaultSelector()
        self._stopping = False
        self._lost = ""

    def run(self, server: socket.socket, owner_pid: int) -> None:
        """Serve until told to stop or the owner ends."""
        wake_reader, wake_writer = os.pipe()
        os.set_blocking(wake_reader, False)
        os.set_blocking(wake_writer, False)
        signal.set_wakeup_fd(wake_writer, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        try:
            owner = os.pidfd_open(owner_pid)
        except ProcessLookupError:
            return
        self._selector.register(server, selectors.EVENT_READ, "server")
        self._selector.register(owner, selectors.EVENT_READ, "owner")
        self._selector.register(wake_reader, selectors.EVENT_READ, "child")
        while not self._stopping:
            for key, _ in self._selector.select(self._patience()):
                if key.data == "owner":
                    self._end_all(OWNER_GONE)
                    return
                if key.data == "server":
                    self._accept(server)
                elif key.data == "child":
                    os.read(wake_reader, 4096)
                    self._reap()
                elif isinstance(key.data, Container):
                    if key.data.exit_code is None and not key.data.read_output():
                        self._selector.unregister(key.fileobj)
                elif isinstance(key.fileobj, socket.socket) and key.fileobj in self._buffers:
                    self._read(key.fileobj)
            self._enforce_memory()

    def _patience(self) -> float | None:
        sampled = any(c.cgroup is None and c.memory_limit and c.exit_code is None for c in self._containers.values())
        return _MEMORY_LOOK_SECONDS if sampled else None

    def _enforce_memory(self) -> None:
        for container in self._containers.values():
            if container.memory_exceeded():
                container.out_of_memory = True
                container.signal(signal.SIGKILL)

    def _accept(self, server: socket.socket) -> None:
        connection, _ = server.accept()
        connection.settimeout(10)  # for answers; reading is done when the selector says so
        self._buffers[connection] = b""
        self._selector.register(connection, selectors.EVENT_READ, "order")

    def _drop(self, connection: socket.socket) -> None:
        self._selector.unregister(connection)
        self._buffers.pop(connection, None)
        if connection in self._watchers:
            self._watchers.remove(connection)
        connection.close()

    def _read(self, connection: socket.socket) -> None:
        try:
            data = connection.recv(1 << 20)
        except OSError:
            data = b""
        if not data:
            self._drop(connection)
            return
        *lines, self._buffers[connection] = (self._buffers[connection] + data).split(b"\n")
        for line in lines:
            self._carry_out(connection, json.loads(line))

    def _answer(self, connection: socket.socket, answer: dict[str, Any], descriptors: list[int] | None = None) -> None:
        with contextlib.suppress(OSError):  # the client has gone; its connection is dropped when it reads as closed
            send_descriptors(connection, json.dumps(answer).encode() + b"\n", descriptors or [])

    def _carry_out(self, connection: socket.socket, order: dict[str, Any]) -> None:
        kind = order.pop("do")
        try:
            if kind == "start":
                self._answer(connection, self._start(order))
            elif kind == "exec":
                self._exec(connection, order)
            elif kind == "signal":
                container = self._containers.get(order["name"])
                if container is not None:
                    container.signal(order["signal"])
                self._answer(connection, {"ok": container is not None})
            elif kind == "watch":
                self._watchers.append(connection)
                self._answer(connection, {"ok": True, "containers": [c.state for c in self._containers.values()]})
            elif kind == "stop":
                self._end_all("")
                self._answer(connection, {"ok": True})
                self._stopping = True
        except process.StartFailed as error:
            self._answer(connection, {"ok": False, "error": str(error)})
        except OSError as error:
            self._answer(connection, {"ok": False, "error": f"{error.strerror or error}"})

    def _start(self, order: dict[str, Any]) -> dict[str, Any]:
        container = Container(order, self._pod)
        self._containers[container.name] = container
        self._selector.register(container.output, selectors.EVENT_READ, container)
        self._reap()  # it may have ended while its start was still being reported
        return {"ok": True, "state": container.state}

    def _exec(self, connection: socket.socket, order: dict[str, Any]) -> None:
        container = self._containers.get(order["name"])
        if container is None or container.exit_code is not None:
            self._answer(connection, {"ok": False, "error": "container not running", "gone": True})
            return
        stdin_reader, stdin_writer = os.pipe()
        out_reader, out_writer = os.pipe()
        error_reader, error_writer = os.pipe()
        theirs, ours = [stdin_reader, out_writer, error_writer], [stdin_writer, out_reader, error_reader]
        masters: list[int] = []
        try:
            pid, masters = container.run(order, theirs)
            self._answer(connection, {"ok": True, "pid": pid}, masters or ours)
            # A copy of the terminal stays here: a client that leaves does not hang up on the program.
            self._execs[pid] = (connection, masters)
        finally:
            for fd in (*theirs, *ours):
                os.close(fd)
        self._reap()

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            exit_code = os.waitstatus_to_exitcode(status)
            self._ended(pid, exit_code if exit_code >= 0 else 128 - exit_code)

    def _ended(self, pid: int, exit_code: int) -> None:
        if pid in self._execs:
            connection, masters = self._execs.pop(pid)
            for fd in masters:
                os.close(fd)
            if connection in self._buffers:
                self._answer(connection, {"exit_code": exit_code})
            return
        for container in self._containers.values():
            if container.exit_code is None and container.pid == pid:
                self._finish(container, exit_code)

    def _finish(self, container: Container, exit_code: int) -> None:
        with contextlib.suppress(KeyError, ValueError):
            self._selector.unregister(container.output)
        container.ended(exit_code, lost=self._lost)
        for watcher in list(self._watchers):
            self._answer(watcher, {"ended": container.state})

    def _end_all(self, lost: str) -> None:
        """Kill every process of the pod and record it."""
        self._lost = lost
        for container in self._living():
            container.signal(signal.SIGKILL)
        deadline = time.monotonic() + 5
        # Every child is collected: the end of a container waits for programs started beside its first one.
        while self._living() and time.monotonic() < deadline:
            self._reap()
            time.sleep(0.005)

    def _living(self) -> list[Container]:
        return [container for container in self._containers.values() if container.exit_code is None]


def main(arguments: list[str]) -> int:
    """Make the pod and serve it; prints `ready`, or `refused <why>` and returns 3."""
    folder = arguments[0]
    with open(f"{folder}/pod.json") as file:
        pod = json.load(file)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    kernel.prctl(kernel.PR_SET_CHILD_SUBREAPER, 1)
    try:
        server = bind_in(folder, "control.sock")
        with open(f"{folder}/shim.pid", "w") as file:
            file.write(str(os.getpid()))
        if pod["isolated"]:
            enter_namespaces(pod)
    except OSError as error:
        print(f"refused {error.strerror or error}", flush=True)
        return 3
    print("ready", flush=True)
    sys.stdout.flush()
    Shim(pod).run(server, pod["owner_pid"])
    return 0
