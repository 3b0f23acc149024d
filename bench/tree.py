"""How long `make run` takes to its first page when everything is installed, and how much memory the tree holds."""

import os
import signal
import subprocess
import time
from pathlib import Path

import httpx

from tests.browser.console_process import ROOT, free_port

SETTLE_SECONDS = 20


def processes_under(pid: int) -> list[int]:
    """The process and all its descendants, as /proc tells now."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except (OSError, IndexError):
                continue
            children.setdefault(parent, []).append(int(entry.name))
    found, waiting = [], [pid]
    while waiting:
        found.append(waiting.pop())
        waiting += children.get(found[-1], [])
    return found


def pss_mib(pid: int) -> float:
    """Proportional set size: shared pages are divided among those who share them."""
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    except OSError:
        return 0
    return 0


def in_the_console(pid: int) -> bool:
    """Whether the process is ours: those in a pod's own process namespace are the pod's."""
    try:
        return os.readlink(f"/proc/{pid}/ns/pid") == os.readlink("/proc/self/ns/pid")
    except OSError:
        return False


class MakeRun:
    """`make run` in a state folder of its own."""

    def __init__(self, state: Path) -> None:
        self.port = free_port()
        environment = {k: v for k, v in os.environ.items() if k != "DJANGO_SETTINGS_MODULE"}
        environment["TRAINYARD_STATE"] = str(state)
        self._started = time.perf_counter()
        self.process = subprocess.Popen(
            ["make", "run", f"PORT={self.port}"], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL
        )

    def seconds_to_first_page(self) -> float:
        while time.perf_counter() - self._started < 120:
            try:
                if httpx.get(f"http://127.0.0.1:{self.port}/sign-in/", timeout=5).status_code == 200:
                    return time.perf_counter() - self._started
            except httpx.TransportError:
                time.sleep(0.01)
        raise RuntimeError("make run showed no page in 120 s")

    def settle(self, seconds: float) -> None:
        """Let first requests, lists and the seeded task's start pass."""
        time.sleep(seconds)

    def memory_mib(self) -> dict[str, float]:
        """PSS of each process of the tree but the pods', by its id and command."""
        found = {}
        for pid in processes_under(self.process.pid):
            if in_the_console(pid):
                command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()[:60]
                found[f"{pid} {command}"] = pss_mib(pid)
        return found

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=30)
