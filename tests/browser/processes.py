"""The processes of a running console: found, stopped, killed; and what is left of them."""

import os
import signal
import socket
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.browser.console_process import Console

RESTARTED_SECONDS = 30


def process_of(console: Console, name: str) -> int:
    """The process id of a service by its name in console.supervisor: the one whose errors go to its log.

    Raises LookupError when it does not run.
    """
    log = str(console.state / "logs" / f"{name}.log")
    for pid in _children(console.pid):
        try:
            if os.readlink(f"/proc/{pid}/fd/2") == log:
                return pid
        except OSError:
            continue
    raise LookupError(f"no {name} runs")


def kill(console: Console, name: str) -> None:
    """SIGKILL; returns when the supervisor has started it again."""
    before = process_of(console, name)
    os.kill(before, signal.SIGKILL)
    deadline = time.monotonic() + RESTARTED_SECONDS
    while time.monotonic() < deadline:
        try:
            if process_of(console, name) != before:
                return
        except LookupError:
            pass
        time.sleep(0.05)
    raise AssertionError(f"{name} was not started again")


@contextmanager
def hung(console: Console, name: str) -> Iterator[None]:
    """The service neither answers nor ends."""
    pid = process_of(console, name)
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


@contextmanager
def gone(console: Console, name: str) -> Iterator[None]:
    """The service was killed, and is not started again before the end of the block."""
    os.kill(console.pid, signal.SIGSTOP)
    try:
        os.kill(process_of(console, name), signal.SIGKILL)
        yield
    finally:
        os.kill(console.pid, signal.SIGCONT)


def processes_with(state: Path) -> list[int]:
    """Every process of the state folder, pods' among them: by its environment, files and mounts."""
    return [pid for pid in map(int, filter(str.isdigit, os.listdir("/proc"))) if _belongs(pid, str(state))]


def mounts_with(state: Path) -> list[str]:
    return [line for line in Path("/proc/self/mountinfo").read_text().splitlines() if str(state) in line]


def networks_of(pids: Iterable[int]) -> set[str]:
    """The network namespaces that these processes are in."""
    held = set()
    for pid in pids:
        try:
            held.add(os.readlink(f"/proc/{pid}/ns/net"))
        except OSError:
            continue
    return held


def is_free(port: int) -> bool:
    """Whether somebody could listen there now. Connections that are just closing do not count."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _belongs(pid: int, state: str) -> bool:
    try:
        told = Path(f"/proc/{pid}/environ").read_bytes() + Path(f"/proc/{pid}/cmdline").read_bytes()
        opened = [os.readlink(entry) for entry in Path(f"/proc/{pid}/fd").iterdir()]
        inside = Path(f"/proc/{pid}/mountinfo").read_text()
    except OSError:
        return False
    return pid != os.getpid() and (state.encode() in told or any(state in path for path in opened) or state in inside)
