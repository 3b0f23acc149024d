"""A job's status in the operator's hands: conditions with their moves, and the counts per role."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from console.localcluster.machinery.objects import clone, parse_time, seconds_text

Condition = dict[str, str]
Truth = Literal["True", "False"]

CREATED = "Created"
RUNNING = "Running"
RESTARTING = "Restarting"
SUSPENDED = "Suspended"
SUCCEEDED = "Succeeded"
FAILED = "Failed"


@dataclass(slots=True)
class Counts:
    """Pods of one role. Pending ones are counted nowhere."""

    active: int = 0
    succeeded: int = 0
    failed: int = 0
    selector: str = ""

    def count(self, pod: dict[str, Any]) -> None:
        """Add one pod. A running pod that is on its way out counts as failed (kubeflow.md 7.1)."""
        match (pod.get("status") or {}).get("phase"):
            case "Running" if "deletionTimestamp" in pod["metadata"]:
                self.failed += 1
            case "Running":
                self.active += 1
            case "Succeeded":
                self.succeeded += 1
            case "Failed":
                self.failed += 1

    def as_object(self) -> dict[str, Any]:
        fields = ("active", "succeeded", "failed", "selector")
        return {name: getattr(self, name) for name in fields if getattr(self, name)}


@dataclass(slots=True)
class JobStatus:
    """`status` of a job. Times are RFC 3339 to the second, as the API keeps them."""

    conditions: list[Condition] = field(default_factory=list)
    replicas: dict[str, Counts] = field(default_factory=dict)
    start_time: str = ""
    completion_time: str = ""

    @classmethod
    def of(cls, job: dict[str, Any]) -> JobStatus:
        status = job.get("status") or {}
        return cls(
            conditions=clone(status.get("conditions") or []),
            replicas={role: Counts(**counts) for role, counts in (status.get("replicaStatuses") or {}).items()},
            start_time=status.get("startTime") or "",
            completion_time=status.get("completionTime") or "",
        )

    def as_object(self) -> dict[str, Any]:
        status: dict[str, Any] = {"conditions": self.conditions}
        if self.replicas:
            status["replicaStatuses"] = {role: counts.as_object() for role, counts in self.replicas.items()}
        if self.start_time:
            status["startTime"] = self.start_time
        if self.completion_time:
            status["completionTime"] = self.completion_time
        return clone(status)  # type: ignore[no-any-return]

    def condition(self, type_: str) -> Condition | None:
        return next((entry for entry in self.conditions if entry["type"] == type_), None)

    def has(self, type_: str) -> bool:
        condition = self.condition(type_)
        return condition is not None and condition["status"] == "True"

    @property
    def finished(self) -> bool:
        return self.has(SUCCEEDED) or self.has(FAILED)

    def set(self, type_: str, truth: Truth, *, reason: str, message: str, now: datetime) -> None:
        """Move the condition to the end of the list; what it excludes goes or becomes False (kubeflow.md 4.1).

        Nothing changes once Failed is True, nor when status and reason are as they were.
        """
        if self.has(FAILED):
            return
        before = self.condition(type_)
        if before and (before["status"], before["reason"]) == (truth, reason):
            return
        at = seconds_text(now)
        moved = before["lastTransitionTime"] if before and before["status"] == truth else at
        kept = [entry for entry in self.conditions if entry["type"] not in _excluded_by(type_)]
        if type_ in (FAILED, SUCCEEDED):
            kept = [entry | {"status": "False"} if entry["type"] == RUNNING else entry for entry in kept]
        added = {"type": type_, "status": truth, "reason": reason, "message": message}
        self.conditions = [*kept, added | {"lastUpdateTime": at, "lastTransitionTime": moved}]

    def past_deadline(self, deadline_seconds: int | None, now: datetime) -> bool:
        if deadline_seconds is None or not self.start_time:
            return False
        return now - parse_time(self.start_time) >= timedelta(seconds=deadline_seconds)

    def expires_at(self, ttl_seconds: int | None) -> datetime | None:
        """When a finished job is to be deleted; None without a ttl or a completion time."""
        if ttl_seconds is None or not self.completion_time or not self.finished:
            return None
        return parse_time(self.completion_time) + timedelta(seconds=ttl_seconds)

    def complete(self, now: datetime) -> None:
        self.completion_time = self.completion_time or seconds_text(now)


def _excluded_by(type_: str) -> tuple[str, ...]:
    pairs = {RUNNING: (RUNNING, RESTARTING), RESTARTING: (RESTARTING, RUNNING)}
    return pairs.get(type_, (type_,))
