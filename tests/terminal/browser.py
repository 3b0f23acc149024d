"""A browser's side of a session, without a socket."""

import asyncio
import json
from typing import Any

from terminal.protocol import Attach, Kind


class Browser:
    """A Screen that parses at once and acks, unless told otherwise."""

    def __init__(self, *, acks: bool = True) -> None:
        self.acks = acks
        self.session: Any = None
        self.frames: list[bytes] = []
        self.text = b""
        self.offset = self.acked = 0
        self.hello: dict[str, Any] = {}
        self.status: dict[str, Any] | None = None
        self.code: int | None = None
        self.gaps: list[dict[str, Any]] = []
        self.notices: list[dict[str, Any]] = []
        self.gone = False
        self._news = asyncio.Event()

    async def send(self, frame: bytes) -> None:
        if self.gone:
            raise ConnectionResetError
        self.frames.append(frame)
        kind, payload = frame[0], frame[1:]
        if kind == Kind.OUTPUT:
            self.text += payload
            self.offset += len(payload)
            if self.acks:
                self.ack()
        elif kind == Kind.ATTACH:
            self.hello = json.loads(payload)
            self.offset = self.acked = self.hello["base_offset"]
        elif kind == Kind.STATUS:
            self.status = json.loads(payload)
        elif kind == Kind.GAP:
            gap = json.loads(payload)
            self.gaps.append(gap)
            self.offset = gap["to"]
            if self.acks:
                self.ack()
        elif kind == Kind.NOTICE:
            self.notices.append(json.loads(payload))
        self._news.set()

    async def close(self, code: int) -> None:
        self.code = code
        self._news.set()

    def ack(self) -> None:
        self.acked = self.offset
        if self.session is not None:
            self.session.ack(self.offset)

    async def until(self, condition: Any, seconds: float = 20) -> None:
        """Waits for frames until `condition()` holds."""
        async with asyncio.timeout(seconds):
            while not condition():
                self._news.clear()
                try:
                    async with asyncio.timeout(0.02):  # some conditions look at the session, not at frames
                        await self._news.wait()
                except TimeoutError:
                    pass


class SlowBrowser(Browser):
    """Its network takes the first frame only when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.sending, self.goes_on = asyncio.Event(), asyncio.Event()

    async def send(self, frame: bytes) -> None:
        self.sending.set()
        await self.goes_on.wait()
        await super().send(frame)


def attach(session: str = "", have_offset: int | None = None, *, cols: int = 80, rows: int = 24) -> Attach:
    return Attach(ticket="", session=session, have_offset=have_offset, cols=cols, rows=rows)
