import pytest

from tasks.phases import PodPhase
from tasks.states import ContainerFacts, PodSeen, pod_phase


def container(state: str, reason: str = "", exit_code: int | None = None, *, init: bool = False) -> ContainerFacts:
    return ContainerFacts(name="tensorflow", state=state, reason=reason, exit_code=exit_code, init=init)


RUNNING = container("running")
DONE, FAILED = container("terminated", "Completed", 0), container("terminated", "Error", 1)


@pytest.mark.parametrize(
    ("pod", "phase", "reason"),
    [
        (PodSeen(phase="Pending"), PodPhase.PENDING, ""),
        (PodSeen(phase="Pending", unscheduled_reason="Unschedulable"), PodPhase.PENDING, "Unschedulable"),
        (PodSeen(phase="Pending", node="a", containers=[container("waiting", "ContainerCreating")]),
         PodPhase.STARTING, "ContainerCreating"),
        (PodSeen(phase="Pending", node="a", containers=[container("waiting", "ErrImagePull")]),
         PodPhase.NOT_READY, "ErrImagePull"),
        (PodSeen(phase="Running", ready=True, containers=[RUNNING]), PodPhase.RUNNING, ""),
        (PodSeen(phase="Running", containers=[RUNNING]), PodPhase.NOT_READY, "NotReady"),
        (PodSeen(phase="Running", containers=[RUNNING, FAILED]), PodPhase.NOT_READY, "Error"),
        (PodSeen(phase="Running", containers=[container("waiting", "CrashLoopBackOff")]),
         PodPhase.NOT_READY, "CrashLoopBackOff"),
        # The containers have ended for good; the kubelet says so a second later.
        (PodSeen(phase="Running", containers=[DONE]), PodPhase.SUCCEEDED, ""),
        (PodSeen(phase="Running", containers=[FAILED]), PodPhase.FAILED, "Error"),
        # These come again.
        (PodSeen(phase="Running", restart_policy="Always", containers=[DONE]), PodPhase.NOT_READY, "Completed"),
        (PodSeen(phase="Running", restart_policy="OnFailure", containers=[FAILED]), PodPhase.NOT_READY, "Error"),
        (PodSeen(phase="Succeeded"), PodPhase.SUCCEEDED, ""),
        (PodSeen(phase="Failed", reason="Evicted"), PodPhase.FAILED, "Evicted"),
        (PodSeen(phase="Failed", containers=[FAILED, container("terminated", "OOMKilled", 137)]),
         PodPhase.FAILED, "OOMKilled"),
        (PodSeen(phase="Running", deleting=True, ready=True, containers=[RUNNING]), PodPhase.TERMINATING, ""),
        (PodSeen(phase="Failed", deleting=True, containers=[FAILED]), PodPhase.FAILED, "Error"),
        (PodSeen(phase="Unknown", reason="NodeLost"), PodPhase.UNKNOWN, "NodeLost"),
        (PodSeen(phase=""), PodPhase.UNKNOWN, ""),
    ],
)  # fmt: skip
def test_a_pod_has_one_phase_and_the_clusters_reason(pod: PodSeen, phase: PodPhase, reason: str) -> None:
    assert pod_phase(pod)[:2] == (phase, reason)
