"""The state of tasks, roles and pods, derived from what the watcher saw. Pure: no clock, no database, no cluster."""

from tasks.states.causes import CauseCode
from tasks.states.facts import (
    Before,
    Complaint,
    Condition,
    ContainerFacts,
    JobFacts,
    PodFacts,
    RoleFacts,
    TaskState,
)
from tasks.states.jobs import Sight, task_state
from tasks.states.pods import PodSeen, pod_phase
from tasks.states.roles import in_order
from tasks.states.validity import Rule, why_never

__all__ = [
    "Before",
    "CauseCode",
    "Complaint",
    "Condition",
    "ContainerFacts",
    "JobFacts",
    "PodFacts",
    "PodSeen",
    "RoleFacts",
    "Rule",
    "Sight",
    "TaskState",
    "in_order",
    "pod_phase",
    "task_state",
    "why_never",
]
