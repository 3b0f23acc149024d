"""A watch whose client does not read."""

import asyncio
import json
from typing import Any, cast

from aiohttp import web

from console.localcluster.http.watch import _Watcher
from console.localcluster.machinery.api import Api
from console.localcluster.machinery.kinds import CONFIG_MAP, NAMESPACE
from console.localcluster.store import Store


class _SlowClient:
    """Takes the first write and is then busy until `reads` is set."""

    def __init__(self) -> None:
        self.written = b""
        self.reads = asyncio.Event()

    async def write(self, data: bytes) -> None:
        self.written += data
        await self.reads.wait()


async def test_a_client_that_fell_behind_is_cut_off_before_the_gap() -> None:
    api, client = Api(Store()), _SlowClient()
    api.create(NAMESPACE, "", {"metadata": {"name": "vision"}})

    def make(*names: str) -> list[str]:
        return [api.create(CONFIG_MAP, "vision", {"metadata": {"name": name}})["metadata"]["name"] for name in names]

    watcher = _Watcher(api, CONFIG_MAP, ("vision", ""), None, None, backlog_lines=3)
    watcher.begin(api.store.version, initial=False, bookmarks=False)
    first = make("a")
    response = cast("web.StreamResponse", client)
    running: asyncio.Task[Any] = asyncio.create_task(watcher.run(response, 60, bookmarks=False))
    while not client.written:
        await asyncio.sleep(0)
    make("b", "c", "d", "e")  # one too many
    make("f")
    client.reads.set()
    await running

    seen = [json.loads(line)["object"]["metadata"]["name"] for line in client.written.splitlines()]
    assert seen == first
