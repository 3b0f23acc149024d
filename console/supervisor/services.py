"""What runs, and how one of them is started."""

import ctypes
import os
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

PR_SET_PDEATHSIG = 1  # prctl(2)
_libc = ctypes.CDLL(None, use_errno=True)


class ServiceFailed(Exception):
    """A service did not come up; the message is for the person at the keyboard."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One process of the tree.

    `command` is a program to execute. `call` instead is a function to run in a fork of the supervisor: it finds
    Django imported already, starts at once and shares the memory of what never changes.
    """

    name: str
    command: Sequence[str] = ()
    call: Callable[[], object] | None = None
    environment: dict[str, str] = field(default_factory=dict)
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 8


def start(service: Service, *, log: Path, supervisor_pid: int, ready_fd: int = -1) -> int:
    """Start the service and return its process id. Its output goes to `log`, its stdout to `ready_fd` if given."""
    pid = os.fork()
    if pid:
        return pid
    try:
        _become(service, log, supervisor_pid, ready_fd)
    except BaseException as error:  # noqa: BLE001  (nothing may unwind into the supervisor's own stack)
        print(f"{service.name}: {error!r}", file=sys.stderr, flush=True)
    os._exit(1)


def _become(service: Service, log: Path, supervisor_pid: int, ready_fd: int) -> NoReturn:
    _die_with(supervisor_pid)
    os.setsid()  # a Ctrl-C in the terminal is the supervisor's to hand on, in order
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(ready_fd if ready_fd >= 0 else out, 1)
    os.dup2(out, 2)
    os.environ.update(service.environment)
    if service.call is None:
        os.execvp(service.command[0], list(service.command))  # noqa: S606  (no shell is the point)
    service.call()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def _die_with(supervisor_pid: int) -> None:
    """Be killed when the supervisor is gone, however it went; Linux keeps this across exec."""
    signal_at_parents_death(signal.SIGKILL)
    if os.getppid() != supervisor_pid:  # it went between fork and prctl
        os._exit(1)


def signal_at_parents_death(number: signal.Signals) -> None:
    """Have the kernel send this process `number` when its parent is gone, however it went (prctl(2))."""
    _libc.prctl(PR_SET_PDEATHSIG, number)
