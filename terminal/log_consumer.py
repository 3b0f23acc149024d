import asyncio
import contextlib
from typing import Any
from urllib.parse import parse_qs

from console.cluster import follow_log
from terminal import protocol
from terminal.access import LOG, Refused, Target, container_of, recheck
from terminal.consumers import DirectConsumer, Socket
from terminal.ending import CloseCode, Ending
from terminal.flow import OutputFlow
from terminal.guard import until_forbidden
from terminal.log_following import Follow, LogFollowing, LogRequest, Note
from terminal.logins import logins
from terminal.protocol import Ack, BadFrame
from terminal.threads import in_thread
from terminal.timing import Timing

WINDOW_BYTES = 256 * 1024
AHEAD_BYTES = 512 * 1024
BEHIND_SECONDS = 2.0  # a page that is behind for longer is shown newer lines, and told how much it missed
TAIL_LINES_MAX = 10_000


class LogConsumer(DirectConsumer):
    """Sends one container's log as it grows: the frames of terminal.protocol, subprotocol `console.log.v1`.

    A notice's `at` is the offset of the output it stands before.
    """

    def __init__(self, *, follow: Follow = follow_log, recheck: Any = None, container_of: Any = None) -> None:
        super().__init__()
        self._follow = follow
        self._recheck = recheck or _recheck
        self._container_of = container_of or _container_of
        self._socket = Socket(self)
        self._flow = OutputFlow(window=WINDOW_BYTES)
        self._wake = asyncio.Event()
        self._moved = asyncio.Event()
        self._outbox: list[bytes] = []
        self._ending: Ending | None = None
        self._working: asyncio.Task[None] | None = None
        self._timing = Timing()

    async def connect(self) -> None:
        try:
            request = await self._request()
        except (Refused, ValueError):
            await self.close()  # before accept(): the handshake is answered with 403
            return
        await self.accept(protocol.LOG_SUBPROTOCOL)
        self._working = asyncio.create_task(self._work(request))

    async def disconnect(self, code: int) -> None:
        if self._working is not None:
            self._working.cancel()
            await asyncio.gather(self._working, return_exceptions=True)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        try:
            message = protocol.decode(bytes_data or b"")
        except BadFrame:
            message = None
        if not isinstance(message, Ack):  # a log takes nothing else
            await self._socket.close(CloseCode.BAD_FRAME)
        elif self._flow.ack(message.offset):
            self._moved.set()
            self._wake.set()

    async def _request(self) -> LogRequest:
        query = parse_qs(self.scope["query_string"].decode("latin-1"))
        tail = int(query.get("tail", ["1000"])[0])
        target = await self.target(LOG, subprotocol=protocol.LOG_SUBPROTOCOL)
        previous = query.get("previous", [""])[0] in {"1", "true"}
        return LogRequest(target=target, tail_lines=max(0, min(tail, TAIL_LINES_MAX)), previous=previous)

    async def _work(self, request: LogRequest) -> None:
        reading = asyncio.create_task(self._read(request))
        looking = asyncio.create_task(self._look(request.target))
        drawing = asyncio.create_task(self._draw())
        parts: set[asyncio.Task[Any]] = {reading, looking, drawing}
        try:
            await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
            if looking.done():
                await self._close(looking.result())
            elif reading.done():
                self._ending = reading.result()
                self._wake.set()
                await asyncio.wait({drawing, looking}, return_when=asyncio.FIRST_COMPLETED)
                await self._close(self._ending if drawing.done() else looking.result())
        finally:
            for part in parts:
                part.cancel()
            await asyncio.gather(*parts, return_exceptions=True)

    async def _look(self, target: Target) -> Ending:
        with logins.watched(lambda: target.session_key) as gone:
            return await until_forbidden(lambda: self._recheck(target), self._timing, self._doubt, sooner=gone)

    async def _read(self, request: LogRequest) -> Ending:
        following = LogFollowing(request, follow=self._follow, container_of=self._container_of)
        async with contextlib.aclosing(following.pieces()) as pieces:  # type: ignore[type-var]
            async for piece in pieces:
                if isinstance(piece, Note):
                    self._tell(piece.code, **piece.details)
                elif piece:
                    await self._append(piece)
        return following.ending or Ending(reason="log-end", abnormal=False)

    async def _append(self, lines: bytes) -> None:
        self._flow.append(lines)
        self._wake.set()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(BEHIND_SECONDS):
                while self._flow.pending >= AHEAD_BYTES:
                    self._moved.clear()
                    await self._moved.wait()

    async def _draw(self) -> None:
        """Ends when all is shown and there will be no more."""
        with contextlib.suppress(OSError):
            while True:
                frame = self._outbox.pop(0) if self._outbox else self._flow.next_frame()
                if frame:
                    await self._socket.send(frame)
                    self._moved.set()
                    await asyncio.sleep(0)
                elif self._ending is not None and not self._flow.pending:
                    return
                else:
                    self._wake.clear()
                    await self._wake.wait()

    def _tell(self, code: str, **details: int | str) -> None:
        self._outbox.append(protocol.notice(code, at=self._flow.scrollback.end, **details))
        self._wake.set()

    def _doubt(self, unsure: bool) -> None:
        self._tell("unverified" if unsure else "verified")

    async def _close(self, why: Ending) -> None:
        with contextlib.suppress(OSError):
            await self._socket.send(protocol.status(why.status()))
            await self._socket.close(why.close_code)


_recheck = in_thread(recheck)
_container_of = in_thread(container_of)
