"""What controllers and the kubelet follow: an informer's stream."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable

from console.localcluster.store import Change, Object, Store

Seen = tuple[str, Object]  # ADDED, MODIFIED or DELETED, and the object: never mutate it


class Subscription(AsyncIterator[Seen]):
    """First every object there is, as ADDED, then each change, in order and without loss. Endless until close()."""

    def __init__(self, store: Store, resource: str, namespace: str | None) -> None:
        self._namespace = namespace
        self._waiting: deque[Seen] = deque(("ADDED", held.object) for held in store.stored(resource, namespace))
        self._arrived = asyncio.Event()
        self._closed = False
        self._stop: Callable[[], None] = store.listen(resource, self._hear)

    def _hear(self, change: Change, obj: Object, before: Object | None) -> None:
        if self._namespace is None or change.name[0] == self._namespace:
            self._waiting.append((change.type, obj))
            self._arrived.set()

    def __aiter__(self) -> Subscription:
        return self

    async def __anext__(self) -> Seen:
        while not self._waiting:
            if self._closed:
                raise StopAsyncIteration
            self._arrived.clear()
            await self._arrived.wait()
        return self._waiting.popleft()

    def close(self) -> None:
        self._stop()
        self._closed = True
        self._arrived.set()
