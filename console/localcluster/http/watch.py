"""watch: one line of JSON a change, for as long as the client wants."""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec
from aiohttp import web

from console.localcluster.http.context import Context
from console.localcluster.http.presentation import Presentation, presentation_of
from console.localcluster.http.reading import parse_version
from console.localcluster.machinery.api import Api
from console.localcluster.machinery.errors import ApiError, expired, failure
from console.localcluster.machinery.event_groups import stored_kind, with_version
from console.localcluster.machinery.kinds import EVENT, Kind
from console.localcluster.machinery.selectors import Predicate, predicate
from console.localcluster.store import Change, Object, TooOld

BOOKMARK_SECONDS = 60.0
# A client that does not read is cut off rather than kept in memory; it lists again.
BACKLOG_LINES = 20_000
# Under load, changes of this long go out in one write: 50 watchers of a busy namespace cost 50 writes, not thousands.
GATHER_SECONDS = 0.01
INITIAL_EVENTS_END = "k8s.io/initial-events-end"


async def serve_watch(api: Api, context: Context) -> web.StreamResponse:
    """Raises ApiError before the stream begins; afterwards failures are ERROR lines."""
    present = presentation_of(context.request.headers.get("Accept", ""), context.query("includeObject"), api.clock)
    matches = predicate(context.kind, context.query("labelSelector"), context.query("fieldSelector"))
    initial = context.flag("sendInitialEvents")
    _check_options(context, initial=initial)
    version = parse_version(context.query("resourceVersion"))
    watcher = _Watcher(api, context.kind, _scope(context), matches, present)
    error = watcher.begin(version, initial=initial, bookmarks=context.flag("allowWatchBookmarks"))
    response = web.StreamResponse(headers={"Content-Type": "application/json", "Cache-Control": "no-cache, private"})
    response.enable_chunked_encoding()
    try:
        await response.prepare(context.request)
        if error is not None:
            await response.write(_line("ERROR", msgspec.json.encode(error.status)))
        else:
            await watcher.run(response, _seconds(context), bookmarks=context.flag("allowWatchBookmarks"))
        await response.write_eof()
    except (ConnectionError, asyncio.CancelledError):
        pass  # the client went away, or the server ends: nothing to tell anybody
    finally:
        watcher.stop()
    return response


def _scope(context: Context) -> tuple[str | None, str]:
    namespace = context.info.namespace if context.kind.namespaced and context.info.namespace else None
    return namespace, context.info.name


def _check_options(context: Context, *, initial: bool) -> None:
    match = context.query("resourceVersionMatch")
    if initial and match != "NotOlderThan":
        raise _invalid("Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan")
    if match and not context.query("sendInitialEvents"):
        raise _invalid("Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided")


def _invalid(why: str) -> ApiError:
    cause = {"reason": "FieldValueForbidden", "message": why, "field": "resourceVersionMatch"}
    details = {"group": "meta.k8s.io", "kind": "ListOptions", "causes": [cause]}
    return failure(422, "Invalid", f'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: {why}', details)


def _seconds(context: Context) -> float:
    text = context.query("timeoutSeconds")
    if text.isdecimal() and text.isascii() and int(text):
        return float(text)
    return random.uniform(1800, 3600)  # noqa: S311 - as the real server, so that clients do not come back together


