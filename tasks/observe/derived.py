"""The phase, cause and counts of tasks, from the rows of the index as they are in the running transaction."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import F

from console.index.models import Event, Pod, Task
from console.index.table import in_chunks
from tasks.observe.events import COMPLAINTS
from tasks.observe.jobs import facts_of
from tasks.observe.pods import pod_facts
from tasks.phases import Phase
from tasks.states import Before, Complaint, JobFacts, PodFacts, Sight, TaskState, task_state


def derive(
    tasks: Sequence[Task],
    *,
    before: Mapping[str, Task],
    gone: Mapping[str, Sequence[PodFacts]],
    now: datetime,
    watching_since: datetime | None,
) -> dict[str, datetime | None]:
    """Set the derived columns of `tasks`; return by uid when each must be looked at again though nothing happens.

    `before` has the rows as they were, for those that were there; `gone` the last states of pods deleted just now.
    """
    facts = {task.uid: known for task in tasks if (known := facts_of(task))}
    pods = _pods_of(facts)
    unsure = [uid for uid, job in facts.items() if _needs_words(job)]
    complaints = _complaints_about(unsure)
    heard = _operator_heard_about([uid for uid in unsure if not facts[uid].conditions])
    recheck: dict[str, datetime | None] = {}
    for task in tasks:
        if task.uid not in facts:  # it is listed, and written anew, in a moment
            continue
        state = task_state(
            Sight(
                job=facts[task.uid],
                pods=pods.get(task.uid, ()),
                gone=gone.get(task.uid, ()),
                now=now,
                complaint=complaints.get(task.uid),
                operator_heard=task.uid in heard,
                before=_before(before.get(task.uid)),
                watching_since=watching_since,
            )
        )
        _apply(task, state)
        recheck[task.uid] = state.recheck_at
    return recheck


def _apply(task: Task, state: TaskState) -> None:
    task.phase = str(state.phase)
    task.cause = state.cause
    task.roles = state.roles
    task.pods_total = state.pods_total
    task.pods_ready = state.pods_ready
    task.started_at = state.started_at
    task.finished_at = state.finished_at


def _before(row: Task | None) -> Before:
    if row is None or not row.phase:
        return Before()
    return Before(
        phase=Phase(row.phase),
        cause=row.cause,
        roles=tuple(row.roles),
        started_at=row.started_at,
        finished_at=row.finished_at,
    )


def _needs_words(job: JobFacts) -> bool:
    """Whether an event may be needed to say why it does not run."""
    return not any(job.holds(one) for one in ("Running", "Succeeded", "Failed", "Suspended"))


def _pods_of(uids: Mapping[str, Any]) -> dict[str, list[PodFacts]]:
    found: dict[str, list[PodFacts]] = defaultdict(list)
    for chunk in in_chunks(uids):
        for row in Pod.objects.filter(task_uid__in=chunk).order_by("role", "index", "created_at"):
            found[row.task_uid].append(pod_facts(row))
    return found


def _complaints_about(uids: Sequence[str]) -> dict[str, Complaint]:
    """The newest complaint about each."""
    found: dict[str, Complaint] = {}
    for chunk in in_chunks(uids):
        for event in Event.objects.filter(task_uid__in=chunk, reason__in=COMPLAINTS).order_by("last_at"):
            if event.reason != "MPIJobFailed" or "created failed" in event.message:
                found[event.task_uid] = Complaint(
                    reason=event.reason, message=event.message, object_name=event.object_name
                )
    return found


def _operator_heard_about(uids: Sequence[str]) -> set[str]:
    """Those about whose job object itself there is an event: nobody but the operator writes any."""
    return {
        uid
        for chunk in in_chunks(uids)
        for uid in Event.objects.filter(task_uid__in=chunk, object_uid=F("task_uid"))
        .values_list("task_uid", flat=True)
        .distinct()
    }
