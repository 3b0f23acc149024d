"""One run of one container inside the shim: its process, output, limits, and the file that remembers how it went."""

import contextlib
import json
import os
import select
import signal
import time
from typing import Any

from . import cgroups, kernel, process, rootfs
from .logfile import LogFile

_MARK = "TRAINYARD_RUN"  # in the environment of every process of a run that has no namespaces


class Container:
    """Started by the constructor. Raises StartFailed, after which nothing is left of it."""

    def __init__(self, order: dict[str, Any], pod: dict[str, Any]) -> None:
        self.name, self.attempt = str(order["name"]), int(order["attempt"])
        self.isolated: bool = pod["isolated"]
        self.order, self.pod = order, pod
        self.folder = f"{pod['folder']}/containers/{self.name}"
        self._mark = f"{pod['uid']}/{self.name}/{self.attempt}"
        self.exit_code: int | None = None
        self.out_of_memory = False
        self.memory_limit: int | None = order.get("memory_bytes")
        self.cgroup = cgroups.create(
            f"trainyard-{pod['uid'][:13]}-{self.name[:40]}-{self.attempt}",
            memory_bytes=self.memory_limit,
            cpu_millicores=order.get("cpu_millicores"),
        )
        self.output, theirs = os.pipe()
        self.log = LogFile(f"{self.folder}/log", self.attempt, **order.get("log_options", {}))
        try:
            self.pid = self._start(theirs)
        except (process.StartFailed, OSError):
            os.close(self.output)
            self.log.close()
            self._remove_cgroup()
            raise
        finally:
            os.close(theirs)
        os.set_blocking(self.output, False)
        self.namespaces = self._open_namespaces()
        self.state: dict[str, Any] = {
            "name": self.name,
            "attempt": self.attempt,
            "pid": self.pid,
            "started_at": time.time(),
            "cgroup": {} if self.cgroup is None else self.cgroup.folders,
        }
        self._save()

    def _start(self, output: int) -> int:
        order, pod = self.order, self.pod
        plan = self._plan(order)
        groups = [] if self.cgroup is None else self.cgroup.process_files()
        null = os.open("/dev/null", os.O_RDWR | os.O_CLOEXEC)

        def enter() -> None:
            if self.isolated:
                kernel.unshare(kernel.CLONE_NEWPID)

        def inside() -> None:
            if self.isolated:
                root, shm = f"{self.folder}/root", f"{pod['folder']}/shm"
                rootfs.build(root, order["layers"], order["mounts"], shm=shm, user_namespace=pod["user_namespace"])

        try:
            pid, masters = process.spawn(plan, enter=enter, inside=inside, groups=groups, stdio=[null, output, output])
        finally:
            for fd in (null, *groups):
                os.close(fd)
        for fd in masters:  # a container with `tty: true`: its output is what the terminal shows
            os.dup2(fd, self.output, inheritable=False)
            os.close(fd)
        return pid

    def _open_namespaces(self) -> list[int]:
        """Hold the container's namespaces open, so that a second program enters this run and no other."""
        if not self.isolated:
            return []
        try:
            return [os.open(f"/proc/{self.pid}/ns/{kind}", os.O_RDONLY | os.O_CLOEXEC) for kind in ("pid", "mnt")]
        except OSError:
            return []  # it has ended already

    def run(self, order: dict[str, Any], stdio: list[int]) -> tuple[int, list[int]]:
        """Start one more program beside the first, as `spawn` does. Raises StartFailed."""
        plan = self._plan({**order, "env": {**self.order["env"], **order["env"]}})
        for key in ("uid", "gid", "groups", "no_new_privileges", "cwd"):
            plan.setdefault(key, self.order.get(key) or (0 if key != "groups" else []))
        groups = [] if self.cgroup is None else self.cgroup.process_files()

        def enter() -> None:
            if self.namespaces:
                kernel.setns(self.namespaces[0])

        def inside() -> None:
            if self.namespaces:
                kernel.setns(self.namespaces[1])

        try:
            return process.spawn(plan, enter=enter, inside=inside, groups=groups, stdio=stdio)
        finally:
            for fd in groups:
                os.close(fd)

    def read_output(self) -> bool:
        """Move what the program printed into the log; False at its end."""
        try:
            data = os.read(self.output, 65536)
        except BlockingIOError:
            return True
        except OSError:  # a terminal whose programs are gone
            return False
        if data:
            self.log.write(data)
        return bool(data)

    def signal(self, number: int) -> None:
        """Signal the first process; 9 ends everything in the container."""
        if self.exit_code is not None:
            return
        try:
            os.kill(self.pid, number)
            if number == signal.SIGKILL:
                self._kill_the_rest()
        except ProcessLookupError:
            pass

    def _kill_the_rest(self) -> None:
        """Without a namespace whose end the kernel brings about: kill whatever carries this run's mark."""
        if self.isolated:
            return
        mark = f"{_MARK}={self._mark}".encode()
        for entry in os.listdir("/proc"):
            if entry.isdigit() and int(entry) != os.getpid():
                with contextlib.suppress(OSError):
                    with open(f"/proc/{entry}/environ", "rb") as file:
                        marked = mark in file.read().split(b"\0")
                    if marked:
                        os.kill(int(entry), signal.SIGKILL)

    def _plan(self, order: dict[str, Any]) -> dict[str, Any]:
        environment = order["env"] if self.isolated else {**order["env"], _MARK: self._mark}
        return {
            **order,
            "env": environment,
            "isolated": self.isolated,
            "user_namespace": self.pod["user_namespace"],
        }

    def memory_exceeded(self) -> bool:
        """Where no control group limits it: tell whether the processes together hold more than the limit."""
        if self.cgroup is not None or self.memory_limit is None or self.exit_code is not None:
            return False
        return sum(_resident_bytes(pid) for pid in (self.pid, *descendants(self.pid))) > self.memory_limit

    def ended(self, exit_code: int, *, lost: str = "") -> None:
        """Record the end. `lost` says why, when nobody asked for it."""
        self._kill_the_rest()
        while self.read_output() and self._more():
            pass
        os.close(self.output)
        self.log.close()
        self.exit_code = exit_code
        self.out_of_memory = self.out_of_memory or (self.cgroup is not None and self.cgroup.killed_for_memory())
        self.state.update(
            finished_at=time.time(), exit_code=exit_code, out_of_memory=self.out_of_memory, lost=lost, pid=0
        )
        for fd in self.namespaces:
            os.close(fd)
        self.namespaces = []
        self._remove_cgroup()
        self._save()

    def _more(self) -> bool:
        return bool(select.select([self.output], [], [], 0)[0])

    def _remove_cgroup(self) -> None:
        if self.cgroup is not None:
            self.cgroup.remove()

    def _save(self) -> None:
        path = f"{self.folder}/{self.attempt}.json"
        with open(f"{path}.new", "w") as file:
            json.dump(self.state, file)
        os.replace(f"{path}.new", path)


def _resident_bytes(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/statm") as file:
            fields = file.read().split()
    except OSError:
        return 0
    return (int(fields[1]) - int(fields[2])) * os.sysconf("SC_PAGE_SIZE")


def descendants(pid: int) -> list[int]:
    """Return the living processes below `pid`, nearest first."""
    found: list[int] = []
    waiting = [pid]
    while waiting:
        parent = waiting.pop()
        try:
            with open(f"/proc/{parent}/task/{parent}/children") as file:
                children = [int(word) for word in file.read().split()]
        except OSError:
            continue
        found.extend(children)
        waiting.extend(children)
    return found
