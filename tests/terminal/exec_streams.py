"""Exec streams without a cluster: one that says what it is told to, and one that runs a real shell on a real pty."""

import asyncio
import contextlib
import fcntl
import os
import struct
import termios
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from console.cluster import Forbidden
from console.cluster.exec import ExecEnd, ExecOutput

PID_MARK = b"\x1b]1337;console-pid=77\x07"


class ScriptedShell:
    """The session's own exec: `say` and `exit` are what the program does; what it was sent is kept."""

    def __init__(self, mark: bytes = b"") -> None:
        self.typed = b""
        self.sizes: list[tuple[int, int]] = []
        self.pings = 0
        self.reads = True  # False: the program does not read its input
        self.delivered = 0  # bytes of output the relay has taken from us
        self.closed = False
        self._said: asyncio.Queue[ExecOutput | ExecEnd] = asyncio.Queue()
        self._end: ExecEnd | None = None
        self._reading = asyncio.Event()
        self.heard_at = time.monotonic()
        if mark:
            self.say(mark)

    def say(self, data: bytes) -> None:
        self._said.put_nowait(ExecOutput(1, data))

    def exit(self, code: int | None = 0, *, lost: bool = False, message: str = "") -> None:
        self._said.put_nowait(ExecEnd(code, {"message": message}, lost=lost))

    def read_again(self) -> None:
        self.reads = True
        self._reading.set()

    async def receive(self) -> ExecOutput | ExecEnd:
        if self._end is None:
            got = await self._said.get()
            self.heard_at = time.monotonic()
            if isinstance(got, ExecOutput):
                self.delivered += 0 if got.data == PID_MARK else len(got.data)
                return got
            self._end = got
        return self._end

    async def send_stdin(self, data: bytes) -> None:
        while not self.reads:
            self._reading.clear()
            await self._reading.wait()
        self.typed += data

    async def resize(self, cols: int, rows: int) -> None:
        self.sizes.append((cols, rows))

    async def ping(self) -> None:
        self.pings += 1


class ScriptedCluster:
    """`open_exec` for sessions: the first is the shell, the ones beside it end with `beside_code` at once."""

    def __init__(self, mark: bytes = PID_MARK) -> None:
        self.shell = ScriptedShell(mark)
        self.commands: list[Sequence[str]] = []
        self.beside_code: int | None = 0
        self.on_end: Callable[[], None] = lambda: self.shell.exit(129)
        self.refused = False

    @asynccontextmanager
    async def open_exec(self, *_: Any, command: Sequence[str], tty: bool, **__: Any) -> AsyncIterator[Any]:
        self.commands.append(command)
        if self.refused:
            raise Forbidden("no longer allowed")
        if tty:
            yield self.shell
            self.shell.closed = True
            return
        if "kill -HUP" in command[-1]:
            self.on_end()
        beside = ScriptedShell()
        beside.exit(self.beside_code)
        yield beside


class PtyShell(ScriptedShell):
    """A real program on a pty that stays open when we hang up, as containerd keeps it."""

    def __init__(self, process: asyncio.subprocess.Process, master: int) -> None:
        super().__init__()
        self.process, self._master = process, master

    async def receive(self) -> ExecOutput | ExecEnd:
        loop = asyncio.get_running_loop()
        readable = loop.create_future()
        loop.add_reader(self._master, lambda: readable.done() or readable.set_result(None))
        try:
            await readable
            data = os.read(self._master, 4096)
        except OSError:  # EIO: the last program has closed its side
            data = b""
        finally:
            loop.remove_reader(self._master)
        if data:
            return ExecOutput(1, data)
        return ExecEnd(_exit_code(await self.process.wait()), None)

    async def send_stdin(self, data: bytes) -> None:
        os.write(self._master, data)

    async def resize(self, cols: int, rows: int) -> None:
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, cols, 0, 0))


class PtyCluster:
    def __init__(self) -> None:
        self.processes: list[asyncio.subprocess.Process] = []
        self._masters: list[int] = []

    @asynccontextmanager
    async def open_exec(self, *_: Any, command: Sequence[str], tty: bool, **__: Any) -> AsyncIterator[Any]:
        if not tty:
            process = await asyncio.create_subprocess_exec(*command)
            code = await process.wait()
            beside = ScriptedShell()
            beside.exit(code)
            yield beside
            return
        master, slave = os.openpty()
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
            env={"PATH": os.environ["PATH"], "HOME": "/nonexistent", "PS1": "$ "},
        )
        os.close(slave)
        os.set_blocking(master, False)
        self.processes.append(process)
        self._masters.append(master)
        yield PtyShell(process, master)

    async def clean_up(self) -> None:
        for process in self.processes:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, 9)
            await process.wait()
        for master in self._masters:
            os.close(master)


def _exit_code(code: int) -> int:
    return code if code >= 0 else 128 - code
