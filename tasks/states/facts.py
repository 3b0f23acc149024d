"""What the watcher saw of one job and its pods, as far as its state depends on it. No Django, no cluster client."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tasks.phases import Phase, PodPhase


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    type: str  # "Created", "Running", "Restarting", "Suspended", "Succeeded", "Failed"
    holds: bool
    reason: str = ""
    message: str = ""
    since: datetime | None = None  # lastTransitionTime


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleFacts:
    """One entry of the job's replica specs, with what each of its pods asks for."""

    role: str  # as the manifest spells it
    replicas: int
    cpu_millicores: int = 0
    memory_mib: int = 0
    gpus: int = 0
    succeeded: int = 0  # of status.replicaStatuses; at a success those killed count, too (kubeflow.md 4.3)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFacts:
    kind: str
    created_at: datetime
    deleting: bool = False
    suspend: bool = False  # spec.runPolicy.suspend: what is wished
    conditions: tuple[Condition, ...] = ()
    roles: tuple[RoleFacts, ...] = ()  # in the framework's order
    start_time: datetime | None = None
    completion_time: datetime | None = None
    deadline_seconds: int | None = None
    gang: bool = False  # a PodGroup lets its pods in together
    invalid: str = ""  # why the operator will never accept it: a word of tasks.states.validity; "" when it may

    def condition(self, type_: str) -> Condition | None:
        return next((condition for condition in self.conditions if condition.type == type_), None)

    def holds(self, type_: str) -> bool:
        condition = self.condition(type_)
        return condition is not None and condition.holds


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerFacts:
    """One container's status. Times are ISO texts: it is stored as JSON."""

    name: str
    image: str = ""
    init: bool = False
    state: str = "waiting"  # "running", "waiting", "terminated"
    reason: str = ""
    message: str = ""
    ready: bool = False
    restarts: int = 0
    exit_code: int | None = None
    started_at: str | None = None
    finished_at: str | None = None
    last_exit_code: int | None = None
    last_reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PodFacts:
    name: str
    role: str
    phase: PodPhase
    reason: str = ""
    message: str = ""
    deleting: bool = False
    ready: bool = False
    containers: tuple[ContainerFacts, ...] = ()
    started_at: datetime | None = None
    finished_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """The newest event that says why pods are missing or do not start. It words a cause; it never makes a phase."""

    reason: str  # "FailedCreatePod"
    message: str
    object_name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """What was derived last time: what the cluster has since forgotten is kept from it."""

    phase: Phase | None = None
    cause: dict[str, Any] = field(default_factory=dict)
    roles: tuple[dict[str, Any], ...] = ()
    started_at: datetime | None = None
    finished_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskState:
    phase: Phase
    cause: dict[str, Any]  # {} when all is well, else "code" and its parameters (tasks.states.causes)
    roles: list[dict[str, Any]]  # as console.index.models.Task.roles
    pods_total: int
    pods_ready: int
    started_at: datetime | None
    finished_at: datetime | None
    recheck_at: datetime | None = None  # when it may be another phase though nothing has happened
