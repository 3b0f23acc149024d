"""Why a task waits, fails or failed: codes with parameters. tasks/causes.py words them in both languages."""

from enum import StrEnum
from typing import Any

from tasks.phases import PodPhase
from tasks.states.facts import Complaint, ContainerFacts, PodFacts

MESSAGE_LIMIT = 1000  # characters of the cluster's own words; some schedulers name every node


class CauseCode(StrEnum):
    # A container ended, or a pod is gone: {"pod", "role", "container", "exit_code"}
    OUT_OF_MEMORY = "out-of-memory"
    START_FAILED = "start-failed"  # the command does not exist
    EXIT_CODE = "exit-code"
    CRASH_LOOP = "crash-loop"
    EVICTED = "evicted"
    NODE_LOST = "node-lost"
    POD_DELETED = "pod-deleted"
    POD_FAILED = "pod-failed"
    # A container does not start
    IMAGE_PULL = "image-pull"  # + "image"
    IMAGE_NAME = "image-name"  # + "image"
    CONFIGURATION = "configuration"  # a ConfigMap, Secret or key is missing
    CONTAINER_REFUSED = "container-refused"
    MOUNT = "mount"
    UNSCHEDULABLE = "unschedulable"
    CLAIM_WITHOUT_VOLUME = "claim-without-volume"
    # The job itself
    DEADLINE = "deadline"  # + "seconds"
    DEADLINE_OVERDUE = "deadline-overdue"  # + "seconds": the operator has not noticed yet
    BACKOFF_LIMIT = "backoff-limit"
    QUOTA = "quota"
    NAME_TAKEN = "name-taken"
    POD_REFUSED = "pod-refused"
    SERVICE_REFUSED = "service-refused"
    GANG = "gang"
    OPERATOR_SILENT = "operator-silent"
    OPERATOR_STALLED = "operator-stalled"
    NOT_VALID = "not-valid"  # "rule" (tasks.states.validity) or the operator's own words in "message"


# These say why a task failed for good; kept when the pod they are about is cleaned up.
ENDINGS = frozenset(
    {
        CauseCode.OUT_OF_MEMORY,
        CauseCode.START_FAILED,
        CauseCode.EXIT_CODE,
        CauseCode.CRASH_LOOP,
        CauseCode.EVICTED,
        CauseCode.NODE_LOST,
        CauseCode.POD_DELETED,
        CauseCode.POD_FAILED,
    }
)
TROUBLES = {
    "ErrImagePull": CauseCode.IMAGE_PULL,
    "ImagePullBackOff": CauseCode.IMAGE_PULL,
    "ErrImageNeverPull": CauseCode.IMAGE_PULL,
    "RegistryUnavailable": CauseCode.IMAGE_PULL,
    "ImageInspectError": CauseCode.IMAGE_PULL,
    "InvalidImageName": CauseCode.IMAGE_NAME,
    "CrashLoopBackOff": CauseCode.CRASH_LOOP,
    "CreateContainerConfigError": CauseCode.CONFIGURATION,
    "CreateContainerError": CauseCode.CONTAINER_REFUSED,
    "RunContainerError": CauseCode.START_FAILED,
    "PostStartHookError": CauseCode.CONTAINER_REFUSED,
}
_NOT_STARTED = frozenset({"StartError", "ContainerCannotRun"})  # of a container that ended before it ran
_OF_CLAIMS = ("unbound immediate PersistentVolumeClaims", 'persistentvolumeclaim "')  # kube-scheduler 1.34
_KILLED = frozenset({137, 143})  # 128 + SIGKILL, SIGTERM


def cause(code: CauseCode, *, pod: PodFacts | None = None, message: str = "", **more: Any) -> dict[str, Any]:
    """A cause as it is stored: the code, the pod and role it is about where there are any, and the cluster's words."""
    found: dict[str, Any] = {"code": str(code)}
    if pod is not None:
        found |= {"pod": pod.name, "role": pod.role}
    if message:
        found["message"] = message[:MESSAGE_LIMIT]
    return found | {name: value for name, value in more.items() if value not in (None, "")}


