"""One task's state, from its conditions and its pods together (kubeflow.md 4.4; first match wins).

Events never make a phase: they word the cause where pods are missing, and tell that the operator has been heard.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tasks.phases import FINISHED, Phase, PodPhase
from tasks.states.causes import ENDINGS, CauseCode, cause, ending_of, refusal_of, trouble_of, why_unscheduled
from tasks.states.facts import Before, Complaint, JobFacts, PodFacts, TaskState
from tasks.states.roles import ENDED, role_states

# The operator writes a job's first status within 0.1 s, and a condition 0.1 s after the pods' phase (kubeflow.md 4.5).
OPERATOR_SILENT_AFTER = timedelta(seconds=30)
# After a start, and after the cluster was away, the watches tell of what happened meanwhile in any order.
SETTLING = timedelta(seconds=5)
# Pods and services of a new job are there within 0.1 s; missing for longer, something stands in their way.
PODS_MISSING_AFTER = timedelta(seconds=5)
# Of a Failed condition: "TFJob vision/a has failed because 1 Worker replica(s) failed."
_FAILED_ROLE = re.compile(r"\b(\w+) replica\(s\) failed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """All that is known of one task at one moment."""

    job: JobFacts
    pods: Sequence[PodFacts]  # in the cluster now
    now: datetime
    gone: Sequence[PodFacts] = ()  # pods as they were last seen, deleted since the last look
    complaint: Complaint | None = None
    operator_heard: bool = False  # it has written an event about the job
    before: Before = Before()
    watching_since: datetime | None = None  # without a gap: nobody is called silent for what we did not hear

    def due(self, moment: datetime) -> datetime:
        """When the operator's word about something of `moment` is overdue."""
        due = moment + OPERATOR_SILENT_AFTER
        return due if self.watching_since is None else max(due, self.watching_since + SETTLING)

    @property
    def expected(self) -> int:
        return sum(role.replicas for role in self.job.roles)

    @property
    def missing(self) -> int:
        return max(0, self.expected - len(self.pods))


@dataclass(frozen=True, slots=True)
class _Verdict:
    phase: Phase
    cause: dict[str, Any]
    recheck_at: datetime | None = None


def task_state(sight: Sight) -> TaskState:
    verdict = _overdue(sight, _verdict(sight))
    finished_at = _finished_at(sight, verdict.phase)
    roles = role_states(sight.job, verdict.phase, sight.pods, sight.before.roles, finished_at)
    return TaskState(
        phase=verdict.phase,
        cause=verdict.cause,
        roles=roles,
        pods_total=sight.expected,
        pods_ready=sum(entry["ready"] for entry in roles),
        started_at=_started_at(sight),
        finished_at=finished_at,
        recheck_at=verdict.recheck_at,
    )


def _verdict(sight: Sight) -> _Verdict:
    job = sight.job
    if job.deleting:
        return _Verdict(Phase.DELETING, {})
    if job.holds("Failed"):
        return _Verdict(Phase.FAILED, _why_failed(sight))
    if job.holds("Succeeded"):
        return _Verdict(Phase.SUCCEEDED, {})
    if job.suspend or job.holds("Suspended"):
        return _Verdict(Phase.SUSPENDED, {})
    if job.holds("Restarting"):
        return _stalled(sight) or _Verdict(Phase.RESTARTING, _ending(sight) or _kept_ending(sight))
    if job.holds("Running"):
        return _stalled(sight) or _Verdict(Phase.RUNNING, _ending(sight) or _trouble(sight), _when_stalled(sight))
    if sight.pods:
        return _not_yet_running(sight)
    return _without_pods(sight)


