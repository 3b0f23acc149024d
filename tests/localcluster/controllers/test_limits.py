"""backoffLimit exactly (kubeflow.md 3.2)."""

from datetime import UTC, datetime
from typing import Any

import pytest

from console.localcluster.controllers.jobs.limits import failure_message
from console.localcluster.controllers.jobs.specification import Role, RunPolicy
from console.localcluster.controllers.jobs.status import JobStatus

NOON = datetime(2026, 11, 25, 12, 0, 0, tzinfo=UTC)
JOB = {"metadata": {"name": "job"}}


def role(policy: str) -> Role:
    return Role(name="Worker", replicas=2, restart_policy=policy, template={})


def pod(phase: str, restarts: int = 0) -> dict[str, Any]:
    return {
        "metadata": {"labels": {"training.kubeflow.org/replica-type": "worker"}},
        "status": {"phase": phase, "containerStatuses": [{"restartCount": restarts}]},
    }


def policy(**values: Any) -> RunPolicy:
    return RunPolicy.of({"spec": {"runPolicy": values}})


@pytest.mark.parametrize(
    ("restart", "limit", "pods", "fails"),
    [
        ("Never", None, [pod("Failed"), pod("Running")], False),
        ("Never", 0, [pod("Failed"), pod("Running")], True),
        ("Never", 1, [pod("Failed"), pod("Running")], False),
        ("ExitCode", 0, [pod("Failed"), pod("Running")], True),
        ("ExitCode", 1, [pod("Failed"), pod("Failed")], False),
        ("OnFailure", 0, [pod("Running", 1), pod("Running")], True),
        ("OnFailure", 0, [pod("Running"), pod("Running")], False),
        ("OnFailure", 2, [pod("Running", 1), pod("Running")], False),
        ("OnFailure", 2, [pod("Running", 1), pod("Running", 1)], True),
        ("OnFailure", 2, [pod("Succeeded", 5), pod("Running", 1)], False),
        ("Always", 1, [pod("Running", 1), pod("Running")], True),
        ("Never", 1, [pod("Running", 7), pod("Running", 7)], False),
        ("OnFailure", -1, [pod("Running"), pod("Running")], True),
    ],
)
def test_a_job_fails_by_its_backoff_limit(
    restart: str, limit: int | None, pods: list[dict[str, Any]], fails: bool
) -> None:
    values = {} if limit is None else {"backoffLimit": limit}
    message = failure_message(JOB, policy(**values), [role(restart)], pods, JobStatus(), NOON)

    assert message == ("Job job has failed because it has reached the specified backoff limit" if fails else "")


def test_a_failure_already_counted_is_not_new() -> None:
    status = JobStatus.of({"status": {"replicaStatuses": {"Worker": {"failed": 1}}}})

    assert failure_message(JOB, policy(backoffLimit=0), [role("Never")], [pod("Failed")], status, NOON) == ""


@pytest.mark.parametrize(("deadline", "fails"), [(60, True), (61, False), (0, True), (-5, True), (None, False)])
def test_the_deadline_counts_from_the_start_time(deadline: int | None, fails: bool) -> None:
    status = JobStatus(start_time="2026-11-25T11:59:00Z")
    values = {} if deadline is None else {"activeDeadlineSeconds": deadline}

    assert bool(failure_message(JOB, policy(**values), [role("Never")], [], status, NOON)) is fails


def test_an_mpijob_s_own_clean_up_policy_counts_when_the_run_policy_says_nothing() -> None:
    assert RunPolicy.of({"spec": {"cleanPodPolicy": "All"}}).clean_pod_policy == "All"
    both = {"spec": {"cleanPodPolicy": "All", "runPolicy": {"cleanPodPolicy": "Running"}}}
    assert RunPolicy.of(both).clean_pod_policy == "Running"
    assert RunPolicy.of({"spec": {}}).clean_pod_policy == "None"
