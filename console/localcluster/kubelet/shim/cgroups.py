"""Limits and figures of one container by control groups, version 1 or 2, where this user may write them."""

import os
import time
from dataclasses import dataclass

_V1_CONTROLLERS = ("memory", "cpu", "cpuacct")
_CPU_PERIOD_MICROSECONDS = 100_000


def _write(path: str, text: str) -> None:
    fd = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(fd, text.encode())
    finally:
        os.close(fd)


def _read(path: str) -> str:
    with open(path) as file:
        return file.read()


def _own_v1_path(controller: str) -> str:
    for line in _read("/proc/self/cgroup").splitlines():
        _, names, path = line.split(":", 2)
        if controller in names.split(","):
            return path
    return "/"


@dataclass(frozen=True, slots=True)
class Cgroup:
    """Folders of one container's group: {"memory": …, "cpu": …, "cpuacct": …}, all the same one in version 2."""

    folders: dict[str, str]
    version: int

    def process_files(self) -> list[int]:
        """Return descriptors; writing `0` to each moves the writer into the group."""
        paths = {f"{folder}/cgroup.procs" for folder in self.folders.values()}
        return [os.open(path, os.O_WRONLY | os.O_CLOEXEC) for path in sorted(paths)]

    def killed_for_memory(self) -> bool:
        """Tell whether the kernel killed a process of the group for its memory limit."""
        folder = self.folders.get("memory")
        if folder is None:
            return False
        name = "memory.oom_control" if self.version == 1 else "memory.events"
        try:
            pairs = dict(line.split() for line in _read(f"{folder}/{name}").splitlines())
        except OSError:
            return False
        return int(pairs.get("oom_kill", "0")) > 0

    def remove(self) -> None:
        """Remove the group once its processes are gone; the kernel may need a moment for that."""
        for folder in set(self.folders.values()):
            for _ in range(50):
                try:
                    os.rmdir(folder)
                except FileNotFoundError:
                    break
                except OSError:
                    time.sleep(0.01)
                else:
                    break


def create(name: str, *, memory_bytes: int | None, cpu_millicores: int | None) -> Cgroup | None:
    """Return a new group with the limits, or None where groups cannot be written."""
    try:
        if os.path.exists("/sys/fs/cgroup/cgroup.controllers"):
            return _create_v2(name, memory_bytes, cpu_millicores)
        return _create_v1(name, memory_bytes, cpu_millicores)
    except OSError:
        return None


def _create_v1(name: str, memory_bytes: int | None, cpu_millicores: int | None) -> Cgroup | None:
    folders: dict[str, str] = {}
    for controller in _V1_CONTROLLERS:
        base = f"/sys/fs/cgroup/{controller}{_own_v1_path(controller)}".rstrip("/")
        if os.access(base, os.W_OK):
            folders[controller] = f"{base}/{name}"
            os.makedirs(folders[controller], exist_ok=True)
    if "memory" not in folders:
        return None
    if memory_bytes is not None:
        _write(f"{folders['memory']}/memory.limit_in_bytes", str(memory_bytes))
    if cpu_millicores is not None and "cpu" in folders:
        _write(f"{folders['cpu']}/cpu.cfs_period_us", str(_CPU_PERIOD_MICROSECONDS))
        _write(f"{folders['cpu']}/cpu.cfs_quota_us", str(max(1000, cpu_millicores * _CPU_PERIOD_MICROSECONDS // 1000)))
    return Cgroup(folders, 1)


def _create_v2(name: str, memory_bytes: int | None, cpu_millicores: int | None) -> Cgroup | None:
    base = "/sys/fs/cgroup"
    if "memory" not in _read(f"{base}/cgroup.subtree_control").split():
        return None
    folder = f"{base}/{name}"
    os.makedirs(folder, exist_ok=True)
    if memory_bytes is not None:
        _write(f"{folder}/memory.max", str(memory_bytes))
        for file, text in (("memory.swap.max", "0"), ("memory.oom.group", "1")):
            if os.path.exists(f"{folder}/{file}"):
                _write(f"{folder}/{file}", text)
    if cpu_millicores is not None and os.path.exists(f"{folder}/cpu.max"):
        quota = max(1000, cpu_millicores * _CPU_PERIOD_MICROSECONDS // 1000)
        _write(f"{folder}/cpu.max", f"{quota} {_CPU_PERIOD_MICROSECONDS}")
    return Cgroup(dict.fromkeys(_V1_CONTROLLERS, folder), 2)
