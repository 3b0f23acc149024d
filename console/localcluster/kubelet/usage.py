"""CPU and memory of containers for metrics.k8s.io: a figure a window, from control groups or from the processes."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass

from console.localcluster.kubelet.sandbox import Run
from console.localcluster.kubelet.shim.container import descendants

WINDOW_SECONDS = 15.0
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Reading:
    """Counters at one moment: CPU since the start in nanoseconds, memory now."""

    at: float
    cpu_nanoseconds: int
    memory_bytes: int


@dataclass(frozen=True, slots=True)
class Figures:
    """What a window showed."""

    at: float
    window_seconds: float
    cpu_nanocores: int
    memory_bytes: int


def _number(path: str) -> int:
    with open(path) as file:
        return int(file.read())


def _pairs(path: str) -> dict[str, int]:
    with open(path) as file:
        return {key: int(value) for key, value in (line.split() for line in file)}


def read(run: Run) -> Reading | None:
    """Read a running container's counters; None when it has just ended."""
    try:
        if run.cgroup:
            return Reading(time.time(), *_from_cgroup(run.cgroup))
        return Reading(time.time(), *_from_processes(run.pid))
    except (OSError, ValueError, IndexError):
        return None


def _from_cgroup(folders: dict[str, str]) -> tuple[int, int]:
    memory = folders["memory"]
    if os.path.exists(f"{memory}/memory.usage_in_bytes"):
        # The working set, as cAdvisor computes it: usage without the file pages that can be dropped at once.
        used = _number(f"{memory}/memory.usage_in_bytes")
        inactive = _pairs(f"{memory}/memory.stat").get("total_inactive_file", 0)
        cpu = _number(f"{folders['cpuacct']}/cpuacct.usage") if "cpuacct" in folders else 0
        return cpu, max(used - inactive, 0)
    used = _number(f"{memory}/memory.current")
    inactive = _pairs(f"{memory}/memory.stat").get("inactive_file", 0)
    return _pairs(f"{memory}/cpu.stat")["usage_usec"] * 1000, max(used - inactive, 0)


def _from_processes(pid: int) -> tuple[int, int]:
    """Sum over the living processes; children that ended count where their parent has waited for them."""
    ticks = pages = 0
    for number in (pid, *descendants(pid)):
        try:
            with open(f"/proc/{number}/stat") as file:
                fields = file.read().rpartition(")")[2].split()
            with open(f"/proc/{number}/statm") as file:
                memory = file.read().split()
        except OSError:
            continue
        ticks += sum(int(fields[index]) for index in (11, 12, 13, 14))  # utime, stime, and those of waited-for children
        pages += int(memory[1]) - int(memory[2])
    return ticks * 1_000_000_000 // _TICKS, pages * _PAGE


class UsageBook:
    """Remembers each run's last reading and figures. A run that ended is forgotten at the next look."""

    def __init__(self) -> None:
        self._readings: dict[tuple[str, str, int], Reading] = {}
        self.figures: dict[tuple[str, str], Figures] = {}  # (pod uid, container)

    def look(self, running: list[tuple[str, Run]]) -> None:
        """Take one reading of every running container: [(pod uid, run), …]."""
        readings: dict[tuple[str, str, int], Reading] = {}
        figures: dict[tuple[str, str], Figures] = {}
        for uid, run in running:
            now = read(run)
            if now is None:
                continue
            key = (uid, run.name, run.attempt)
            readings[key] = now
            before = self._readings.get(key)
            if before is not None and now.at > before.at:
                window = now.at - before.at
                cores = max(0, int((now.cpu_nanoseconds - before.cpu_nanoseconds) / window))
                figures[(uid, run.name)] = Figures(now.at, window, cores, now.memory_bytes)
        self._readings, self.figures = readings, figures


class MachineUsage:
    """The same for the whole machine, from /proc."""

    def __init__(self) -> None:
        self._before: Reading | None = None
        self.figures: Figures | None = None

    def look(self) -> None:
        with open("/proc/stat") as file:
            fields = [int(word) for word in file.readline().split()[1:9]]
        busy = sum(fields) - fields[3] - fields[4]  # all but idle and iowait
        with open("/proc/meminfo") as file:
            memory = {line.split(":")[0]: int(line.split()[1]) * 1024 for line in file}
        now = Reading(time.time(), busy * 1_000_000_000 // _TICKS, memory["MemTotal"] - memory["MemAvailable"])
        if self._before is not None and now.at > self._before.at:
            window = now.at - self._before.at
            cores = int((now.cpu_nanoseconds - self._before.cpu_nanoseconds) / window)
            self.figures = Figures(now.at, window, max(0, cores), now.memory_bytes)
        self._before = now
