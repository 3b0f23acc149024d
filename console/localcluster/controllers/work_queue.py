"""Keys to look at, each once however often it was added, later ones by a timer, failing ones with back-off."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Generic, TypeVar

Key = TypeVar("Key")

# controller-runtime's default limiter: 5 ms, doubled by each failure in a row, up to 1,000 s.
FIRST_RETRY_SECONDS = 0.005
LONGEST_RETRY_SECONDS = 1000.0


class WorkQueue(Generic[Key]):
    """For one consumer on one event loop."""

    def __init__(self) -> None:
        self._waiting: deque[Key] = deque()
        self._queued: set[Key] = set()
        self._failures: dict[Key, int] = {}
        self._timers: dict[Key, asyncio.TimerHandle] = {}
        self._arrived = asyncio.Event()

    def add(self, key: Key) -> None:
        if key not in self._queued:
            self._queued.add(key)
            self._waiting.append(key)
            self._arrived.set()

    def add_after(self, key: Key, seconds: float) -> None:
        """A shorter wait takes the place of a longer one."""
        if seconds <= 0:
            self.add(key)
            return
        loop = asyncio.get_running_loop()
        timer = self._timers.get(key)
        if timer is None or timer.when() > loop.time() + seconds:
            self._drop_timer(key)
            self._timers[key] = loop.call_later(seconds, self._fire, key)

    def add_failed(self, key: Key) -> None:
        failures = self._failures.get(key, 0)
        self._failures[key] = failures + 1
        self.add_after(key, min(FIRST_RETRY_SECONDS * 2 ** min(failures, 20), LONGEST_RETRY_SECONDS))

    def succeeded(self, key: Key) -> None:
        """The next failure starts the back-off anew."""
        self._failures.pop(key, None)

    def forget(self, key: Key) -> None:
        self._failures.pop(key, None)
        self._drop_timer(key)

    async def get(self) -> Key:
        while not self._waiting:
            self._arrived.clear()
            await self._arrived.wait()
        key = self._waiting.popleft()
        self._queued.discard(key)
        return key

    def close(self) -> None:
        for key in list(self._timers):
            self._drop_timer(key)

    def _fire(self, key: Key) -> None:
        self._timers.pop(key, None)
        self.add(key)

    def _drop_timer(self, key: Key) -> None:
        timer = self._timers.pop(key, None)
        if timer is not None:
            timer.cancel()