@dataclass(slots=True)
class _Watcher:
    api: Api
    kind: Kind
    scope: tuple[str | None, str]
    matches: Predicate | None
    present: Presentation | None
    backlog_lines: int = BACKLOG_LINES
    _lines: deque[bytes] = field(default_factory=deque)
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _stop: Callable[[], None] | None = None
    _seen: int = 0
    _wrote_at: float = 0.0
    _overflowed: bool = False
    _plain: bool = True  # shown as stored, not in another group's words

    def __post_init__(self) -> None:
        self._plain = stored_kind(self.kind) is self.kind

    def begin(self, version: int, *, initial: bool, bookmarks: bool) -> ApiError | None:
        """Queues what came before now; from here on nothing is missed."""
        store, resource = self.api.store, stored_kind(self.kind).key
        self._seen = max(version, store.version)
        if version and not initial:
            try:
                for change in store.since(resource, version):
                    self._replay(change)
            except TooOld:
                return expired(f"too old resource version: {version} ({store.version})")
        else:
            for held in store.stored(resource, self.scope[0]):
                if self._in_scope(held.object["metadata"]) and (self.matches is None or self.matches(held.object)):
                    self._send("ADDED", held.object, held.encoded)
            if initial and bookmarks:
                self._lines.append(self._bookmark(ends_initial=True))
        self._stop = store.listen(resource, self._hear)
        return None

    def stop(self) -> None:
        if self._stop:
            self._stop()

    async def run(self, response: web.StreamResponse, seconds: float, *, bookmarks: bool) -> None:
        loop = asyncio.get_running_loop()
        ends = loop.time() + seconds
        bookmarks = bookmarks and stored_kind(self.kind) is not EVENT
        last_words = ends - 2
        bookmark_at = min(loop.time() + BOOKMARK_SECONDS, last_words if last_words > loop.time() else ends)
        while True:
            await self._drain(response)
            if self._overflowed or loop.time() >= ends:
                return
            if bookmarks and loop.time() >= bookmark_at:
                await response.write(self._bookmark())
                bookmark_at = _next_bookmark(bookmark_at, last_words)
            await self._wait(min(ends, bookmark_at) - loop.time() if bookmarks else ends - loop.time())

    async def _drain(self, response: web.StreamResponse) -> None:
        loop = asyncio.get_running_loop()
        while self._lines:
            if loop.time() - self._wrote_at < 2 * GATHER_SECONDS:
                await asyncio.sleep(GATHER_SECONDS)
            lines = list(self._lines)
            self._lines.clear()
            await response.write(b"".join(lines))
            self._wrote_at = loop.time()

    async def _wait(self, seconds: float) -> None:
        self._wake.clear()
        if self._lines or seconds <= 0:
            return
        try:
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        except TimeoutError:
            return

    def _hear(self, change: Change, obj: Object, before: Object | None) -> None:
        # After an overflow not one line more: a write that was waiting may go on, and must not jump over the gap.
        if self._overflowed or change.version <= self._seen or not self._in_scope(obj["metadata"]):
            return
        if self.matches is None and self.present is None and self._plain:
            self._lines.append(_line(change.type, change.encoded))
        else:
            self._tell(change, obj, before)
        if len(self._lines) > self.backlog_lines:
            self._overflowed = True
            self._lines.clear()
        self._wake.set()

    def _replay(self, change: Change) -> None:
        if self.scope[0] not in (None, change.name[0]) or self.scope[1] not in ("", change.name[1]):
            return
        if self.matches is None and self.present is None and self._plain:
            self._lines.append(_line(change.type, change.encoded))
            return
        before = msgspec.json.decode(change.before) if change.before else None
        self._tell(change, msgspec.json.decode(change.encoded), before)

    def _tell(self, change: Change, obj: Object, before: Object | None) -> None:
        kind = change.type
        if self.matches is not None:
            was = before is not None and self.matches(before)
            now = kind != "DELETED" and self.matches(obj)
            if not was and not now:
                return
            kind = "MODIFIED" if was and now else "ADDED" if now else "DELETED"
        self._send(kind, obj, change.encoded)

    def _send(self, kind: str, obj: Object, encoded: bytes) -> None:
        if not self._plain:
            obj = with_version(self.kind, obj)
            encoded = b""
        if self.present:
            metadata = {"resourceVersion": obj["metadata"]["resourceVersion"]}
            encoded = msgspec.json.encode(self.present(self.kind, [obj], metadata, True))
        self._lines.append(_line(kind, encoded or msgspec.json.encode(obj)))

    def _in_scope(self, metadata: dict[str, Any]) -> bool:
        namespace, name = self.scope
        if namespace is not None and metadata.get("namespace", "") != namespace:
            return False
        return not name or bool(metadata["name"] == name)

    def _bookmark(self, *, ends_initial: bool = False) -> bytes:
        metadata: dict[str, Any] = {"resourceVersion": str(self.api.store.version), "creationTimestamp": None}
        if ends_initial:
            metadata["annotations"] = {INITIAL_EVENTS_END: "true"}
        shape = {"kind": self.kind.kind, "apiVersion": self.kind.api_version, "metadata": metadata}
        if self.present:
            shape = self.present(self.kind, [], {"resourceVersion": metadata["resourceVersion"]}, False)
            if shape["kind"] != "Table":
                shape = {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": metadata}
        return _line("BOOKMARK", msgspec.json.encode(shape))


def _next_bookmark(previous: float, last_words: float) -> float:
    following = previous + BOOKMARK_SECONDS
    return last_words if previous < last_words < following else following


class _LastLine:
    """Every watcher of a change gets the same bytes: they hear it one after the other, so one line is remembered."""

    def __init__(self) -> None:
        self._of: tuple[str, bytes] = ("", b"")
        self._line = b""

    def __call__(self, kind: str, encoded: bytes) -> bytes:
        last_kind, last_encoded = self._of
        if last_encoded is not encoded or last_kind != kind:
            self._of = (kind, encoded)
            self._line = b'{"type":"' + kind.encode() + b'","object":' + encoded + b"}\n"
        return self._line


_line = _LastLine()
