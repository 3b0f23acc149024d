"""What controllers and the kubelet follow: an informer's stream."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import Generic, TypeVar

from console.localcluster.machinery.kinds import KINDS, Kind
from console.localcluster.store import Change, Object, Store

Seen = tuple[str, Object]  # ADDED, MODIFIED or DELETED, and the object: never mutate it
Item = TypeVar("Item")
_STORED = {kind.key: kind for kind in KINDS}


class _Queue(AsyncIterator[Item], Generic[Item]):
    """In order and without loss; endless until close()."""

    def __init__(self) -> None:
        self._waiting: deque[Item] = deque()
        self._arrived = asyncio.Event()
        self._closed = False
        self._stop: Callable[[], None] = lambda: None

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    def __aiter__(self) -> _Queue[Item]:
        return self

    async def __anext__(self) -> Item:
        while not self._waiting:
            if self._closed:
                raise StopAsyncIteration
            self._arrived.clear()
            await self._arrived.wait()
        return self._waiting.popleft()

    def _append(self, item: Item) -> None:
        self._waiting.append(item)
        self._arrived.set()

    def close(self) -> None:
        self._stop()
        self._closed = True
        self._arrived.set()


class Subscription(_Queue[Seen]):
    """First every object there is, as ADDED, then each change."""

    def __init__(self, store: Store, resource: str, namespace: str | None) -> None:
        super().__init__()
        self._namespace = namespace
        self._waiting.extend(("ADDED", held.object) for held in store.stored(resource, namespace))
        self._stop = store.listen(resource, self._hear)

    def _hear(self, change: Change, obj: Object, before: Object | None) -> None:
        if self._namespace is None or change.name[0] == self._namespace:
            self._append((change.type, obj))


class EverySubscription(_Queue[tuple[Kind, str, Object]]):
    """The changes of all kinds; with `initial`, first every object there is."""

    def __init__(self, store: Store, *, initial: bool) -> None:
        super().__init__()
        if initial:
            for resource in store.resources():
                self._waiting.extend((_STORED[resource], "ADDED", held.object) for held in store.stored(resource))
        self._stop = store.listen("*", self._hear)

    def _hear(self, change: Change, obj: Object, before: Object | None) -> None:
        self._append((_STORED[change.resource], change.type, obj))