def _not_yet_running(sight: Sight) -> _Verdict:
    """Pods exist, but the operator has not said Running."""
    refusal = refusal_of(sight.complaint)
    if not sight.missing and (sight.job.conditions or refusal.get("code") != CauseCode.SERVICE_REFUSED):
        refusal = refusal if refusal.get("code") == CauseCode.MOUNT else {}  # it was about a pod that is here now
    unschedulable = next(
        (pod for pod in sight.pods if pod.phase is PodPhase.PENDING and pod.reason == "Unschedulable"), None
    )
    if unschedulable is not None:
        return _Verdict(Phase.WAITING, why_unscheduled(unschedulable))
    if any(_is_starting(pod) for pod in sight.pods):
        return _Verdict(Phase.CREATING, _ending(sight) or _trouble(sight) or refusal)
    if sight.missing or refusal:
        return _queued(sight, refusal)
    stalled = _stalled(sight)
    if stalled is not None:
        return stalled
    # All pods run or have ended: the operator's word is due within a moment.
    late = max((pod.started_at for pod in sight.pods if pod.started_at), default=sight.job.created_at)
    if sight.now >= sight.due(late):
        return _Verdict(Phase.SILENT, cause(CauseCode.OPERATOR_SILENT), _when_stalled(sight))
    return _Verdict(Phase.CREATING, _ending(sight), sight.due(late))


def _is_starting(pod: PodFacts) -> bool:
    return pod.phase in (PodPhase.PENDING, PodPhase.STARTING) or (
        pod.phase is PodPhase.NOT_READY and pod.started_at is None
    )


def _without_pods(sight: Sight) -> _Verdict:
    job, age = sight.job, sight.now - sight.job.created_at
    refusal = refusal_of(sight.complaint)
    if not job.conditions and job.invalid:
        words = sight.complaint.message if refusal.get("code") == CauseCode.NOT_VALID and sight.complaint else ""
        return _Verdict(Phase.INVALID, cause(CauseCode.NOT_VALID, message=words, rule=job.invalid))
    if refusal.get("code") == CauseCode.NOT_VALID:
        return _Verdict(Phase.INVALID, refusal)
    if refusal:
        return _queued(sight, refusal)
    if job.conditions:
        if age < PODS_MISSING_AFTER:
            return _Verdict(Phase.CREATING, {}, job.created_at + PODS_MISSING_AFTER)
        return _queued(sight, {})
    due = sight.due(job.created_at)
    if sight.now >= due and not sight.operator_heard:
        return _Verdict(Phase.SILENT, cause(CauseCode.OPERATOR_SILENT))
    return _Verdict(Phase.SUBMITTED, {}, None if sight.operator_heard else due)


def _queued(sight: Sight, refusal: dict[str, Any]) -> _Verdict:
    if not refusal and sight.job.gang:
        refusal = cause(CauseCode.GANG)
    return _Verdict(Phase.QUEUED, refusal)


def _stalled(sight: Sight) -> _Verdict | None:
    """Every pod has ended, or is gone, and yet the operator says nothing: it is away, or stuck."""
    due = _when_stalled(sight)
    if due is None or sight.now < due:
        return None
    return _Verdict(Phase.STALLED, _ending(sight) or cause(CauseCode.OPERATOR_STALLED))


def _when_stalled(sight: Sight) -> datetime | None:
    """When the operator's word will be overdue; None while a pod lives (or is still to be made)."""
    if any(pod.phase not in ENDED for pod in sight.pods):
        return None
    ends = [pod.finished_at for pod in (*sight.pods, *sight.gone) if pod.finished_at]
    ends += [c.since for c in sight.job.conditions if c.since and c.type in ("Running", "Restarting")]
    return sight.due(max(ends, default=sight.job.created_at))


def _ending(sight: Sight) -> dict[str, Any]:
    """The first pod that failed, and why; one that was deleted counts only when none failed by itself."""
    found = [(pod, why) for pod in (*sight.pods, *sight.gone) if (why := ending_of(pod))]
    by_itself = next((why for _, why in found if why["code"] != CauseCode.POD_DELETED), None)
    return by_itself or _deletion(sight, found)


