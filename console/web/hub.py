"""What changed, read once for all open streams of this process.

A stream is a cursor into the hub's ring. So it needs no queue of its own, and a slow browser, one that comes back
and a new one take the same path: send what is newer than the cursor, or say "refresh" when the ring has moved on.
"""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import takewhile

from django.db import DatabaseError

logger = logging.getLogger(__name__)

RING_SIZE = 500  # whoever missed more draws the page again: that is cheaper


@dataclass(frozen=True, slots=True)
class Update:
    seq: int
    audience: str  # who may see it
    subject: str  # what it is about
    kind: str  # what happened to it


class HubFull(Exception):
    """This process has as many streams open as it may."""


class Hub:
    """Shared by the streams of one process; it reads only while somebody listens.

    `read(seq)` gives the updates from `seq` on, itself included: the newest RING_SIZE of them, oldest first. `rings()`
    yields whenever there may be some; without it, or while it fails, they are found by the poll.
    """

    def __init__(
        self,
        read: Callable[[int], Awaitable[list[Update]]],
        *,
        rings: Callable[[], AsyncIterator[None]] | None = None,
        poll_seconds: float = 1,
        max_streams: int = 1000,
    ) -> None:
        self.newest = 0
        self._read = read
        self._rings = rings
        self._poll_seconds = poll_seconds
        self._max_streams = max_streams
        self._ring: deque[Update] = deque(maxlen=RING_SIZE)
        self._grown = asyncio.Event()
        self._rung = asyncio.Event()
        self._reading = asyncio.Lock()
        self._streams = 0
        self._running: list[asyncio.Task[None]] = []

    @asynccontextmanager
    async def joined(self) -> AsyncIterator[None]:
        """Hold this while a stream is open. Raises HubFull."""
        if self._streams >= self._max_streams:
            raise HubFull
        self._streams += 1
        if self._streams == 1:
            self._running = [asyncio.create_task(self._read_for_ever())]
            if self._rings is not None:
                self._running.append(asyncio.create_task(self._listen_for_ever(self._rings)))
        try:
            await self._try_to_read()
            yield
        finally:
            self._streams -= 1
            if self._streams == 0:
                for running in self._running:
                    running.cancel()

    async def after(self, seq: int) -> list[Update] | None:
        """Wait for updates after `seq`, oldest first. None: some are lost, the page must be drawn again."""
        if seq == self.newest:
            await self._grown.wait()
        oldest = self._ring[0].seq if self._ring else 0
        if not oldest - 1 <= seq <= self.newest:
            return None
        return list(takewhile(lambda update: update.seq > seq, reversed(self._ring)))[::-1]

    async def _read_for_ever(self) -> None:
        while True:
            try:
                async with asyncio.timeout(self._poll_seconds):
                    await self._rung.wait()
            except TimeoutError:
                pass
            self._rung.clear()
            await self._try_to_read()

    async def _try_to_read(self) -> None:
        try:
            await self._read_new()
        except DatabaseError:
            logger.exception("Cannot read changes; live pages stand still until the next try.")

    async def _listen_for_ever(self, rings: Callable[[], AsyncIterator[None]]) -> None:
        async for _ in rings():
            self._rung.set()

    async def _read_new(self) -> None:
        async with self._reading:  # the poll and a stream that joins must not add the same update twice
            updates = await self._read(self.newest)
            if updates and updates[0].seq == self.newest:
                del updates[0]
            else:  # out of touch (a storm, a long pause, a rebuilt table): what lies between is unknown
                self._ring.clear()
                self.newest = 0
            if updates:
                self._ring.extend(updates)
                self.newest = updates[-1].seq
                self._grown.set()
                self._grown = asyncio.Event()  # those who waited hold the old one
