from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from tasks.phases import FINISHED, Phase, PodPhase
from tasks.states.facts import JobFacts, PodFacts, RoleFacts

# In each framework's order. Keys of the replica specs; pods carry them in lower case.
ROLES = {
    "TFJob": ("PS", "Chief", "Master", "Worker", "Evaluator"),
    "MXJob": ("Scheduler", "Server", "Worker", "TunerTracker", "TunerServer", "Tuner"),
    "PyTorchJob": ("Master", "Worker"),
    "MPIJob": ("Launcher", "Worker"),
}
ENDED = frozenset({PodPhase.SUCCEEDED, PodPhase.FAILED})


def in_order(kind: str, roles: Mapping[str, Any]) -> list[str]:
    """The keys of `roles` in the framework's order; those that it does not know come last."""
    known = [role for role in ROLES.get(kind, ()) if role in roles]
    return known + sorted(set(roles) - set(known))


def is_well(pod: PodFacts) -> bool:
    """Counts as "ok" in "pods ok/all"."""
    return not pod.deleting and (pod.phase is PodPhase.SUCCEEDED or (pod.phase is PodPhase.RUNNING and pod.ready))


def role_states(
    job: JobFacts,
    phase: Phase,
    pods: Sequence[PodFacts],
    before: Sequence[Mapping[str, Any]],
    finished_at: datetime | None,
) -> list[dict[str, Any]]:
    """console.index.models.Task.roles. A finished task keeps the counts of its last pods when those are cleaned up."""
    earlier = {entry["role"]: entry for entry in before}
    states = [
        _role_state(role, phase, [pod for pod in pods if pod.role == role.role], earlier.get(role.role))
        for role in job.roles
    ]
    if finished_at is not None:
        for state in states:
            state["finished_at"] = state["finished_at"] or (finished_at.isoformat() if state["started_at"] else None)
    return states


def _role_state(
    role: RoleFacts, phase: Phase, pods: Sequence[PodFacts], before: Mapping[str, Any] | None
) -> dict[str, Any]:
    if phase in FINISHED:  # what clean-up kills has neither failed nor become unready
        pods = [pod for pod in pods if not pod.deleting]
    failed = sum(pod.phase is PodPhase.FAILED for pod in pods)
    ready = sum(map(is_well, pods))
    starts = [pod.started_at for pod in pods if pod.started_at]
    ends = [pod.finished_at for pod in pods if pod.finished_at]
    started_at = min(starts).isoformat() if starts else None
    finished_at = max(ends).isoformat() if ends and len(ends) == len(pods) else None
    if before is not None:
        started_at = _earlier(started_at, before.get("started_at")) if pods or phase in FINISHED else None
        if phase in FINISHED and len(pods) < role.replicas:
            failed = max(failed, int(before["failed"]))
            ready = max(ready, min(int(before["ready"]), role.replicas - failed))
            finished_at = finished_at or before.get("finished_at")
    if phase is Phase.SUCCEEDED:
        ready = max(ready, min(role.succeeded, role.replicas - failed))
    return {
        "role": role.role,
        "phase": str(_role_phase(role, phase, pods, failed)),
        "pods": role.replicas,
        "ready": ready,
        "failed": failed,
        "cpu_millicores": role.cpu_millicores,
        "memory_mib": role.memory_mib,
        "gpus": role.gpus,
        "started_at": started_at,
        "finished_at": finished_at,
    }


def _earlier(now: str | None, before: str | None) -> str | None:
    """A recreated pod starts later; the role's run does not start anew with it."""
    if now is None or before is None:
        return now or before
    return min(now, before, key=datetime.fromisoformat)


def _role_phase(role: RoleFacts, phase: Phase, pods: Sequence[PodFacts], failed: int) -> Phase:
    if phase is Phase.FAILED:
        return Phase.FAILED if failed else Phase.GONE if not pods else _live_phase(role, phase, pods)
    if phase in (Phase.SUCCEEDED, Phase.DELETING, Phase.SUSPENDED, Phase.INVALID, Phase.SILENT):
        return phase
    return _live_phase(role, phase, pods)


def _live_phase(role: RoleFacts, phase: Phase, pods: Sequence[PodFacts]) -> Phase:
    """What the role's own pods say, whatever the other roles do."""
    phases = [pod.phase for pod in pods]
    if any(one is PodPhase.FAILED for one in phases):
        return Phase.RESTARTING if phase is Phase.RESTARTING else Phase.FAILED
    if phases and all(one is PodPhase.SUCCEEDED for one in phases) and len(phases) >= role.replicas:
        return Phase.SUCCEEDED
    if any(pod.phase is PodPhase.PENDING and pod.reason == "Unschedulable" for pod in pods):
        return Phase.WAITING
    if len(phases) < role.replicas and phase in (Phase.QUEUED, Phase.SUBMITTED, Phase.RESTARTING):
        return phase
    if any(one in (PodPhase.RUNNING, PodPhase.SUCCEEDED) for one in phases):
        return Phase.RUNNING
    if any(pod.phase is PodPhase.NOT_READY and pod.started_at for pod in pods):
        return Phase.RUNNING
    return Phase.CREATING
