import asyncio
from collections.abc import AsyncIterator

import pytest
from django.db import DatabaseError

from console.web.hub import Hub, HubFull, Update


def update(seq: int) -> Update:
    return Update(seq, audience="vision", subject="a", kind="task")


class Feed:
    """What the database has, and the bell beside it."""

    def __init__(self, *updates: Update) -> None:
        self.updates = list(updates)
        self.reads = 0
        self.broken = False
        self.bell = asyncio.Event()

    async def read(self, seq: int) -> list[Update]:
        self.reads += 1
        if self.broken:
            raise DatabaseError("away")
        return [update for update in self.updates if update.seq >= seq]

    async def rings(self) -> AsyncIterator[None]:
        while True:
            await self.bell.wait()
            self.bell.clear()
            yield


async def test_the_bell_is_quicker_than_the_poll() -> None:
    feed = Feed(update(1))
    hub = Hub(feed.read, rings=feed.rings, poll_seconds=60)
    async with hub.joined():
        feed.updates.append(update(2))
        feed.bell.set()

        async with asyncio.timeout(2):
            found = await hub.after(1)
    assert found == [update(2)]


async def test_without_a_bell_the_poll_finds_it() -> None:
    feed = Feed(update(1))
    hub = Hub(feed.read, poll_seconds=0.01)
    async with hub.joined():
        feed.updates.append(update(2))

        async with asyncio.timeout(2):
            assert await hub.after(1) == [update(2)]


async def test_nobody_listens_nothing_is_read() -> None:
    feed = Feed(update(1))
    hub = Hub(feed.read, rings=feed.rings, poll_seconds=0.01)
    async with hub.joined():
        pass
    reads = feed.reads
    await asyncio.sleep(0.05)

    assert feed.reads == reads


async def test_a_database_that_is_away_is_asked_again(caplog: pytest.LogCaptureFixture) -> None:
    feed = Feed(update(1))
    hub = Hub(feed.read, poll_seconds=0.01)
    feed.broken = True
    async with hub.joined():
        await asyncio.sleep(0.03)
        feed.broken = False

        async with asyncio.timeout(2):
            assert await hub.after(0) == [update(1)]
    assert "Cannot read changes" in caplog.text


async def test_it_takes_so_many_streams_and_no_more() -> None:
    hub = Hub(Feed().read, max_streams=1)
    async with hub.joined():
        with pytest.raises(HubFull):
            await hub.joined().__aenter__()
    async with hub.joined():  # the place is free again
        pass
