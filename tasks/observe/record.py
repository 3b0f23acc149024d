"""One flush: everything the watches said since the last, in one transaction with the changes that tell the pages."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from console.cluster.resources import EVENT, JOB_KINDS, POD
from console.index import changes, facets
from console.index.changes import Note
from console.index.leader import Leadership
from console.index.models import Change, Pod, Task, TaskManifest, TaskObject, Watch
from console.index.table import DATABASE, in_chunks, upsert
from tasks.observe.batch import Batch, Progress, Slot
from tasks.observe.belonging import Belonging, Sorted
from tasks.observe.derived import derive
from tasks.observe.jobs import task_row
from tasks.observe.keeping import keep_from_index, keep_last_words
from tasks.observe.pods import pod_facts, pod_row, task_uid_of
from tasks.observe.rows import record_surroundings, still_there
from tasks.states import PodFacts

# What the rows mean. Raise it when a column, JobFacts or a state comes to mean something else: after the upgrade the
# watcher then lists once and writes every row anew.
FORMAT = 1


@dataclass(slots=True)
class Outcome:
    changes: int = 0  # lines appended to the feed
    recheck: dict[str, datetime | None] = field(default_factory=dict)  # by task uid; None: no longer needed
    touched_objects: set[str] = field(default_factory=set)  # uids that got events


def record(
    batch: Batch,
    *,
    leadership: Leadership,
    belonging: Belonging,
    now: datetime,
    watching_since: datetime | None,
) -> Outcome:
    """Write the batch; a batch that failed in the middle may be given again. Raises Deposed."""
    with transaction.atomic(using=DATABASE):
        leadership.confirm(now)
        flush = _Flush(batch, belonging, now, watching_since)
        outcome = flush.run()
    belonging.keep(flush.events)
    return outcome


class _Flush:
    """The state of one transaction, in the order in which it must be done."""

    def __init__(self, batch: Batch, belonging: Belonging, now: datetime, watching_since: datetime | None) -> None:
        self.batch = batch
        self.belonging = belonging
        self.now = now
        self.watching_since = watching_since
        self.outcome = Outcome()
        self.notes: set[Note] = set()
        self.affected: set[str] = set(batch.recheck)  # tasks whose state must be derived
        self.gone: dict[str, list[PodFacts]] = defaultdict(list)
        self.facets: Counter[facets.Key] = Counter()
        self.objects: list[TaskObject] = []
        self.events = Sorted()

    def run(self) -> Outcome:
        fresh = self._jobs()
        self._pods()
        upsert(self.objects)
        self._sweep()
        self._events()
        self._derive(fresh)
        record_surroundings(self.batch)
        facets.adjust(self.facets)
        if any(progress.sweep_below for progress in self.batch.progress if progress.resource in JOB_KINDS):
            facets.count_anew()
        self.outcome.changes = changes.append(self.notes, at=self.now)
        self._save_progress()
        return self.outcome

    def _jobs(self) -> dict[str, Task]:
        """The rows of jobs that are new or newer, not derived yet; those that are gone are deleted here."""
        fresh: dict[str, Task] = {}
        manifests: list[TaskManifest] = []
        for resource in JOB_KINDS:
            slots = self.batch.slots.get(resource.key, {})
            keep_last_words(resource.kind, [slot for slot in slots.values() if slot.deleted], self.now)
            self._delete_tasks([uid for uid, slot in slots.items() if slot.deleted])
            living = {uid: slot for uid, slot in slots.items() if not slot.deleted}
            for uid, slot in still_there(Task, living).items():
                task, manifest = task_row(slot.object, slot.raw, resource.kind, generation=slot.generation)
                fresh[uid] = task
                manifests.append(manifest)
                self.objects.append(_task_object(slot, uid))
            self.objects += [_task_object(slot, uid, gone_at=self.now) for uid, slot in slots.items() if slot.deleted]
        upsert(manifests)
        self.affected |= set(fresh)
        return fresh

    def _pods(self) -> None:
        slots = self.batch.slots.get(POD.key, {})
        owners = {uid: owner for uid, slot in slots.items() if (owner := task_uid_of(slot.object))}
        ours = {uid: slot for uid, slot in slots.items() if uid in owners}
        rows: list[Pod] = []
        for uid, slot in still_there(Pod, {uid: slot for uid, slot in ours.items() if not slot.deleted}).items():
            rows.append(pod_row(slot.object, task_uid=owners[uid], generation=slot.generation))
            self.objects.append(_task_object(slot, owners[uid]))
        upsert(rows)
        for uid, slot in ours.items():
            if slot.deleted:
                last = pod_row(slot.object, task_uid=owners[uid], generation=slot.generation)
                self.gone[owners[uid]].append(pod_facts(last))
                self.objects.append(_task_object(slot, owners[uid], gone_at=self.now))
        for chunk in in_chunks(uid for uid, slot in ours.items() if slot.deleted):
            Pod.objects.filter(uid__in=chunk).delete()
        for uid in {row.uid for row in rows} | {uid for uid, slot in ours.items() if slot.deleted}:
            self._note_pod(owners[uid], slots[uid].object.metadata.namespace)

    def _note_pod(self, task_uid: str, namespace: str) -> None:
        self.affected.add(task_uid)
        self.notes.add(Note(task_uid, namespace, Change.Kind.POD))

    def _sweep(self) -> None:
        """After a full list: what it did not name has gone while nobody watched."""
        for progress in self.batch.progress:
            if progress.sweep_below is None:
                continue
            if progress.resource in JOB_KINDS:
                gone = Task.objects.filter(kind=progress.resource.kind, generation__lt=progress.sweep_below)
                self._delete_tasks(list(gone.values_list("uid", flat=True)))
            elif progress.resource == POD:
                lost = Pod.objects.filter(generation__lt=progress.sweep_below)
                for pod in lost:
                    self._note_pod(pod.task_uid, pod.namespace)
                    self.gone[pod.task_uid].append(pod_facts(pod))
                self._mark_gone([pod.uid for pod in lost])
                lost.delete()

    def _delete_tasks(self, uids: Sequence[str]) -> None:
        for chunk in in_chunks(uids):
            keep_from_index(chunk, self.now)
            for uid, namespace, framework, phase in Task.objects.filter(uid__in=chunk).values_list(
                "uid", "namespace", "framework", "phase"
            ):
                self.notes.add(Note(uid, namespace, Change.Kind.VANISHED))
                self.facets[namespace, framework, phase] -= 1
                self.outcome.recheck[uid] = None
            Task.objects.filter(uid__in=chunk).delete()
            TaskManifest.objects.filter(task_uid__in=chunk).delete()
            self._mark_gone(chunk)

    def _mark_gone(self, uids: Sequence[str]) -> None:
        for chunk in in_chunks(uids):
            TaskObject.objects.filter(uid__in=chunk, gone_at=None).update(gone_at=self.now)

    def _events(self) -> None:
        self.events = found = self.belonging.sort(self.batch.slots.get(EVENT.key, {}), self.now)
        upsert(found.rows)
        self.outcome.touched_objects = {row.object_uid for row in found.rows}
        self.notes |= {Note(row.task_uid, row.namespace, Change.Kind.EVENT) for row in found.rows}
        self.affected |= found.affected

    def _derive(self, fresh: Mapping[str, Task]) -> None:
        for chunk in in_chunks(sorted(self.affected)):
            before = {task.uid: task for task in Task.objects.filter(uid__in=chunk)}
            rows = [fresh.get(uid) or _copy(before[uid]) for uid in chunk if uid in fresh or uid in before]
            self.outcome.recheck |= derive(
                rows, before=before, gone=self.gone, now=self.now, watching_since=self.watching_since
            )
            changed = [row for row in rows if row.uid in fresh or _differs(row, before[row.uid])]
            upsert(changed)
            for row in changed:
                self._note_task(row, before.get(row.uid))

    def _note_task(self, row: Task, before: Task | None) -> None:
        kind = Change.Kind.TASK if before else Change.Kind.APPEARED
        self.notes.add(Note(row.uid, row.namespace, kind))
        self.facets[row.namespace, row.framework, row.phase] += 1
        if before is not None:
            self.facets[before.namespace, before.framework, before.phase] -= 1

    def _save_progress(self) -> None:
        cluster_uid = self.belonging.cluster_uid
        upsert([_watch_row(progress, self.events, cluster_uid) for progress in self.batch.progress])


def _task_object(slot: Slot, task_uid: str, *, gone_at: datetime | None = None) -> TaskObject:
    meta = slot.object.metadata
    return TaskObject(uid=meta.uid, task_uid=task_uid, namespace=meta.namespace, name=meta.name, gone_at=gone_at)


_DERIVED = ("phase", "cause", "roles", "pods_total", "pods_ready", "started_at", "finished_at")


def _differs(row: Task, before: Task) -> bool:
    return any(getattr(row, name) != getattr(before, name) for name in _DERIVED)


def _copy(task: Task) -> Task:
    return Task(**{field.attname: getattr(task, field.attname) for field in Task._meta.concrete_fields})


def _watch_row(progress: Progress, events: Sorted, cluster_uid: str) -> Watch:
    version = progress.resource_version
    if progress.resource == EVENT:  # those that wait for their pod are asked for again after a crash
        version = events.safe_version(version)
    return Watch(
        resource=progress.resource.key,
        resource_version=version,
        cluster_uid=cluster_uid,
        listed_at=progress.listed_at,
        heard_at=progress.heard_at,
        problem=progress.problem,
        served=progress.served,
        generation=progress.generation,
        format=FORMAT,
    )