def _deletion(sight: Sight, found: Sequence[tuple[PodFacts, dict[str, Any]]]) -> dict[str, Any]:
    """The pod that was deleted first. Clean-up deletes the others at once, and may be seen together with it.

    Where it cannot be told, no pod is named, and its role only if that is known.
    """
    if len(found) < 2:
        return found[0][1] if found else {}
    seen = next((why for _, why in found if why == sight.before.cause), None)
    if seen is not None:
        return seen
    failed = sight.job.condition("Failed")
    role = _FAILED_ROLE.search(failed.message) if failed is not None else None
    suspects = [(pod, why) for pod, why in found if role is not None and pod.role == role[1]] or list(found)
    suspects = [(pod, why) for pod, why in suspects if pod.phase is PodPhase.FAILED] or suspects
    if len(suspects) == 1:
        return suspects[0][1]
    roles = {pod.role for pod, _ in suspects}
    return cause(CauseCode.POD_DELETED, role=roles.pop() if len(roles) == 1 else "")


def _trouble(sight: Sight) -> dict[str, Any]:
    for pod in sight.pods:
        if why := trouble_of(pod):
            return why
        if pod.phase is PodPhase.PENDING and pod.reason == "Unschedulable":
            return why_unscheduled(pod)
    return {}


def _kept_ending(sight: Sight) -> dict[str, Any]:
    return sight.before.cause if sight.before.cause.get("code") in ENDINGS else {}


def _why_failed(sight: Sight) -> dict[str, Any]:
    """The pod's own end where it was seen, else what the condition says. Once told it stays: clean-up kills, too."""
    failed = sight.job.condition("Failed")
    message = failed.message if failed is not None else ""
    if "active longer than specified deadline" in message:
        return cause(CauseCode.DEADLINE, message=message, seconds=sight.job.deadline_seconds)
    ending = _ending(sight)
    if ending.get("code") not in (None, CauseCode.POD_DELETED):
        return ending
    kept = _kept_ending(sight)
    if "pod" in kept:
        return kept
    if sight.before.phase is Phase.FAILED and sight.before.cause:
        return sight.before.cause
    if "backoff limit" in message:
        return cause(CauseCode.BACKOFF_LIMIT, message=message)
    return ending or kept or cause(CauseCode.POD_FAILED, message=message)


def _overdue(sight: Sight, verdict: _Verdict) -> _Verdict:
    """A deadline that has passed unnoticed: the operator has no timer for it (kubeflow.md fact 7)."""
    job = sight.job
    if job.deadline_seconds is None or job.start_time is None or verdict.phase in (*FINISHED, Phase.DELETING):
        return verdict
    if verdict.phase is Phase.SUSPENDED:
        return verdict
    try:
        due = job.start_time + timedelta(seconds=job.deadline_seconds)
    except OverflowError:  # the API server takes any number; this one is in no calendar
        return verdict
    if sight.now < due:
        return _Verdict(verdict.phase, verdict.cause, min(due, verdict.recheck_at or due))
    late = cause(CauseCode.DEADLINE_OVERDUE, seconds=job.deadline_seconds)
    return _Verdict(verdict.phase, verdict.cause or late, verdict.recheck_at)


def _started_at(sight: Sight) -> datetime | None:
    """The first container's start. A pod that came again keeps the first one's; a resumed task starts anew."""
    starts = [pod.started_at for pod in sight.pods if pod.started_at]
    if sight.before.started_at and not sight.job.suspend and sight.before.phase is not Phase.SUSPENDED:
        starts.append(sight.before.started_at)
    if starts:
        return min(starts)
    return sight.job.start_time if sight.job.holds("Succeeded") or sight.job.holds("Failed") else None


def _finished_at(sight: Sight, phase: Phase) -> datetime | None:
    if phase not in (Phase.SUCCEEDED, Phase.FAILED):
        return sight.before.finished_at if phase is Phase.DELETING else None
    failed = sight.job.condition("Failed")
    return sight.job.completion_time or (failed.since if failed else None) or sight.before.finished_at
