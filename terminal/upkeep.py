"""What goes on beside a shell: pings, limits, looking again whether the person still may, and ending it."""

import asyncio
import logging
import time
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

from console.cluster import ClusterError
from console.cluster.exec import ExecEnd, ExecStream
from terminal import ending as endings
from terminal.ending import Ending
from terminal.guard import until_forbidden

if TYPE_CHECKING:
    from terminal.session import Session

_log = logging.getLogger(__name__)
_UNREAD_BYTES = 32 * 1024  # less than the cluster's own buffers hold (terminal.md B: an exit is hidden from 96 KiB on)
_IN_BAND_PAUSE_SECONDS = 0.3


class Upkeep:
    """The loops of one running session. Each ends only by saying why the session must end."""

    def __init__(self, session: "Session", stream: ExecStream) -> None:
        self._session = session
        self._stream = stream
        self._timing = session.timing

    def loops(self) -> list[Coroutine[Any, Any, Ending]]:
        return [self.keep_alive(), self.guard(), self.watch_limits(), self.watch_unread_input()]

    async def keep_alive(self) -> Ending:
        """Ping the cluster. A pong queues behind output and stops while the shell is paused: then it is not missed."""
        session, stream = self._session, self._stream
        while True:
            await asyncio.sleep(self._timing.ping)
            await stream.ping()
            quiet = time.monotonic() - max(stream.heard_at, session.resumed_at)
            backed_up = session.paused or session.stdin.size or session.unanswered_bytes > _UNREAD_BYTES
            if quiet > self._timing.silent and not backed_up:
                return endings.LOST

    async def guard(self) -> Ending:
        session = self._session
        with session.cluster.login_gone(lambda: session.target.session_key) as gone:
            return await until_forbidden(
                lambda: session.cluster.recheck(session.target), self._timing, session.doubt, sooner=gone
            )

    async def watch_limits(self) -> Ending:
        session, timing = self._session, self._timing
        warned_of = 0.0
        while True:
            idle_end = session.typed_at + timing.idle
            end, why = min((idle_end, endings.IDLE), (session.ends_at, endings.TIME_LIMIT), key=lambda pair: pair[0])
            now = time.time()
            if now >= end:
                return why
            if now >= end - timing.warn and warned_of != end:
                session.tell("closing", reason=why.reason, seconds=round(end - now))
                warned_of = end
            next_look = end if warned_of == end else end - timing.warn
            await asyncio.sleep(min(max(next_look - now, 0.01), 30))

    async def watch_unread_input(self) -> Ending:
        """A program that ends with much input unread never gets its exit through (terminal.md B): ask from beside.

        Output proves nothing: a shell says "logout" and leaves the paste unread.
        """
        session, unread = self._session, self._timing.unread
        pause = unread
        while True:
            await asyncio.sleep(pause / 2)
            silent = time.monotonic() - session.said_at > pause
            if silent and session.pasted_bytes > _UNREAD_BYTES and session.shell is not None:
                code = await _run_beside(session, session.shell.command_to_ask_whether_it_lives())
                if code == 1:
                    return endings.UNSEEN
                pause = min(pause * 2, unread * 6)

    async def end_shell(self) -> None:
        """HUP to the shell and its children through a second exec: closing the stream signals nobody."""
        session = self._session
        if session.shell is not None and await _run_beside(session, session.shell.command_to_end()) == 0:
            return
        _log.info("terminal %s: no second exec, ending in-band", session.id[:6])
        try:
            async with asyncio.timeout(self._timing.end):
                for key in (b"\x03", b"\x04", b"\x04"):
                    await self._stream.send_stdin(key)
                    await asyncio.sleep(_IN_BAND_PAUSE_SECONDS)
        except (ClusterError, TimeoutError):
            _log.warning("terminal %s: the shell may still run in %s", session.id[:6], session.target.pod)

    @staticmethod
    async def interrupt_if_unheard(session: "Session") -> None:
        """^C behind a paste that the program does not read: signal its foreground group from beside."""
        asked_at = time.monotonic()
        await asyncio.sleep(_IN_BAND_PAUSE_SECONDS)
        if session.said_at < asked_at and session.shell is not None:
            await _run_beside(session, session.shell.command_to_interrupt())


async def _run_beside(session: "Session", command: tuple[str, ...]) -> int | None:
    """The exit code of a second program in the container; None when it could not be run."""
    try:
        async with asyncio.timeout(session.timing.end), session.open_exec(command) as stream:
            while not isinstance(got := await stream.receive(), ExecEnd):
                pass
            return got.exit_code
    except (ClusterError, TimeoutError):
        return None
