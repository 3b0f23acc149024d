"""The watcher's work without its watches: what a test says was seen is written at the time the test says it is."""

from datetime import datetime, timedelta
from functools import partial

from console.cluster.resources import EVENT, JOB_KINDS, POD
from console.index.leader import Leadership, lock_of_this_index
from console.index.models import Task
from tasks.observe.batch import Batch, Collection, Progress
from tasks.observe.belonging import Belonging
from tasks.observe.record import Outcome, record
from tasks.observe.salvage import write_what_can_be
from tests.tasks.recording import Line, Recording


class Observer:
    def __init__(self, *, listing: bool = False) -> None:
        self.collection = Collection()
        for resource in (POD, EVENT, *JOB_KINDS):
            self.collection.watch(Progress(resource, listing=listing))
        self.belonging = Belonging("cluster")
        self.lock = lock_of_this_index()
        self.leadership = Leadership(self.lock)
        self.watching_since: datetime | None = None
        self.unwritable: set[str] = set()  # uids of objects that no transaction takes

    def see(self, line: Line) -> None:
        self.collection.put(line.resource, line.object, line.raw, deleted=line.type == "DELETED", now=line.at)

    def flush(self, now: datetime, *, recheck: list[str] | None = None) -> Outcome:
        write = partial(
            record,
            leadership=self.leadership,
            belonging=self.belonging,
            now=now,
            watching_since=self.watching_since,
        )

        def write_unless_odd(batch: Batch) -> Outcome:
            if self.unwritable & {uid for slots in batch.slots.values() for uid in slots}:
                raise ValueError("nobody thought of this")
            return write(batch)

        return write_what_can_be(self.collection.take(recheck or []), write_unless_odd)

    def replay(self, recording: Recording, *, flush_seconds: float = 0.1, until: float = 1e9) -> list[str]:
        """The phases the task went through, each once in a row, when flushed as often as the watcher does."""
        phases: list[str] = []
        due: datetime | None = None
        for line in recording:
            if (line.at - recording.began).total_seconds() > until:
                break
            if due is not None and line.at >= due:
                self.flush(due)
                _append(phases)
                due = None
            self.see(line)
            due = due or line.at + timedelta(seconds=flush_seconds)
        if due is not None:
            self.flush(due)
            _append(phases)
        return phases

    def close(self) -> None:
        self.lock.release()


def _append(phases: list[str]) -> None:
    task = Task.objects.first()
    phase = task.phase if task else "gone"
    if not phases or phases[-1] != phase:
        phases.append(phase)
