"""When a job fails for its runPolicy's sake: backoffLimit (two rules) and deadline. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from console.localcluster.controllers.jobs.specification import COUNTED, Role, RunPolicy, total_replicas
from console.localcluster.controllers.jobs.status import JobStatus
from console.localcluster.machinery.objects import labels_of, name_of

Object = dict[str, Any]

REPLICA_TYPE = "training.kubeflow.org/replica-type"


def failure_message(
    job: Object, policy: RunPolicy, roles: list[Role], pods: list[Object], status: JobStatus, now: datetime
) -> str:
    """Why the job is over, or "". Looked at before anything else of a pass (kubeflow.md 3.2, 3.3)."""
    if policy.backoff_limit is not None and (
        _has_new_failure(policy.backoff_limit, roles, pods, status)
        or _restarted_too_often(policy.backoff_limit, roles, pods)
    ):
        return f"Job {name_of(job)} has failed because it has reached the specified backoff limit"
    if status.past_deadline(policy.deadline_seconds, now):
        return f"Job {name_of(job)} has failed because it was active longer than specified deadline"
    return ""


def active_pods(pods: list[Object]) -> list[Object]:
    return [pod for pod in pods if phase_of(pod) not in ("Succeeded", "Failed") and not _terminating(pod)]


def pods_of(role: Role, pods: list[Object]) -> list[Object]:
    return [pod for pod in pods if labels_of(pod).get(REPLICA_TYPE) == role.label]


def _has_new_failure(limit: int, roles: list[Role], pods: list[Object], status: JobStatus) -> bool:
    """Rule A. The operator counts no earlier retries (its work queue is a fake), so this fires for limit 0 only."""
    failed = sum(phase_of(pod) == "Failed" for pod in pods)
    known = sum(counts.failed for counts in status.replicas.values())
    return failed > known and len(active_pods(pods)) != total_replicas(roles) and limit < 1


def _restarted_too_often(limit: int, roles: list[Role], pods: list[Object]) -> bool:
    """Rule B: the containers' restarts of pods in phase Running, over the roles that restart."""
    restarts: int = sum(
        entry.get("restartCount", 0)
        for role in roles
        if role.restart_policy in COUNTED
        for pod in pods_of(role, pods)
        if phase_of(pod) == "Running"
        for key in ("initContainerStatuses", "containerStatuses")
        for entry in pod["status"].get(key) or []
    )
    return restarts > 0 if limit == 0 else restarts >= limit


def phase_of(pod: Object) -> str:
    """ "" for a pod that nobody has looked at yet."""
    return str((pod.get("status") or {}).get("phase", ""))


def _terminating(pod: Object) -> bool:
    return "deletionTimestamp" in pod["metadata"]
