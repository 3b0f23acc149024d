"""Everything of one kind, for ever: what there is, then what changes.

Three nested worries. `_stream`: one HTTP stream, its lines and its silence. `_follow`: list, LISTED, then one stream
after another from the last version seen, until that is gone. `watch`: start again, whatever happened, after a pause
with jitter. Made with the watch credential, over all namespaces.
"""

import asyncio
import random
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Generic

import msgspec

from console.cluster import requests
from console.cluster.answers import error_in_watch, manifest_of
from console.cluster.errors import ClusterError, ClusterUnavailable, Forbidden, Gone, NotFound
from console.cluster.happenings import (
    Added,
    Bookmark,
    Deleted,
    Envelope,
    Happening,
    Listed,
    Modified,
    NotServed,
    Opened,
    Relisting,
    T,
    Trouble,
)
from console.cluster.resources import EVENT, Manifest, Resource
from console.cluster.shapes import Metadata
from console.cluster.streams import read_page, watch_lines

_END_OF_LIST = "k8s.io/initial-events-end"  # annotation of the bookmark that ends a WatchList
_SILENT_STREAMS_MAX = 2  # running; then the version is taken for one of the future (another cluster's): list


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long the watch waits for what, in seconds."""

    # Bookmarks come every 60 s: more than two intervals without a byte means that nobody is at the other end.
    silence: float = 130
    # How long the server is asked to keep one stream: random within, so that not all end at once.
    stream: tuple[int, int] = (300, 600)
    # A stream of events has no bookmarks; the server ends it, and this much later we do.
    overtime: float = 30
    at_once: float = 1  # a stream that ends sooner, without a line, is no good stream
    pause: float = 0.5  # before the second try; doubled each time
    pause_max: float = 30
    not_served: float = 30  # before a kind that the cluster does not know is asked for again


PATIENCE = Patience()


class _Page(msgspec.Struct):
    metadata: dict[str, object]
    items: list[msgspec.Raw] | None = None


async def watch(
    resource: Resource,
    *,
    decoder: type[T],
    start: str = "",
    label_selector: str = "",
    field_selector: str = "",
    patience: Patience = PATIENCE,
) -> AsyncGenerator[Happening[T], None]:
    """What happens to a resource, for ever.

    From `start` (a version saved earlier) if there is one, else and after a Gone: Relisting, an Added for each object,
    Listed, then changes and bookmarks. Never raises a ClusterError: it yields Trouble, pauses, and tries again.
    """
    watching = _Watching(resource, decoder, label_selector, field_selector, patience, version=start)
    while True:
        try:
            async with aclosing(watching.follow()) as happenings:
                async for happening in happenings:
                    yield happening
        except NotFound:
            watching.version = ""
            yield NotServed()
            await asyncio.sleep(patience.not_served * random.uniform(0.8, 1.2))  # noqa: S311
        except Gone as exc:
            watching.relist(str(exc))
            if watching.failures:  # gone twice without a good list between: do not ask in a circle
                await asyncio.sleep(watching.pause())
            watching.failures += 1
        except ClusterError as exc:
            pause = watching.pause(exc)
            watching.failures += 1
            yield Trouble(exc, pause)
            await asyncio.sleep(pause)


class _Watching(Generic[T]):
    """How far one watch has come. Only `watch` above uses it."""

    def __init__(
        self, resource: Resource, decoder: type[T], labels: str, fields: str, patience: Patience, *, version: str
    ) -> None:
        self.version = version  # "" means: list first
        self.failures = 0  # since the last line that came
        self._resource = resource
        self._labels = labels
        self._fields = fields
        self._patience = patience
        # One pass over a line: half the time of taking the envelope off first.
        line = msgspec.defstruct("Line", [("type", str), ("object", decoder)])
        self._decode: Callable[[bytes], Any] = msgspec.json.Decoder(line).decode
        self._reason = "first list"
        self._pages = False  # the server cannot stream its list
        self._silent = 0  # streams running, from the same version, on which nothing came

    def pause(self, error: ClusterError | None = None) -> float:
        """Seconds, doubling with each failure, at least what the server asked for, never quite the same."""
        asked = error.retry_after_seconds if isinstance(error, ClusterUnavailable) else 0.0
        seconds = min(self._patience.pause * 2 ** min(self.failures, 16), self._patience.pause_max)
        return max(float(seconds) * random.uniform(0.5, 1.0), asked)  # noqa: S311

    def relist(self, reason: str) -> None:
        self.version, self._reason, self._silent = "", reason, 0

    async def follow(self) -> AsyncGenerator[Happening[T], None]:
        """List unless a version is known, then stream after stream. Ends by raising."""
        if not self.version:
            yield Relisting(self._reason)
            if self._pages:
                async with aclosing(self._list_pages()) as happenings:
                    async for happening in happenings:
                        yield happening
        while True:
            began = asyncio.get_running_loop().time()
            lines = 0
            async with aclosing(self._stream()) as happenings:
                async for happening in happenings:
                    if not isinstance(happening, Opened):  # a version of the future is taken, too, and then silent
                        lines, self.failures = lines + 1, 0
                    yield happening
            self._judge_end(lines, asyncio.get_running_loop().time() - began)

    def _judge_end(self, lines: int, seconds: float) -> None:
        """A stream has ended as the server's streams do. Raises when it is no good to go on from the same version."""
        if not self.version:
            raise ClusterUnavailable(f"The list of {self._resource.key} ended in the middle.")
        self._silent = 0 if lines else self._silent + 1
        if self._silent >= _SILENT_STREAMS_MAX:
            raise Gone(f"Nothing came of {self._resource.key} since version {self.version}, twice.")
        if not lines and seconds < self._patience.at_once:
            raise ClusterUnavailable(f"The watch of {self._resource.key} ended at once.")

    async def _stream(self) -> AsyncGenerator[Happening[T], None]:
        """One HTTP stream from the known version, or with the list first. Ends as the server ends it, or in silence."""
        seconds = random.randint(*self._patience.stream)  # noqa: S311
        call = requests.watch(
            self._resource,
            resource_version=self.version,
            timeout_seconds=seconds,
            label_selector=self._labels,
            field_selector=self._fields,
        )
        # Events come without bookmarks: their silence means nothing, until the server should have ended the stream.
        silence = seconds + self._patience.overtime if self._resource == EVENT else self._patience.silence
        try:
            async with aclosing(watch_lines(call, silence=silence)) as lines:
                async for line in lines:
                    if not line:  # what watch_lines says when the stream is open; the server sends none
                        yield Opened()
                    elif happening := self._read(line):
                        yield happening
        except (NotFound, Gone, Forbidden, ClusterUnavailable):
            raise
        except ClusterError as exc:
            if self.version or self._pages or exc.status == 0:
                raise
            self._pages = True  # 400, 405 or 422: the server does not know how to stream a list
            raise Gone("The server lists in pages only.") from exc

    def _read(self, line: bytes) -> Happening[T] | None:
        try:
            event = self._decode(line)
        except msgspec.ValidationError as exc:
            return self._read_misfit(line, exc)
        except msgspec.DecodeError as exc:
            raise ClusterUnavailable(f"A line of the watch of {self._resource.key} was not JSON.") from exc
        metadata = event.object.metadata
        if event.type == "BOOKMARK":
            return self._read_bookmark(metadata)
        if event.type == "ERROR":
            return self._read_misfit(line, None)
        if self.version:  # while a list comes there is no version yet that could be gone on from
            self.version = metadata.resource_version
        match event.type:
            case "ADDED":
                return Added(event.object, line)
            case "MODIFIED":
                return Modified(event.object, line)
            case "DELETED":
                return Deleted(event.object, line)
        return None

    def _read_bookmark(self, metadata: Metadata) -> Happening[T] | None:
        listed = not self.version
        if listed and (metadata.annotations or {}).get(_END_OF_LIST) != "true":
            return None  # in the middle of a list: a version that cannot be resumed from
        self.version = metadata.resource_version
        return Listed(self.version) if listed else Bookmark(self.version)

    def _read_misfit(self, line: bytes, problem: msgspec.ValidationError | None) -> Trouble:
        """An ERROR, whose object is a Status, is raised. An object of a strange form must not hide all the others."""
        event = msgspec.json.decode(line, type=Envelope)
        if event.type == "ERROR":
            status: Manifest = msgspec.json.decode(event.object)
            error = error_in_watch(status, words=f"watch {self._resource.key}")
            self.relist(str(error))  # whatever it was: the same version might only bring the same error
            raise error
        return Trouble(ClusterError(f"An object of {self._resource.key} cannot be read: {problem}"))

    async def _list_pages(self) -> AsyncGenerator[Happening[T], None]:
        """The list in pages. A Gone in the middle is raised: its token would give a list that never was."""
        token = ""
        while True:
            call = requests.list_page(
                self._resource, "", label_selector=self._labels, field_selector=self._fields, token=token
            )
            body = await read_page(call, silence=self._patience.silence)
            page = self._page_of(body, call.words)
            for raw in page.items or ():
                if happening := self._read(b'{"type":"ADDED","object":%b}' % bytes(raw)):
                    yield happening
            token = str(page.metadata.get("continue") or "")
            if not token:
                self.version = str(page.metadata.get("resourceVersion") or "")
                self.failures = 0
                yield Listed(self.version)
                return

    def _page_of(self, body: bytes, words: str) -> _Page:
        try:
            return msgspec.json.decode(body, type=_Page)
        except msgspec.DecodeError as exc:
            manifest_of(body, words=words)
            raise ClusterUnavailable(f"{words}: the answer was no list.") from exc
