"""One shell in a container, and the one browser page that shows it. The shell outlives a dropped connection."""

import asyncio
import contextlib
import secrets
import time
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from dataclasses import dataclass
from typing import Any

from django.db import DatabaseError

from console.cluster import ClusterError
from console.cluster.exec import ExecEnd, ExecStream
from terminal import ending as endings
from terminal import protocol
from terminal.access import Refused, Target
from terminal.ending import CloseCode, Ending
from terminal.flow import AHEAD_BYTES, OutputFlow
from terminal.logins import logins
from terminal.protocol import Attach, Hello, Limits
from terminal.screen import Screen, dismiss
from terminal.shell import PidMark, ShellProcess, command_to_start
from terminal.stdin import SIGNAL_KEYS, StdinQueue
from terminal.timing import Timing
from terminal.upkeep import Upkeep

DRAIN_BYTES_PER_SECOND = 4 * 1024 * 1024  # of a program that nobody watches: it runs on, but may not cost a core
_DRAIN_STEP_BYTES = 256 * 1024
_SKIP_BYTES = 32 * 1024 * 1024  # ^C gives up at most this much output

_TAKEN_OVER = Ending(reason="taken-over", close_code=CloseCode.TAKEN_OVER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """What a session needs of the cluster and the database."""

    open_exec: Callable[..., AbstractAsyncContextManager[ExecStream]]
    recheck: Callable[[Target], Awaitable[Ending | None]]
    container_of: Callable[[Target], Awaitable[dict[str, Any] | None]]
    login_gone: Callable[[Callable[[], str]], AbstractContextManager[asyncio.Event]] = logins.watched


class Session:
    def __init__(self, target: Target, *, cols: int, rows: int, cluster: Cluster, timing: Timing) -> None:
        self.id = secrets.token_urlsafe(18)
        self.target = target
        self.timing = timing
        self.cluster = cluster
        self.flow = OutputFlow()
        self.stdin = StdinQueue()
        self.ending: Ending | None = None  # set once the shell is gone
        self.shell: ShellProcess | None = None
        self.input_allowed = True  # False while nobody can say whether the right still holds
        self.opened_at = self.typed_at = time.time()
        self.said_at = self.resumed_at = time.monotonic()  # last output; since when the shell's output is being read
        self.paused = False
        self.unanswered_bytes = 0  # typed since the last output
        self.pasted_bytes = 0  # in all: how much of it was read nobody can say
        self._size = (cols, rows)
        self._mark = PidMark()
        self._screen: Screen | None = None
        self._newest: Screen | None = None  # the last that asked to be shown the shell
        self._drawing: asyncio.Task[None] | None = None
        self._leaving: asyncio.TimerHandle | None = None
        self._outbox: deque[bytes] = deque()  # frames that go before any more output
        self._wake = asyncio.Event()  # the drawing task has something to look at
        self._moved = asyncio.Event()  # the browser took or acked something, came or went
        self._ready = asyncio.Event()  # the shell runs
        self._resized = asyncio.Event()
        self._asked: asyncio.Future[Ending] = asyncio.get_running_loop().create_future()
        self._beside: set[asyncio.Task[None]] = set()
        self._unacking = self._skipping = False
        self._drained_bytes = 0

    @property
    def ends_at(self) -> float:
        """Unix time: never past the login."""
        return min(self.opened_at + self.timing.longest, self.target.login_ends_at.timestamp())

    async def attach(self, screen: Screen, wanted: Attach, *, resumed: bool) -> None:
        """Show the shell on `screen` from now on, and no longer where it was shown before.

        Of several that ask at once, the last is shown it. Raises OSError for a screen that is gone by now.
        """
        self._stay()
        self._newest = screen
        old, drawing = self._screen, self._drawing
        self._screen = None
        if drawing is not None:
            drawing.cancel()
        try:
            if old is not None:
                await dismiss(old, _TAKEN_OVER)
            reset = await self._greet(screen, wanted, resumed=resumed)
        except BaseException:
            if self._newest is screen:
                self._leave_in(self.timing.grace)
            raise
        if self._newest is not screen:
            return await dismiss(screen, _TAKEN_OVER)
        self._screen = screen
        self._drawing = asyncio.create_task(self._draw(screen))
        self._moved.set()
        if resumed and reset:  # another size for a moment, so that a full-screen program draws itself again
            self.resize(wanted.cols, max(1, wanted.rows - 1))
            self._do_beside(self._resize_soon(wanted.cols, wanted.rows))
        else:
            self.resize(wanted.cols, wanted.rows)
        return None

    async def _greet(self, screen: Screen, wanted: Attach, *, resumed: bool) -> bool:
        """Say where the output goes on; whether it has to start anew."""
        base, reset = self.flow.attach(wanted.have_offset)
        self._outbox.clear()
        self._unacking = False
        greeting = Hello(
            session=self.id,
            base_offset=base,
            replay_until=self.flow.scrollback.end,
            window=self.flow.window,
            resumed=resumed,
            started=self._ready.is_set(),
            reset=reset,
            limits=Limits(idle_seconds=int(self.timing.idle), ends_at=self.ends_at),
            stdin_offset=self.stdin.taken + self.stdin.size,
        )
        await screen.send(protocol.hello(greeting))
        return reset

    def detach(self, screen: Screen, *, for_good: bool) -> None:
        """The socket is closed. The shell waits for the page to return, briefly when it said goodbye."""
        if self._screen is not screen:
            return
        self._screen = None
        if self._drawing is not None:
            self._drawing.cancel()
        self._moved.set()
        self._leave_in(self.timing.reload_grace if for_good else self.timing.grace)

    def _leave_in(self, seconds: float) -> None:
        self._stay()
        self._leaving = asyncio.get_running_loop().call_later(seconds, self.end, endings.LEFT)

    def _stay(self) -> None:
        if self._leaving is not None:
            self._leaving.cancel()
            self._leaving = None

    @property
    def attached(self) -> bool:
        return self._screen is not None

    async def type(self, data: bytes) -> None:
        """Input, in order. Waits while 64 KiB are queued, and then nothing more is read from this browser."""
        if not self.input_allowed or self.ending is not None or not data:
            return
        self.typed_at = time.time()
        if data in SIGNAL_KEYS:
            self._interrupt(data)
        if await self.stdin.put(data):
            self.tell("input-dropped")

    def resize(self, cols: int, rows: int) -> None:
        self._size = (cols, rows)
        self._resized.set()

    def ack(self, offset: int) -> None:
        if self.flow.ack(offset):
            self._unacking = False
            self._moved.set()
            self._wake.set()

    def tell(self, code: str, **details: int | float | str) -> None:
        """A notice, before any more output."""
        if self._screen is not None:
            self._outbox.append(protocol.notice(code, **details))
            self._wake.set()

    def doubt(self, unsure: bool) -> None:
        """Nobody can say whether the right still holds: no input meanwhile; the picture stays."""
        self.input_allowed = not unsure
        self.tell("unverified" if unsure else "verified")

    def end(self, why: Ending) -> None:
        """End the shell. Returns at once; `run` does it."""
        if not self._asked.done():
            self._asked.set_result(why)

    async def run(self) -> None:
        """From the start of the shell to its end and the last frame to the browser."""
        command = command_to_start(self.id, cols=self._size[0], rows=self._size[1])
        try:
            async with self.open_exec(command, interactive=True) as stream:
                why = await self._relay(stream)
        except ClusterError as exc:
            why = endings.of_error(exc)
        self.ending = why
        self._moved.set()
        self._wake.set()
        if self._drawing is not None:
            await asyncio.wait({self._drawing}, timeout=self.timing.ack)
        for task in self._beside:
            task.cancel()

    async def started(self) -> ShellProcess | None:
        """The shell's process, once it runs; None when it does not tell its number."""
        await self._ready.wait()
        return self.shell

    def fail(self) -> None:
        """`run` met a defect of ours: say that the connection is lost, which is what the person sees."""
        self.ending = endings.LOST
        self._wake.set()

    def open_exec(
        self, command: tuple[str, ...], *, interactive: bool = False
    ) -> AbstractAsyncContextManager[ExecStream]:
        return self.cluster.open_exec(
            self.target.namespace,
            self.target.pod,
            container=self.target.container,
            command=command,
            acting_as=self.target.identity,
            tty=interactive,
            stdin=interactive,
        )

    async def _relay(self, stream: ExecStream) -> Ending:
        upkeep = Upkeep(self, stream)
        reading = asyncio.create_task(self._read(stream))
        loops = [*upkeep.loops(), self._pass_input(stream), self._pass_sizes(stream)]
        sides: list[asyncio.Future[Ending]] = [self._asked, *(asyncio.create_task(loop) for loop in loops)]
        parts: set[asyncio.Future[Any]] = {reading, *sides}
        try:
            await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
            if not reading.done():
                why = await self._why(sides, reading)
                if why is not None:
                    return await self._end_shell(upkeep, reading, why)
            why = endings.of_exec(reading.result())
            if why.reason == "lost":
                await upkeep.end_shell()
            return await self._explained(why)
        finally:
            for part in parts:
                part.cancel()
            await asyncio.gather(*parts, return_exceptions=True)

    async def _why(self, sides: list[asyncio.Future[Ending]], reading: asyncio.Task[ExecEnd]) -> Ending | None:
        """What ended the session from beside; None when the stream itself turns out to have ended."""
        side = next(side for side in sides if side.done())
        try:
            return side.result()
        except ClusterError:  # what was sent found the connection gone; its end may hold the exit code
            await asyncio.wait({reading}, timeout=1)
            return None if reading.done() else endings.LOST

    async def _end_shell(self, upkeep: Upkeep, reading: asyncio.Task[ExecEnd], why: Ending) -> Ending:
        if (
            why.close_code in {CloseCode.SIGNED_OUT, CloseCode.FORBIDDEN, CloseCode.POD_GONE}
            and self._screen is not None
        ):
            screen, self._screen = self._screen, None  # not one byte more for this person
            if self._drawing is not None:
                self._drawing.cancel()
                self._drawing = None
            await dismiss(screen, why)
        if why is not endings.UNSEEN:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(min(2, self.timing.mark)):
                    await self._ready.wait()  # a shell that has not told its process id yet cannot be signalled
            await upkeep.end_shell()
            await asyncio.wait({reading}, timeout=1)
        return why

    async def _explained(self, why: Ending) -> Ending:
        """The ending with its cause, which the cluster knows a moment later than the exec."""
        explained = why
        if endings.needs_explaining(why):
            for pause in self.timing.explain:
                await asyncio.sleep(pause)
                with contextlib.suppress(ClusterError, DatabaseError, Refused):  # then the plain one stands
                    explained = endings.with_container(why, await self.cluster.container_of(self.target))
                if explained is not why:
                    break
        return explained

    async def _read(self, stream: ExecStream) -> ExecEnd:
        while not isinstance(got := await stream.receive(), ExecEnd):
            self._append(self._mark.feed(got.data))
            if self._mark.done and not self._ready.is_set():
                self._begin()
            await self._wait_for_room(len(got.data))
        self._append(self._mark.rest())
        return got

    def _begin(self) -> None:
        if self._mark.pid is not None:
            self.shell = ShellProcess(self.id, self._mark.pid)
        self._ready.set()
        self.tell("started")

    def _append(self, data: bytes) -> None:
        if data:
            self.flow.append(data)
            self.said_at, self.unanswered_bytes = time.monotonic(), 0
            self._wake.set()

    async def _wait_for_room(self, received: int) -> None:
        """Pause the shell while its reader is behind; not when nobody reads: training must not stop for that."""
        while self.flow.pending >= AHEAD_BYTES and not (self._skipping or self._unacking or self._screen is None):
            self.paused = True
            self._moved.clear()
            try:
                async with asyncio.timeout(self.timing.ack):
                    await self._moved.wait()
            except TimeoutError:
                self._unacking = True
            self.paused, self.resumed_at = False, time.monotonic()
        if self._unacking or self._screen is None:
            self._drained_bytes += received
            if self._drained_bytes >= _DRAIN_STEP_BYTES:
                pause, self._drained_bytes = self._drained_bytes / DRAIN_BYTES_PER_SECOND, 0
                await asyncio.sleep(pause)

    async def _draw(self, screen: Screen) -> None:
        with contextlib.suppress(OSError):  # gone; the consumer hears of it and detaches
            while True:
                if frame := self._next_frame():
                    await screen.send(frame)
                    self._moved.set()
                    if len(frame) > 1024:
                        await asyncio.sleep(0)  # a flood in one session leaves the others their turn
                elif self.ending is not None:
                    await dismiss(screen, self.ending)
                    return
                else:
                    self._wake.clear()
                    await self._wake.wait()

    def _next_frame(self) -> bytes:
        if self._outbox:
            return self._outbox.popleft()
        return b"" if self._skipping else self.flow.next_frame(unbounded=self.ending is not None)

    async def _pass_input(self, stream: ExecStream) -> Ending:
        try:
            async with asyncio.timeout(self.timing.mark):
                await self._ready.wait()
        except TimeoutError:
            self._append(self._mark.rest())
        while True:
            data = await self.stdin.take()
            await stream.send_stdin(data)
            self.unanswered_bytes += len(data)
            self.pasted_bytes += len(data) if len(data) > 1024 else 0
            if (taken := self.stdin.news()) is not None:
                self.tell("stdin", taken=taken)

    async def _pass_sizes(self, stream: ExecStream) -> Ending:
        while True:
            await self._resized.wait()
            self._resized.clear()
            await stream.resize(*self._size)

    async def _resize_soon(self, cols: int, rows: int) -> None:
        await asyncio.sleep(0.1)
        self.resize(cols, rows)

    def _interrupt(self, key: bytes) -> None:
        """^C and its like: what is on the way to a screen far behind is not waited for."""
        if not self._skipping and self.flow.unparsed >= self.flow.window // 2:
            self._skipping = True
            self._moved.set()
            self._do_beside(self._skip())
        if key == b"\x03" and self.unanswered_bytes + self.stdin.size > 4096:
            self._do_beside(Upkeep.interrupt_if_unheard(self))

    async def _skip(self) -> None:
        """Read on without showing until the program has fallen silent, then show the last lines."""
        held = self.flow.scrollback
        began, deadline, hushed = held.end, time.monotonic() + self.timing.skip, 0
        while hushed < 2 and time.monotonic() < deadline and held.end - began < _SKIP_BYTES:
            before = held.end
            await asyncio.sleep(self.timing.hush)
            hushed = hushed + 1 if held.end == before else 0
        self._skipping = False
        if frame := self.flow.skip_to_tail():
            self._outbox.append(frame)
        self._wake.set()

    def _do_beside(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._beside.add(task)
        task.add_done_callback(self._beside.discard)
