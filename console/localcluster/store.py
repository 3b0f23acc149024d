"""Every object of the cluster, in memory, with a journal on disk.

One event loop, no awaits: each call is atomic. An object in here is never mutated; a change replaces it. What a
change writes is encoded once, for the journal, for every watch and for every list.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import logging
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec

logger = logging.getLogger(__name__)
Object = dict[str, Any]
Name = tuple[str, str]  # namespace ("" for what has none), name

HISTORY_BYTES = 8 << 20  # what a watch may resume over, all resources together
HISTORY_CHANGES = 10_000
# Of a new cluster: above every number that a client could mean as "long ago".
FIRST_VERSION = 1000
COMPACT_ABOVE_BYTES = 8 << 20


@dataclass(frozen=True, slots=True)
class Change:
    """One write. `before` is the encoded object it replaced (for selectors), b"" for a new one."""

    version: int
    type: str  # ADDED, MODIFIED, DELETED
    resource: str
    name: Name
    encoded: bytes
    before: bytes = b""


@dataclass(frozen=True, slots=True)
class Stored:
    object: Object
    encoded: bytes
    version: int


# Hears a change, the object as it now is (or was last), and the object it replaced.
Listener = Callable[[Change, Object, Object | None], None]


class TooOld(Exception):
    """The history no longer reaches back that far."""


class StoreInUse(Exception):
    """Two programs on one folder would write into each other's journal."""