def trouble_of(pod: PodFacts) -> dict[str, Any]:
    """Why a pod that should run does not, as its containers say; {} when none complains."""
    for container in pod.containers:
        code = TROUBLES.get(container.reason) if container.state == "waiting" else None
        if code is None:
            continue
        more: dict[str, Any] = {"container": container.name}
        if code in (CauseCode.IMAGE_PULL, CauseCode.IMAGE_NAME):
            more["image"] = container.image
        if code is CauseCode.CRASH_LOOP:
            more |= {"exit_code": container.last_exit_code, "restarts": container.restarts}
            if container.last_reason == "OOMKilled":
                code = CauseCode.OUT_OF_MEMORY
            elif container.last_reason in _NOT_STARTED:
                code = CauseCode.START_FAILED
        return cause(code, pod=pod, message=container.message, **more)
    return {}


def ending_of(pod: PodFacts) -> dict[str, Any]:
    """Why a pod failed or is going; {} when it did not fail."""
    if pod.phase is PodPhase.FAILED:
        if pod.reason == "Evicted":
            return cause(CauseCode.EVICTED, pod=pod, message=pod.message)
        if pod.reason in ("NodeLost", "NodeShutdown", "Terminated"):
            return cause(CauseCode.NODE_LOST, pod=pod, message=pod.message)
        ended = [c for c in pod.containers if c.state == "terminated" and c.exit_code]
        for container in ended:
            if container.reason == "OOMKilled":
                return _ended(CauseCode.OUT_OF_MEMORY, pod, container)
        if pod.deleting and all(container.exit_code in _KILLED for container in ended):
            return cause(CauseCode.POD_DELETED, pod=pod)
        if ended:
            failed_to_start = ended[0].reason in _NOT_STARTED
            return _ended(CauseCode.START_FAILED if failed_to_start else CauseCode.EXIT_CODE, pod, ended[0])
        return cause(CauseCode.POD_FAILED, pod=pod, message=pod.message)
    if pod.deleting and pod.phase is not PodPhase.SUCCEEDED:
        return cause(CauseCode.POD_DELETED, pod=pod)
    return {}


def _ended(code: CauseCode, pod: PodFacts, container: ContainerFacts) -> dict[str, Any]:
    return cause(code, pod=pod, message=container.message, container=container.name, exit_code=container.exit_code)


def refusal_of(complaint: Complaint | None) -> dict[str, Any]:
    """Why pods or services are missing, as an event told it; {} when no event did."""
    if complaint is None:
        return {}
    if "exceeded quota" in complaint.message:
        return cause(CauseCode.QUOTA, message=complaint.message)
    if complaint.reason.endswith("FailedValidation"):
        return cause(CauseCode.NOT_VALID, message=complaint.message)
    if complaint.reason in ("FailedMount", "FailedAttachVolume"):
        return cause(CauseCode.MOUNT, message=complaint.message, object=complaint.object_name)
    if "already exists" in complaint.message or "object is being deleted" in complaint.message:
        return cause(CauseCode.NAME_TAKEN, message=complaint.message)
    if complaint.reason == "FailedCreateService":
        return cause(CauseCode.SERVICE_REFUSED, message=complaint.message)
    return cause(CauseCode.POD_REFUSED, message=complaint.message)


def why_unscheduled(pod: PodFacts) -> dict[str, Any]:
    """What a pod waits for that no node can take now: the scheduler says the same of full nodes and missing volumes."""
    of_claim = any(words in pod.message for words in _OF_CLAIMS)
    code = CauseCode.CLAIM_WITHOUT_VOLUME if of_claim else CauseCode.UNSCHEDULABLE
    return cause(code, pod=pod, message=pod.message)
