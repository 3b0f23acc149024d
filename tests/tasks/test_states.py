"""Each state of kubeflow.md 4.4, and what time alone does to it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tasks.phases import Phase, PodPhase
from tasks.states import (
    Before,
    CauseCode,
    Complaint,
    Condition,
    ContainerFacts,
    JobFacts,
    PodFacts,
    RoleFacts,
    Sight,
    TaskState,
    task_state,
)

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
WORKERS = (RoleFacts(role="Worker", replicas=2),)
QUOTA = Complaint(reason="FailedCreatePod", message='pods "a-worker-1" is forbidden: exceeded quota: gpu')


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def job(*conditions: str, **facts: Any) -> JobFacts:
    """`conditions` hold, in this order, since one second after noon."""
    held = tuple(Condition(type=type_, holds=True, since=after(1)) for type_ in conditions)
    return JobFacts(**({"kind": "TFJob", "created_at": NOON, "conditions": held, "roles": WORKERS} | facts))


def pod(index: int, phase: PodPhase, **facts: Any) -> PodFacts:
    ready = phase is PodPhase.RUNNING
    started = after(2) if phase in (PodPhase.RUNNING, PodPhase.SUCCEEDED, PodPhase.FAILED) else None
    defaults: dict[str, Any] = {"name": f"a-worker-{index}", "role": "Worker", "ready": ready, "started_at": started}
    return PodFacts(phase=phase, **(defaults | facts))


def ended(index: int, exit_code: int, *, reason: str = "Error", at: float = 10, **facts: Any) -> PodFacts:
    container = ContainerFacts(name="tensorflow", state="terminated", exit_code=exit_code, reason=reason)
    phase = PodPhase.SUCCEEDED if exit_code == 0 else PodPhase.FAILED
    return pod(index, phase, containers=(container,), finished_at=after(at), **facts)


def stuck(index: int, reason: str, **container: Any) -> PodFacts:
    waiting = ContainerFacts(name="tensorflow", image="nobody/nothing:1", reason=reason, **container)
    return pod(index, PodPhase.NOT_READY, containers=(waiting,), reason=reason)


def both(phase: PodPhase) -> tuple[PodFacts, PodFacts]:
    return pod(0, phase), pod(1, phase)


def state(job: JobFacts, *pods: PodFacts, at: float = 3, **sight: Any) -> TaskState:
    return task_state(Sight(job=job, pods=pods, now=after(at), **sight))


@pytest.mark.parametrize(
    ("facts", "phase"),
    [
        (job("Created", "Running", deleting=True), Phase.DELETING),
        (job("Created", "Failed", "Succeeded"), Phase.FAILED),
        (job("Created", "Succeeded"), Phase.SUCCEEDED),
        (job("Created", "Restarting", "Succeeded"), Phase.SUCCEEDED),
        (job("Created", suspend=True), Phase.SUSPENDED),
        (job("Created", "Suspended"), Phase.SUSPENDED),
        (job("Created", "Restarting"), Phase.RESTARTING),
        (job("Created", "Running"), Phase.RUNNING),
        (job("Running"), Phase.RUNNING),  # Created may never come
        (job("Created"), Phase.CREATING),
        (job(), Phase.CREATING),
    ],
)
def test_the_first_that_holds_counts(facts: JobFacts, phase: Phase) -> None:
    assert state(facts, *both(PodPhase.STARTING)).phase is phase


def test_running_counts_the_pods_that_are_ready() -> None:
    found = state(job("Created", "Running"), pod(0, PodPhase.RUNNING), pod(1, PodPhase.STARTING))

    assert (found.phase, found.pods_ready, found.pods_total) == (Phase.RUNNING, 1, 2)
    assert found.roles[0]["ready"] == 1


def test_running_with_a_container_that_cannot_start_says_so() -> None:
    found = state(job("Created", "Running"), pod(0, PodPhase.RUNNING), stuck(1, "ImagePullBackOff"))

    assert found.phase is Phase.RUNNING
    assert found.cause["code"] == CauseCode.IMAGE_PULL
    assert (found.cause["pod"], found.cause["image"]) == ("a-worker-1", "nobody/nothing:1")


def test_a_pod_that_no_node_takes_makes_the_task_wait() -> None:
    pending = pod(1, PodPhase.PENDING, reason="Unschedulable", message="0/1 nodes are available")
    found = state(job("Created"), pod(0, PodPhase.STARTING), pending)

    assert found.phase is Phase.WAITING
    assert found.cause == {
        "code": "unschedulable",
        "pod": "a-worker-1",
        "role": "Worker",
        "message": "0/1 nodes are available",
    }


def test_a_pod_that_waits_for_a_volume_is_not_said_to_wait_for_a_node() -> None:
    words = "0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims."
    pending = pod(1, PodPhase.PENDING, reason="Unschedulable", message=words)
    found = state(job("Created"), pod(0, PodPhase.STARTING), pending)

    assert (found.phase, found.cause["code"]) == (Phase.WAITING, CauseCode.CLAIM_WITHOUT_VOLUME)


def test_a_quota_that_refuses_one_pod_is_queued_though_the_other_runs_and_the_status_is_empty() -> None:
    found = state(job(), pod(0, PodPhase.RUNNING), at=600, complaint=QUOTA, operator_heard=True)

    assert (found.phase, found.cause["code"]) == (Phase.QUEUED, CauseCode.QUOTA)
    assert found.pods_ready == 1


def test_a_refusal_of_a_pod_that_has_come_since_is_forgotten() -> None:
    assert state(job(), *both(PodPhase.STARTING), complaint=QUOTA).cause == {}


def test_pods_that_the_operator_was_refused_are_no_silence() -> None:
    found = state(job(), at=600, complaint=QUOTA, operator_heard=True)

    assert (found.phase, found.cause["code"]) == (Phase.QUEUED, CauseCode.QUOTA)


@pytest.mark.parametrize(
    ("complaint", "code"),
    [
        (Complaint(reason="FailedCreatePod", message='pods "a" already exists'), CauseCode.NAME_TAKEN),
        (Complaint(reason="FailedCreatePod", message="spec.restartPolicy: Unsupported value"), CauseCode.POD_REFUSED),
        (Complaint(reason="FailedCreateService", message="must be no more than 63"), CauseCode.SERVICE_REFUSED),
        (Complaint(reason="MPIJobFailed", message="worker pod created failed: exceeded quota"), CauseCode.QUOTA),
    ],
)
def test_what_was_refused_is_told_in_our_words(complaint: Complaint, code: CauseCode) -> None:
    assert state(job(), at=60, complaint=complaint, operator_heard=True).cause["code"] == code


def test_a_service_that_is_refused_keeps_the_status_empty_though_every_pod_runs() -> None:
    refused = Complaint(reason="FailedCreateService", message="must be no more than 63 characters")
    found = state(job(), *both(PodPhase.RUNNING), at=600, complaint=refused)

    assert (found.phase, found.cause["code"]) == (Phase.QUEUED, CauseCode.SERVICE_REFUSED)


def test_a_new_job_is_submitted_until_the_operator_is_overdue() -> None:
    early = state(job(), at=29)
    late = state(job(), at=30)

    assert (early.phase, early.recheck_at) == (Phase.SUBMITTED, after(30))
    assert (late.phase, late.cause["code"]) == (Phase.SILENT, CauseCode.OPERATOR_SILENT)


def test_an_operator_that_has_written_an_event_is_not_silent() -> None:
    assert state(job(), at=600, operator_heard=True).phase is Phase.SUBMITTED


def test_nobody_is_called_silent_for_what_was_said_while_we_were_away() -> None:
    found = state(job(), at=600, watching_since=after(598))

    assert (found.phase, found.recheck_at) == (Phase.SUBMITTED, after(603))


def test_a_job_that_the_operator_will_never_take_is_invalid() -> None:
    found = state(job(kind="MPIJob", invalid="no-launcher"))

    assert (found.phase, found.cause) == (Phase.INVALID, {"code": "not-valid", "rule": "no-launcher"})


def test_the_operators_own_refusal_is_told_in_its_words() -> None:
    refused = Complaint(reason="MPIJobFailedValidation", message="MPIJobSpec is not valid")
    found = state(job(), complaint=refused, operator_heard=True)

    assert found.phase is Phase.INVALID
    assert found.cause["message"] == "MPIJobSpec is not valid"


def test_a_gang_whose_turn_has_not_come_is_queued() -> None:
    found = state(job("Created", gang=True), at=60)

    assert (found.phase, found.cause["code"]) == (Phase.QUEUED, CauseCode.GANG)


def test_running_though_every_pod_has_ended_is_a_silent_operator() -> None:
    pods = ended(0, 0), ended(1, 0)
    early = state(job("Created", "Running"), *pods, at=39)
    late = state(job("Created", "Running"), *pods, at=40)

    assert (early.phase, early.recheck_at) == (Phase.RUNNING, after(40))
    assert (late.phase, late.cause["code"]) == (Phase.STALLED, CauseCode.OPERATOR_STALLED)


def test_running_without_any_pod_is_a_silent_operator_too() -> None:
    assert state(job("Created", "Running"), at=31).phase is Phase.STALLED


def test_a_running_pod_keeps_a_task_from_being_stalled() -> None:
    pods = ended(0, 0), pod(1, PodPhase.RUNNING)

    assert state(job("Created", "Running"), *pods, at=6000).phase is Phase.RUNNING


def test_pods_that_run_for_long_without_a_word_of_the_operator_are_silence() -> None:
    early = state(job("Created"), *both(PodPhase.RUNNING), at=31)
    late = state(job("Created"), *both(PodPhase.RUNNING), at=32)

    assert (early.phase, early.recheck_at) == (Phase.CREATING, after(32))
    assert late.phase is Phase.SILENT


def test_out_of_memory_is_told_before_any_exit_code() -> None:
    pods = ended(0, 1), ended(1, 137, reason="OOMKilled")
    found = state(job("Created", "Failed"), pods[1], pods[0])

    assert found.phase is Phase.FAILED
    assert (found.cause["code"], found.cause["exit_code"]) == (CauseCode.OUT_OF_MEMORY, 137)


@pytest.mark.parametrize(
    ("exit_code", "reason", "code"),
    [(1, "Error", CauseCode.EXIT_CODE), (128, "StartError", CauseCode.START_FAILED)],
)
def test_a_failure_names_pod_container_and_exit_code(exit_code: int, reason: str, code: CauseCode) -> None:
    cause = state(job("Created", "Failed"), ended(1, exit_code, reason=reason)).cause

    assert cause == {
        "code": code,
        "pod": "a-worker-1",
        "role": "Worker",
        "container": "tensorflow",
        "exit_code": exit_code,
    }


def test_the_cause_stays_when_the_pod_is_cleaned_up() -> None:
    cause = {"code": "exit-code", "pod": "a-worker-1", "exit_code": 3}
    found = state(job("Created", "Failed"), before=Before(phase=Phase.RUNNING, cause=cause))

    assert found.cause == cause


def test_pods_killed_by_clean_up_do_not_overwrite_the_cause() -> None:
    cause = {"code": "exit-code", "pod": "a-worker-0", "exit_code": 3}
    killed = pod(1, PodPhase.TERMINATING, deleting=True)
    found = state(job("Created", "Failed"), killed, before=Before(phase=Phase.FAILED, cause=cause))

    assert found.cause == cause


def test_a_pod_deleted_in_the_same_breath_still_tells_why() -> None:
    found = state(job("Created", "Failed"), gone=(ended(0, 9),))

    assert found.cause["exit_code"] == 9


def test_a_deadline_is_told_as_one_though_it_kills_pods() -> None:
    condition = Condition(type="Failed", holds=True, message="it was active longer than specified deadline")
    facts = job(conditions=(condition,), deadline_seconds=10)
    found = state(facts, pod(0, PodPhase.TERMINATING, deleting=True))

    assert (found.cause["code"], found.cause["seconds"]) == (CauseCode.DEADLINE, 10)


def test_a_deadline_that_the_operator_has_not_noticed_is_told() -> None:
    facts = job("Created", "Running", deadline_seconds=10, start_time=NOON)
    early = state(facts, *both(PodPhase.RUNNING), at=9)
    late = state(facts, *both(PodPhase.RUNNING), at=10)

    assert (early.cause, early.recheck_at) == ({}, after(10))
    assert (late.phase, late.cause["code"]) == (Phase.RUNNING, CauseCode.DEADLINE_OVERDUE)


def test_a_deleted_pod_is_told_when_it_failed_the_task() -> None:
    killed = ended(0, 137, deleting=True)

    assert state(job("Created", "Failed"), killed).cause["code"] == CauseCode.POD_DELETED


def failed(role: str) -> JobFacts:
    message = f"TFJob vision/a has failed because 1 {role} replica(s) failed."
    return job("Created", conditions=(Condition(type="Failed", holds=True, message=message),))


def going(index: int, role: str) -> PodFacts:
    return pod(index, PodPhase.TERMINATING, name=f"a-{role.lower()}-{index}", role=role, deleting=True)


def test_clean_up_is_not_taken_for_the_deletion_that_failed_the_task() -> None:
    found = state(failed("Worker"), going(0, "PS"), going(0, "Worker"))

    assert found.cause == {"code": CauseCode.POD_DELETED, "pod": "a-worker-0", "role": "Worker"}


def test_no_pod_is_named_where_any_of_a_role_may_have_been_deleted_first() -> None:
    found = state(failed("Worker"), going(0, "PS"), going(0, "Worker"), going(1, "Worker"))
    later = state(failed("Worker"), going(1, "Worker"), before=Before(phase=found.phase, cause=found.cause))

    assert found.cause == {"code": CauseCode.POD_DELETED, "role": "Worker"}
    assert later.cause == found.cause


def test_the_pod_that_was_seen_to_be_deleted_first_is_told_to_the_end() -> None:
    first = state(job("Running"), pod(0, PodPhase.RUNNING), going(1, "Worker"))
    both_go = state(job("Running"), going(0, "Worker"), going(1, "Worker"), before=Before(cause=first.cause))
    last = state(failed("Worker"), going(0, "Worker"), before=Before(phase=both_go.phase, cause=both_go.cause))

    assert [found.cause["pod"] for found in (first, both_go, last)] == ["a-worker-1"] * 3


def test_a_retry_limit_is_told_where_no_pod_was_seen_to_fail() -> None:
    condition = Condition(type="Failed", holds=True, message="it has reached the specified backoff limit")

    assert state(job(conditions=(condition,))).cause["code"] == CauseCode.BACKOFF_LIMIT


def test_a_crash_loop_tells_the_last_exit_code() -> None:
    looping = stuck(0, "CrashLoopBackOff", last_exit_code=2, restarts=4, last_reason="Error")
    found = state(job("Created", "Running"), looping, pod(1, PodPhase.RUNNING))

    assert (found.cause["code"], found.cause["exit_code"], found.cause["restarts"]) == (CauseCode.CRASH_LOOP, 2, 4)


@pytest.mark.parametrize(
    ("reason", "last_reason", "code"),
    [
        ("CrashLoopBackOff", "OOMKilled", CauseCode.OUT_OF_MEMORY),
        ("CrashLoopBackOff", "StartError", CauseCode.START_FAILED),
        ("RunContainerError", "", CauseCode.START_FAILED),
        ("CreateContainerConfigError", "", CauseCode.CONFIGURATION),
        ("InvalidImageName", "", CauseCode.IMAGE_NAME),
    ],
)
def test_what_keeps_a_container_waiting_is_told(reason: str, last_reason: str, code: CauseCode) -> None:
    found = state(job("Created"), stuck(0, reason, last_reason=last_reason), pod(1, PodPhase.STARTING))

    assert (found.phase, found.cause["code"]) == (Phase.CREATING, code)


def test_a_finished_task_keeps_its_last_live_counts() -> None:
    live = state(job("Created", "Running"), *both(PodPhase.RUNNING))
    before = Before(phase=Phase.RUNNING, roles=tuple(live.roles), started_at=live.started_at)
    gone = state(job("Created", "Succeeded", completion_time=after(60)), at=70, before=before)

    assert (gone.pods_ready, gone.started_at, gone.finished_at) == (2, after(2), after(60))
    assert gone.roles[0] | {"finished_at": None} == live.roles[0] | {"phase": "succeeded"}


def test_a_success_first_seen_after_clean_up_takes_the_operators_count() -> None:
    roles = (RoleFacts(role="PS", replicas=1, succeeded=1), *WORKERS)
    found = state(job("Created", "Succeeded", roles=roles), ended(0, 0), ended(1, 0))

    assert [(entry["role"], entry["ready"]) for entry in found.roles] == [("PS", 1), ("Worker", 2)]


def test_each_role_has_its_own_phase() -> None:
    roles = (RoleFacts(role="PS", replicas=1), RoleFacts(role="Worker", replicas=1))
    waiting = pod(0, PodPhase.PENDING, reason="Unschedulable")
    found = state(job("Created", roles=roles), pod(0, PodPhase.RUNNING, role="PS"), waiting)

    assert [entry["phase"] for entry in found.roles] == [Phase.RUNNING, Phase.WAITING]


def test_a_resumed_task_starts_anew() -> None:
    before = Before(phase=Phase.SUSPENDED, started_at=after(-600))
    found = state(job("Created", "Running"), pod(0, PodPhase.RUNNING), before=before)

    assert found.started_at == after(2)


def test_a_restarted_pod_keeps_the_tasks_first_start() -> None:
    before = Before(phase=Phase.RESTARTING, started_at=after(-600))
    found = state(job("Created", "Running"), pod(0, PodPhase.RUNNING), before=before)

    assert found.started_at == after(-600)
