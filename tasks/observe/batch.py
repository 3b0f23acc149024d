"""What the watches said since the last flush: one slot a uid, so a storm costs memory by objects, not by events."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from console.cluster import shapes
from console.cluster.resources import EVENT, Resource

# Bookmarks come each minute on nearly every watch. When all were silent for longer, the line may have been dead.
SERVER_SPEAKS_WITHIN = timedelta(seconds=70)


@dataclass(slots=True)
class Slot:
    """The newest state of one object."""

    object: Any  # the resource's struct of console.cluster.shapes
    raw: bytes
    generation: int
    deleted: bool = False
    version_before: str = ""  # where the watch stood before it: an event that must wait may be asked for again


@dataclass(slots=True)
class Progress:
    """How far the watch of one resource has come; what is written to its row of the index."""

    resource: Resource
    resource_version: str = ""  # "" while it lists: there is nothing to resume from
    generation: int = 0
    listing: bool = True
    listed_at: datetime | None = None
    heard_at: datetime | None = None
    problem: str = ""
    unanswered: bool = False  # the problem is that a probe got no answer; the stream itself may be silent or dead
    served: bool = True
    sweep_below: int | None = None  # set at the end of a list: rows of an older generation are gone
    dirty: bool = False


@dataclass(slots=True)
class Batch:
    slots: Mapping[str, Mapping[str, Slot]]  # by the resource's key, then by uid
    progress: list[Progress] = field(default_factory=list)
    recheck: list[str] = field(default_factory=list)  # tasks whose state may have changed with the hour


class Collection:
    """Filled by the watches, emptied by the flush; both in one event loop."""

    def __init__(self) -> None:
        self._slots: dict[str, dict[str, Slot]] = {}
        self.progress: dict[str, Progress] = {}
        self.size = 0

    def watch(self, progress: Progress) -> None:
        self.progress[progress.resource.key] = progress

    def put(self, resource: Resource, found: shapes.Watched, raw: bytes, *, deleted: bool, now: datetime) -> None:
        progress = self.progress[resource.key]
        slots = self._slots.setdefault(resource.key, {})
        if found.metadata.uid not in slots:
            self.size += 1
        elif resource == EVENT:
            # The first of its versions in this batch says from where to ask again.
            before = slots[found.metadata.uid].version_before
            slots[found.metadata.uid] = Slot(found, raw, progress.generation, version_before=before)
            self._heard(progress, found.metadata.resource_version, now)
            return
        slots[found.metadata.uid] = Slot(found, raw, progress.generation, deleted, progress.resource_version)
        self._heard(progress, found.metadata.resource_version, now)

    def relisting(self, resource: Resource) -> None:
        progress = self.progress[resource.key]
        progress.generation += 1
        progress.listing, progress.resource_version, progress.dirty = True, "", True

    def listed(self, resource: Resource, version: str, now: datetime) -> None:
        progress = self.progress[resource.key]
        progress.listing, progress.listed_at, progress.sweep_below = False, now, progress.generation
        self._heard(progress, version, now)

    def moved(self, resource: Resource, version: str, now: datetime) -> None:
        self._heard(self.progress[resource.key], version, now)

    def opened(self, resource: Resource, now: datetime) -> None:
        progress = self.progress[resource.key]
        self._heard(progress, progress.resource_version, now)

    def not_served(self, resource: Resource, now: datetime) -> None:
        """The cluster has no such kind: whatever was there of it is gone with it."""
        progress = self.progress[resource.key]
        progress.generation += 1
        progress.served, progress.sweep_below, progress.resource_version = False, progress.generation, ""
        progress.heard_at, progress.problem, progress.unanswered, progress.dirty = now, "", False, True
        progress.listed_at = now

    def troubled(self, resource: Resource, words: str, now: datetime) -> None:
        """The watch is behind from now on: until now silence meant that nothing happened."""
        progress = self.progress[resource.key]
        heard = max((other.heard_at for other in self.progress.values() if other.heard_at), default=None)
        if not progress.problem and progress.heard_at and heard and now - heard <= SERVER_SPEAKS_WITHIN:
            progress.heard_at = now
        progress.unanswered = False
        if progress.problem != words:
            progress.problem, progress.dirty = words, True

    def unanswered(self, words: str, *, answered_at: datetime) -> None:
        """A probe got no answer: from the last answer on, silence no longer means that nothing happened."""
        for progress in self.progress.values():
            if progress.problem or progress.heard_at is None or not progress.served:
                continue
            progress.heard_at = max(progress.heard_at, answered_at)
            progress.problem, progress.unanswered, progress.dirty = words, True, True

    def answered(self) -> bool:
        """A probe was answered. Whether that took back what an earlier one had said."""
        silent = [progress for progress in self.progress.values() if progress.unanswered]
        for progress in silent:
            progress.problem, progress.unanswered, progress.dirty = "", False, True
        return bool(silent)

    def take(self, recheck: list[str]) -> Batch:
        """All of it, as it is now; the collection is empty afterwards."""
        changed = [progress for progress in self.progress.values() if progress.dirty]
        batch = Batch(self._slots, [_copy(progress) for progress in changed], recheck)
        for progress in changed:
            progress.dirty, progress.sweep_below = False, None
        self._slots, self.size = {}, 0
        return batch

    @staticmethod
    def _heard(progress: Progress, version: str, now: datetime) -> None:
        if not progress.listing:
            progress.resource_version = version
        progress.heard_at, progress.problem, progress.served, progress.dirty = now, "", True, True
        progress.unanswered = False


def _copy(progress: Progress) -> Progress:
    return Progress(**{name: getattr(progress, name) for name in Progress.__slots__})
