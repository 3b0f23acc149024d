from collections.abc import Sequence
from dataclasses import dataclass

from tasks.phases import PodPhase
from tasks.states.causes import TROUBLES
from tasks.states.facts import ContainerFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class PodSeen:
    """A pod's status as the API server has it."""

    phase: str  # "Pending", "Running", "Succeeded", "Failed", "Unknown"
    reason: str = ""
    message: str = ""
    deleting: bool = False
    node: str = ""
    ready: bool = False  # condition Ready
    unscheduled_reason: str = ""  # of condition PodScheduled, when it is False
    unscheduled_message: str = ""
    restart_policy: str = "Never"
    containers: Sequence[ContainerFacts] = ()


def pod_phase(pod: PodSeen) -> tuple[PodPhase, str, str]:
    """Our phase, with the cluster's word for the reason and its message ("" and "" when all is well)."""
    if pod.phase == "Succeeded" or _has_ended(pod, well=True):
        return PodPhase.SUCCEEDED, "", ""
    if pod.phase == "Failed" or _has_ended(pod, well=False):
        return PodPhase.FAILED, *_failure(pod)
    if pod.deleting:
        return PodPhase.TERMINATING, pod.reason, pod.message
    for container in pod.containers:
        if container.state == "waiting" and container.reason in TROUBLES:
            return PodPhase.NOT_READY, container.reason, container.message
    if pod.phase == "Running":
        if pod.ready:
            return PodPhase.RUNNING, "", ""
        return PodPhase.NOT_READY, *_unready(pod)
    if pod.phase == "Pending":
        if pod.node:
            return PodPhase.STARTING, *_starting(pod)
        return PodPhase.PENDING, pod.unscheduled_reason, pod.unscheduled_message
    return PodPhase.UNKNOWN, pod.reason, pod.message


def _has_ended(pod: PodSeen, *, well: bool) -> bool:
    """Whether all containers have ended for good. The kubelet writes the phase a second later (kubeflow.md 4.5)."""
    main = [container for container in pod.containers if not container.init]
    if pod.phase != "Running" or not main or any(container.state != "terminated" for container in main):
        return False
    if all(container.exit_code == 0 for container in main):
        return well and pod.restart_policy != "Always"
    return not well and pod.restart_policy == "Never"


def _failure(pod: PodSeen) -> tuple[str, str]:
    if pod.reason:
        return pod.reason, pod.message
    ended = [c for c in pod.containers if c.state == "terminated" and c.exit_code]
    worst = next((c for c in ended if c.reason == "OOMKilled"), ended[0] if ended else None)
    return (worst.reason, worst.message) if worst else ("", pod.message)


def _unready(pod: PodSeen) -> tuple[str, str]:
    """A container has ended while others run, or its readiness probe has not passed."""
    ended = next((c for c in pod.containers if not c.init and c.state == "terminated"), None)
    return (ended.reason, ended.message) if ended else ("NotReady", "")


def _starting(pod: PodSeen) -> tuple[str, str]:
    waiting = next((c for c in pod.containers if c.state == "waiting" and c.reason), None)
    return (waiting.reason, waiting.message) if waiting else ("", "")