class Store:
    """Objects by resource key ("pods", "tfjobs.kubeflow.org"), then by (namespace, name)."""

    def __init__(self, folder: Path | None = None) -> None:
        self.version = FIRST_VERSION
        self._objects: dict[str, dict[Name, Stored]] = {}
        self._history: list[Change] = []
        self._history_bytes = 0
        self._forgotten = FIRST_VERSION  # every change up to this version has left the history
        self._listeners: dict[str, list[Listener]] = {}
        self._journal = _Journal(folder) if folder else None
        if self._journal:
            self._load(self._journal)

    def get(self, resource: str, namespace: str, name: str) -> Object | None:
        stored = self._objects.get(resource, {}).get((namespace, name))
        return stored.object if stored else None

    def stored(self, resource: str, namespace: str | None = None) -> list[Stored]:
        """In the order of the real server's lists: namespace, name."""
        held = self._objects.get(resource, {})
        names = held if namespace is None else (name for name in held if name[0] == namespace)
        return [held[name] for name in sorted(names)]

    def encoded(self, resource: str, namespace: str, name: str) -> bytes:
        return self._objects[resource][namespace, name].encoded

    def resources(self) -> list[str]:
        return [resource for resource, held in self._objects.items() if held]

    def put(self, resource: str, obj: Object) -> Object:
        """Stores `obj` (which now belongs to the store) under a new resourceVersion and returns it. Raises OSError."""
        metadata = obj["metadata"]
        name = (metadata.get("namespace", ""), metadata["name"])
        held = self._objects.setdefault(resource, {})
        before = held.get(name)
        version = self.version + 1
        metadata["resourceVersion"] = str(version)
        encoded = msgspec.json.encode(obj)
        kind = "MODIFIED" if before else "ADDED"
        change = Change(version, kind, resource, name, encoded, before.encoded if before else b"")
        self._keep(change)
        held[name] = Stored(obj, encoded, version)
        self._tell(change, obj, before.object if before else None)
        return obj

    def remove(self, resource: str, namespace: str, name: str) -> Object:
        """Returns the object as it was last, with the version of its deletion."""
        stored = self._objects[resource][namespace, name]
        version = self.version + 1
        obj = {**stored.object, "metadata": {**stored.object["metadata"], "resourceVersion": str(version)}}
        encoded = msgspec.json.encode(obj)
        change = Change(version, "DELETED", resource, (namespace, name), encoded, stored.encoded)
        self._keep(change)
        del self._objects[resource][namespace, name]
        self._tell(change, obj, stored.object)
        return obj

    def listen(self, resource: str, listener: Listener) -> Callable[[], None]:
        """`listener` hears every later change of `resource` ("*": of all); the result ends that."""
        listeners = self._listeners.setdefault(resource, [])
        listeners.append(listener)

        def stop() -> None:
            with contextlib.suppress(ValueError):
                listeners.remove(listener)

        return stop

    def since(self, resource: str, version: int) -> Iterator[Change]:
        """The changes of `resource` after `version`; raises TooOld."""
        if version < self._forgotten:
            raise TooOld
        for change in self._history[max(version - self._forgotten, 0) :]:
            if change.resource == resource:
                yield change

    def close(self) -> None:
        if self._journal:
            self._journal.close()

    def _keep(self, change: Change) -> None:
        """On disk first: where that fails (a full disk) nothing has happened, and nobody was told otherwise."""
        if self._journal:
            self._journal.append(change)
        self.version = change.version
        self._remember(change)

    def _tell(self, change: Change, obj: Object, before: Object | None) -> None:
        if self._journal and self._journal.size > COMPACT_ABOVE_BYTES:
            self._compact(self._journal)
        for listener in (*self._listeners.get(change.resource, ()), *self._listeners.get("*", ())):
            listener(change, obj, before)

    def _remember(self, change: Change) -> None:
        self._history.append(change)
        self._history_bytes += len(change.encoded)
        if self._history_bytes > HISTORY_BYTES or len(self._history) > HISTORY_CHANGES:
            half = len(self._history) // 2
            self._forgotten = self._history[half - 1].version
            del self._history[:half]
            self._history_bytes = sum(len(kept.encoded) for kept in self._history)

    def _load(self, journal: _Journal) -> None:
        for line in journal.read():
            if line.type == "VERSION":
                self.version = self._forgotten = line.version
                continue
            held = self._objects.setdefault(line.resource, {})
            before = held.pop(line.name, None)
            encoded = bytes(line.object)
            if line.type != "DELETED":
                held[line.name] = Stored(msgspec.json.decode(encoded), encoded, line.version)
            if line.type != "KEPT":
                change = Change(line.version, line.type, line.resource, line.name, encoded)
                self.version = line.version
                self._remember(_with_before(change, before))
        self._compact(journal, unless_below=COMPACT_ABOVE_BYTES // 2)

    def _compact(self, journal: _Journal, *, unless_below: int = 0) -> None:
        if journal.size <= unless_below:
            return
        kept = (
            Change(stored.version, "KEPT", resource, name, stored.encoded)
            for resource, held in self._objects.items()
            for name, stored in held.items()
        )
        try:
            journal.rewrite(self.version, kept)
        except OSError:
            logger.exception("the journal could not be compacted: it goes on growing")


def _with_before(change: Change, before: Stored | None) -> Change:
    return replace(change, before=before.encoded) if before else change


class _Line(msgspec.Struct, array_like=True):
    version: int
    type: str  # those of Change; KEPT in a compacted file; VERSION alone for the version at compaction
    resource: str
    name: Name
    object: msgspec.Raw = msgspec.Raw(b"null")


class _Journal:
    """FOLDER/journal.jsonl: a line a change. A torn last line, as a crash leaves it, is cut off.

    Raises StoreInUse when another program writes there.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._lock)
            raise StoreInUse(f"another local cluster runs from {folder}") from None
        self._path = folder / "journal.jsonl"
        self._file = self._open()
        self.size = os.fstat(self._file).st_size

    def _open(self) -> int:
        return os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)

    def read(self) -> Iterator[_Line]:
        decoder = msgspec.json.Decoder(_Line)
        good = 0
        with self._path.open("rb") as lines:
            for line in lines:
                if not line.endswith(b"\n"):
                    break
                yield decoder.decode(line)
                good += len(line)
        if good < self.size:
            os.ftruncate(self._file, good)
            self.size = good

    def append(self, change: Change) -> None:
        line = _encoded_line(change)
        written = os.write(self._file, line)
        if written < len(line):  # half a line would spoil the next one
            os.ftruncate(self._file, os.fstat(self._file).st_size - written)
            raise OSError(errno.ENOSPC, "the journal's disk is full")
        self.size += len(line)

    def rewrite(self, version: int, changes: Iterator[Change]) -> None:
        # Counted from here on: what a full cluster needs must not make every later write compact again.
        self.size = 0
        fresh = self._path.with_suffix(".fresh")
        with fresh.open("wb") as out:
            os.chmod(fresh, 0o600)
            out.write(_encoded_line(Change(version, "VERSION", "", ("", ""), b"null")))
            out.writelines(_encoded_line(change) for change in changes)
        fresh.replace(self._path)
        old, self._file = self._file, self._open()
        os.close(old)

    def close(self) -> None:
        os.close(self._file)
        os.close(self._lock)


def _encoded_line(change: Change) -> bytes:
    line = _Line(change.version, change.type, change.resource, change.name, msgspec.Raw(change.encoded))
    return msgspec.json.encode(line) + b"\n"
