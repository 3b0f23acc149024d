import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

from django.db import close_old_connections
from django.http import Http404

from console.cluster.errors import ClusterUnavailable
from console.index.wakeup import rings
from console.web import sse
from console.web.hub import RING_SIZE, Hub, HubFull, Update
from tasks.live.rows import Rows, draw_rows
from tasks.live.streams import Stream
from tasks.live.viewer import NotSignedIn, admit, view_of
from tasks.queries.changes import changes_from

logger = logging.getLogger(__name__)

T = TypeVar("T")
# Rights may wait seconds for a cluster that is away: rows must not wait behind them.
_ADMISSION_THREADS = 4


class LiveApplication:
    """ASGI: /live/n/<namespace>/tasks/ and /live/n/<namespace>/tasks/<uid>/. One a process."""

    def __init__(self, *, max_streams: int = 1000, poll_seconds: float = 1, **paces: float) -> None:
        self._reader = ThreadPoolExecutor(1, thread_name_prefix="live-rows")
        self._admission = ThreadPoolExecutor(_ADMISSION_THREADS, thread_name_prefix="live-rights")
        self._hub = Hub(self._read, rings=rings, poll_seconds=poll_seconds, max_streams=max_streams)
        self._rows = Rows(partial(self._in, self._reader, draw_rows))
        self._paces = paces  # of Stream, for tests

    async def __call__(self, scope: Any, receive: sse.Receive, send: sse.Send) -> None:
        try:
            view = view_of(scope)
        except ValueError:
            return await sse.refuse(send, 400)
        if view is None:
            return await sse.refuse(send, 404)
        if scope["method"] != "GET":
            return await sse.refuse(send, 405)
        try:
            await self._in(self._admission, admit, scope, view.namespace)
        except NotSignedIn:
            return await sse.refuse(send, 401)
        except Http404:
            return await sse.refuse(send, 404)  # before the stream starts
        except ClusterUnavailable:
            return await sse.refuse(send, 503)
        still_admitted = partial(self._still_admitted, scope, view.namespace)
        try:
            async with self._hub.joined():
                stream = Stream(view, self._hub, self._rows, still_admitted, **self._paces)
                await sse.stream(receive, send, stream.events())
        except HubFull:
            await sse.refuse(send, 503)  # hx-sse tries again, later and later

    def close(self) -> None:
        self._reader.shutdown()
        self._admission.shutdown()

    async def _still_admitted(self, scope: Any, namespace: str) -> bool:
        try:
            await self._in(self._admission, admit, scope, namespace)
        except (NotSignedIn, Http404, ClusterUnavailable):
            return False
        return True

    async def _read(self, seq: int) -> list[Update]:
        return await self._in(self._reader, read_updates, seq)

    @staticmethod
    async def _in(threads: ThreadPoolExecutor, function: Callable[..., T], *arguments: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(threads, _with_fresh_connections, function, *arguments)


def read_updates(seq: int) -> list[Update]:
    """For the Hub: the changes from `seq` on."""
    return [
        Update(change.seq, audience=change.namespace, subject=change.task_uid, kind=change.kind)
        for change in changes_from(seq, limit=RING_SIZE)
    ]


def _with_fresh_connections(function: Callable[..., T], *arguments: Any) -> T:
    """Django does this around each request: a connection that broke meanwhile is not used again."""
    close_old_connections()
    try:
        return function(*arguments)
    finally:
        close_old_connections()


_application: LiveApplication | None = None


async def live_application(scope: Any, receive: sse.Receive, send: sse.Send) -> None:
    """The process's one LiveApplication, made in its event loop at the first stream."""
    global _application  # noqa: PLW0603
    if _application is None:
        _application = LiveApplication()
    await _application(scope, receive, send)
