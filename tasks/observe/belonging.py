"""Whose event is it? Known tasks and pods, also those just gone; an event may be here before its pod is."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from console.cluster import shapes
from console.index.models import Event, TaskObject
from console.index.table import in_chunks
from tasks.observe.batch import Slot
from tasks.observe.events import OBJECT_KINDS, event_row, is_worded
from tasks.queries.cluster import FRAMEWORK_OF_KIND

# Watches are apart: a pod's first event may come a moment before the pod. After that it is a pod of no task.
PATIENCE = timedelta(seconds=10)
WAITING_MAX = 2000


@dataclass(slots=True)
class _Waiting:
    slot: Slot
    until: datetime


@dataclass(slots=True)
class Sorted:
    rows: list[Event] = field(default_factory=list)
    affected: set[str] = field(default_factory=set)  # tasks whose cause an event may word
    waiting: dict[str, _Waiting] = field(default_factory=dict)  # by the event's uid, oldest first

    def safe_version(self, version: str) -> str:
        """The version to resume events from: before the oldest that still waits."""
        oldest = next(iter(self.waiting.values()), None)
        return version if oldest is None else oldest.slot.version_before or version


class Belonging:
    """Remembers the events that wait for their object. Nothing else is kept in memory: the index knows the objects."""

    def __init__(self, cluster_uid: str = "") -> None:
        self.cluster_uid = cluster_uid
        self._waiting: dict[str, _Waiting] = {}

    @property
    def is_waiting(self) -> bool:
        return bool(self._waiting)

    def keep(self, found: Sorted) -> None:
        """Call it once the transaction that wrote `found` is committed."""
        self._waiting = found.waiting

    def sort(self, slots: Mapping[str, Slot], now: datetime) -> Sorted:
        """The rows of events whose task is known, those of earlier batches included; the others wait a while."""
        waiting = {uid: one for uid, one in self._waiting.items() if one.until > now}
        for uid, slot in slots.items():
            if slot.deleted or slot.object.involved_object.kind not in OBJECT_KINDS:
                continue  # the cluster forgets: we do not
            until = waiting[uid].until if uid in waiting else now + PATIENCE
            before = waiting[uid].slot.version_before if uid in waiting else slot.version_before
            waiting[uid] = _Waiting(Slot(slot.object, slot.raw, slot.generation, version_before=before), until)
        events = {uid: one.slot.object for uid, one in waiting.items()}
        owners = self._owners(events.values())
        found = Sorted()
        for uid, event in events.items():
            task_uid = owners.get(_key(event))
            if task_uid is None:
                continue
            del waiting[uid]
            found.rows.append(event_row(event, task_uid=task_uid))
            if event.involved_object.kind in FRAMEWORK_OF_KIND or is_worded(event):
                found.affected.add(task_uid)
        found.waiting = dict(list(waiting.items())[-WAITING_MAX:])
        return found

    @staticmethod
    def _owners(events: Iterable[shapes.Event]) -> dict[tuple[str, ...], str]:
        """The task's uid, by uid of the object, and for services by (namespace, name): they are named like pods."""
        listed = list(events)
        owners: dict[tuple[str, ...], str] = {}
        by_uid = {event.involved_object.uid for event in listed if event.involved_object.kind != "Service"}
        for chunk in in_chunks(by_uid):
            for uid, task_uid in TaskObject.objects.filter(uid__in=chunk).values_list("uid", "task_uid"):
                owners[uid,] = task_uid
        names = {_key(event) for event in listed if event.involved_object.kind == "Service"}
        for namespace, name in names:
            rows = TaskObject.objects.filter(namespace=namespace, name=name).order_by("gone_at")
            # NULLs first on SQLite, last on PostgreSQL: prefer the living one by hand.
            found = sorted(rows, key=lambda row: (row.gone_at is not None, row.gone_at or 0))
            if found:
                owners[namespace, name] = found[0].task_uid
        return owners


def _key(event: shapes.Event) -> tuple[str, ...]:
    involved = event.involved_object
    return (involved.namespace, involved.name) if involved.kind == "Service" else (involved.uid,)
