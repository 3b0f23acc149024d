"""What the operator needs to know of a kind; one module a kind fills it in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

from console.localcluster.controllers.jobs.hands import Hands
from console.localcluster.controllers.jobs.specification import Role, Shape
from console.localcluster.controllers.jobs.status import FAILED, RESTARTING, RUNNING, SUCCEEDED, JobStatus
from console.localcluster.machinery.kinds import Kind
from console.localcluster.machinery.objects import name_of

Object = dict[str, Any]


@dataclass(slots=True)
class Pass:
    """One look at one job: what is read, and the status that will be written."""

    hands: Hands
    roles: list[Role]
    pods: list[Object]
    status: JobStatus
    services: dict[str, Object] = field(default_factory=dict)

    @property
    def job(self) -> Object:
        return self.hands.job

    @property
    def name(self) -> str:
        return name_of(self.job)

    @property
    def kind_name(self) -> str:
        return self.hands.kind.kind

    def running(self, message: str) -> None:
        self._set(RUNNING, f"{self.kind_name}Running", message)

    def succeeded(self, message: str) -> None:
        self.hands.normal(f"{self.kind_name}Succeeded", message)
        self.status.complete(self.hands.now)
        self._set(SUCCEEDED, f"{self.kind_name}Succeeded", message)

    def failed(self, message: str, *, reason: str = "") -> None:
        reason = reason or f"{self.kind_name}Failed"
        self.hands.normal(reason, message)
        self.status.complete(self.hands.now)
        self._set(FAILED, reason, message)

    def restarting(self, message: str, *, reason: str = "") -> None:
        reason = reason or f"{self.kind_name}Restarting"
        self.hands.warning(reason, message)
        self._set(RESTARTING, reason, message)

    def _set(self, type_: str, reason: str, message: str) -> None:
        self.status.set(type_, "True", reason=reason, message=message, now=self.hands.now)


class Framework(Protocol):
    """The part of the operator that one kind has for itself."""

    kind: Kind
    shape: Shape

    def refusal(self, job: Object) -> str:
        """Why the operator will not look at this spec (an event, retried with back-off), or ""."""

    def crashes_operator(self, job: Object) -> bool:
        """Whether the real operator's process ends over this object, at each start, until it is deleted."""

    def reconcile_pods(self, current: Pass) -> None:
        """Make, delete and count the pods (and what else the kind needs). Raises ApiError on a refusal."""

    def judge(self, current: Pass) -> None:
        """Set Running, Succeeded, Failed or Restarting by the counts."""
