"""A program beside a container's first one, with its terminal or pipes, as the HTTP layer and probes use it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Sequence

from console.localcluster.kubelet.lines import Lines, ShimGone
from console.localcluster.kubelet.shim.kernel import set_terminal_size

STDOUT, STDERR = 1, 2
_CHUNK = 32 * 1024
_QUIET_SECONDS = 0.1  # how long after the end a child of the program may still be printing
KILLED = 137


class ExecRefused(Exception):
    """Nothing was started. 400: before the upgrade; 500: as a Status after it (`message` is the whole text)."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


class ExecHandle:
    """One running program. Exactly one task may receive, one send."""

    def __init__(self, lines: Lines, descriptors: Sequence[int], pid: int, *, tty: bool) -> None:
        self.tty, self.pid = tty, pid
        self._lines = lines
        for fd in descriptors:
            os.set_blocking(fd, False)
        self._stdin: int | None = descriptors[0]
        self._open: dict[int, int] = (
            {descriptors[0]: STDOUT} if tty else {descriptors[1]: STDOUT, descriptors[2]: STDERR}
        )
        self._exit: asyncio.Task[int] = asyncio.create_task(self._await_exit())

    async def _await_exit(self) -> int:
        try:
            return int((await self._lines.next())["exit_code"])
        except ShimGone:
            return KILLED  # with its container

    async def exit_code(self) -> int:
        """Wait for the end. 137 when the container ended first."""
        return await asyncio.shield(self._exit)

    async def receive(self) -> tuple[int, bytes] | None:
        """Return (channel, bytes) of the next output, or None once the program has ended and all was read."""
        while self._open:
            for fd, channel in list(self._open.items()):
                data = self._read(fd)
                if data:
                    return channel, data
            if not self._open:
                break
            if self._exit.done():
                if not await self._readable(_QUIET_SECONDS):
                    break
            else:
                await self._readable(None)
        await self.exit_code()
        self.close()
        return None

    def _read(self, fd: int) -> bytes:
        try:
            data = os.read(fd, _CHUNK)
        except BlockingIOError:
            return b""
        except OSError:  # EIO: no program has the terminal open any more
            data = b""
        if not data:
            del self._open[fd]
            if fd != self._stdin:
                os.close(fd)
        return data

    async def _readable(self, seconds: float | None) -> bool:
        """Wait until there is output, the program ended, or `seconds` are over; tell whether to look again."""
        loop = asyncio.get_running_loop()
        ready: asyncio.Future[None] = loop.create_future()
        watched = list(self._open)
        for fd in watched:
            loop.add_reader(fd, _settle, ready)
        try:
            waiting: set[asyncio.Future[object]] = {ready} if self._exit.done() else {ready, self._exit}  # type: ignore[arg-type]
            done, _ = await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            return bool(done)
        finally:
            for fd in watched:
                loop.remove_reader(fd)

    async def send_stdin(self, data: bytes) -> None:
        """Write all of `data`, waiting while the program does not read; dropped once it cannot read any more."""
        loop = asyncio.get_running_loop()
        view = memoryview(data)
        while view and self._stdin is not None:
            try:
                view = view[os.write(self._stdin, view) :]
            except BlockingIOError:
                ready: asyncio.Future[None] = loop.create_future()
                fd = self._stdin
                loop.add_writer(fd, _settle, ready)
                try:
                    waiting: set[asyncio.Future[object]] = {ready, self._exit}  # type: ignore[arg-type]
                    await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    loop.remove_writer(fd)
                if self._exit.done():
                    return
            except OSError:
                return

    async def close_stdin(self) -> None:
        """End of input. A terminal has none: there a program wants ^D."""
        if self._stdin is not None and not self.tty:
            os.close(self._stdin)
            self._stdin = None

    def resize(self, cols: int, rows: int) -> None:
        """Set the terminal's size; the foreground program gets SIGWINCH. 0 x 0, and pipes, are left alone."""
        if self.tty and self._stdin is not None and cols and rows:
            with contextlib.suppress(OSError):
                set_terminal_size(self._stdin, cols, rows)

    def kill(self) -> None:
        """End the program (a probe that takes too long)."""
        if not self._exit.done():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(self.pid, signal.SIGKILL)

    def abandon(self) -> None:
        """The client left. The program goes on: on a terminal until that is full, on pipes into nothing."""
        task = asyncio.create_task(self._run_out())
        _abandoned.add(task)
        task.add_done_callback(_abandoned.discard)

    async def _run_out(self) -> None:
        try:
            await self.close_stdin()
            if not self.tty:
                while await self.receive() is not None:
                    pass
        finally:
            self.close()

    def close(self) -> None:
        """Let go of the descriptors. The program is not told."""
        for fd in {*self._open, *({self._stdin} if self._stdin is not None else ())}:
            os.close(fd)
        self._open, self._stdin = {}, None
        if not self._exit.done():
            self._exit.cancel()
        self._lines.close()


_abandoned: set[asyncio.Task[None]] = set()


def _settle(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


async def collect(handle: ExecHandle, limit_bytes: int = 16 * 1024) -> tuple[int, str]:
    """Run a program to its end and return (exit code, the first `limit_bytes` of what it printed)."""
    await handle.close_stdin()
    printed = b""
    try:
        while (output := await handle.receive()) is not None:
            if len(printed) < limit_bytes:
                printed += output[1]
        return await handle.exit_code(), printed[:limit_bytes].decode(errors="replace")
    except BaseException:
        handle.kill()
        raise
    finally:
        handle.close()
