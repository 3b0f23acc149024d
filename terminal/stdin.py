"""What a person types and pastes, on its way to the shell."""

import asyncio
from collections import deque

QUEUE_BYTES = 64 * 1024
REPORT_BYTES = 16 * 1024  # how often the browser hears how much of a paste was taken
SIGNAL_KEYS = frozenset({b"\x03", b"\x1c", b"\x1a"})  # ^C ^\ ^Z


class StdinQueue:
    """Bytes in order, bounded; a signal key empties it first, as the tty's own line discipline flushes its input."""

    def __init__(self, capacity: int = QUEUE_BYTES) -> None:
        self._capacity = capacity
        self._waiting: deque[bytes] = deque()
        self._arrived = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self.size = 0
        self.taken = 0  # bytes handed on or dropped since the beginning
        self._reported = 0

    async def put(self, data: bytes) -> bool:
        """Waits while the queue is full: the browser is then not read. True when waiting input was dropped for ^C."""
        dropped = data in SIGNAL_KEYS and self.size > 0
        if dropped:
            self.taken += self.size
            self._waiting.clear()
            self.size = 0
            self._room.set()
        await self._room.wait()
        self._waiting.append(data)
        self.size += len(data)
        self._arrived.set()
        if self.size >= self._capacity:
            self._room.clear()
        return dropped

    async def take(self) -> bytes:
        """The next bytes; waits for them."""
        while not self._waiting:
            self._arrived.clear()
            await self._arrived.wait()
        data = self._waiting.popleft()
        self.size -= len(data)
        self.taken += len(data)
        if self.size < self._capacity:
            self._room.set()
        return data

    def news(self) -> int | None:
        """How many bytes were taken in all, when the browser should hear of it again."""
        if self.taken - self._reported < REPORT_BYTES:
            return None
        self._reported = self.taken
        return self.taken
