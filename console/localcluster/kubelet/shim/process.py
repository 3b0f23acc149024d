"""Starts a program in a container: its first one, or one more beside it.

Two forks: the first child enters the container's namespaces and control groups and forks the program, which the shim
then adopts (it is a child subreaper); a namespace of process ids can only be entered by being born into it, and an
unprivileged shim could not find the way back to its own.
"""

import errno
import fcntl  # not later: inside the container's root there may be no standard library to import from
import json
import os
import signal
import socket
import termios
from collections.abc import Callable
from typing import Any, NoReturn

from . import kernel
from .wire import receive_descriptors, send_descriptors


class StartFailed(Exception):
    """The program could not be started; the text is fit for a container's status."""


def _find(program: str, path: str) -> str:
    """Return the file to execute. Raises StartFailed in the words of runc."""
    candidates = [program] if "/" in program else [f"{folder or '.'}/{program}" for folder in path.split(":")]
    for candidate in candidates:
        if os.path.isfile(candidate) and os.access(candidate, os.X_OK):
            return candidate
    quoted = f'exec: "{program}"'
    if "/" not in program:
        raise StartFailed(f"{quoted}: executable file not found in $PATH")
    if not os.path.exists(program):
        raise StartFailed(f"{quoted}: stat {program}: no such file or directory")
    raise StartFailed(f"{quoted}: {'is a directory' if os.path.isdir(program) else 'permission denied'}")


def _become(plan: dict[str, Any]) -> NoReturn:
    """Turn this process, already in place, into the program of `plan`. Raises StartFailed or OSError."""
    cwd = plan.get("cwd") or "/"
    try:
        os.makedirs(cwd, exist_ok=True)
        os.chdir(cwd)
    except OSError as error:
        raise StartFailed(f"mkdir {cwd}: {error.strerror}") from error
    if plan["isolated"]:
        kernel.drop_capabilities(kernel.CONTAINER_CAPABILITIES)
    uid, gid = plan.get("uid", 0), plan.get("gid", 0)
    if plan["isolated"] and not plan["user_namespace"]:
        os.setgroups(plan.get("groups", []))
        os.setgid(gid)
        os.setuid(uid)
    elif plan["isolated"] and uid:
        raise StartFailed(f"user {uid} is not available: without root, containers run as user 0 of a user namespace")
    if plan.get("no_new_privileges"):
        kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
    os.umask(0o022)
    # Whoever started the cluster under nohup or in the background ignores HUP, INT and QUIT; containers must not.
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, set())
    argv = plan["argv"]
    file = _find(argv[0], plan["env"].get("PATH", os.defpath))
    # The death signal is reset by a change of user: so only now. It goes off if the shim itself is killed.
    kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
    try:
        os.execve(file, argv, plan["env"])  # noqa: S606
    except ValueError as error:
        raise StartFailed(f'exec: "{argv[0]}": invalid argument') from error
    except OSError as error:
        if error.errno == errno.ENOEXEC:
            raise StartFailed(f'exec: "{argv[0]}": exec format error') from error
        raise


def _attach(plan: dict[str, Any], stdio: list[int], report: socket.socket) -> None:
    """Take over the descriptors; with `tty`, make a terminal inside the container and hand its master up."""
    os.setsid()
    if plan.get("tty"):
        master, slave = os.openpty()
        if plan.get("cols") and plan.get("rows"):
            kernel.set_terminal_size(master, plan["cols"], plan["rows"])
        fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
        if plan["isolated"] and plan.get("uid"):
            os.fchown(slave, plan["uid"], -1)
        send_descriptors(report, b"T", [master])
        os.close(master)
        stdio = [slave, slave, slave]
    for number, fd in enumerate(stdio):
        os.dup2(fd, number, inheritable=True)


def _fail(report: socket.socket, error: BaseException) -> NoReturn:
    text = str(error) if isinstance(error, StartFailed) else f"{getattr(error, 'strerror', None) or error}"
    try:
        report.sendall(b"E" + json.dumps(text).encode())
    finally:
        os._exit(128)


def spawn(
    plan: dict[str, Any],
    *,
    enter: Callable[[], None],
    inside: Callable[[], None],
    groups: list[int],
    stdio: list[int],
) -> tuple[int, list[int]]:
    """Start `plan` and return (process id as seen by the shim, [terminal master] or []).

    `enter` runs in the intermediate child (namespaces of processes), `inside` in the program's own process (mounts).
    Raises StartFailed when the program could not be started.
    """
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours:
        middle = os.fork()
        if middle == 0:
            ours.close()
            _be_the_middle(plan, theirs, enter, inside, groups, stdio)
        theirs.close()
        os.waitpid(middle, 0)
        # Reaped, so the program is the shim's own child by now; it waits for this word before it ties its life to ours.
        return _await_start(ours)


def _be_the_middle(
    plan: dict[str, Any],
    report: socket.socket,
    enter: Callable[[], None],
    inside: Callable[[], None],
    groups: list[int],
    stdio: list[int],
) -> NoReturn:
    try:
        for fd in groups:
            os.write(fd, b"0")
        enter()
        child = os.fork()
    except BaseException as error:
        _fail(report, error)
    if child:
        report.send(b"P%d" % child)
        os._exit(0)
    try:
        if report.recv(1) != b"g":
            os._exit(128)
        inside()
        _attach(plan, stdio, report)
        _become(plan)
    except BaseException as error:
        _fail(report, error)


def _await_start(report: socket.socket) -> tuple[int, list[int]]:
    pid, masters = 0, []
    while True:
        data, descriptors = receive_descriptors(report)
        if data[:1] == b"P":
            pid = int(data[1:])
            report.send(b"g")
        elif data[:1] == b"T":
            masters.extend(descriptors)
        elif data[:1] == b"E":
            for fd in masters:
                os.close(fd)
            if pid:
                os.waitpid(pid, 0)
            raise StartFailed(json.loads(data[1:]))
        elif not data:
            return pid, masters  # closed by exec: it runs
