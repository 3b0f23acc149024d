"""Suspending and resuming, deadline and time to live, scaling, and what a finished job still obeys."""

import asyncio
from datetime import UTC, datetime

import pytest

from tests.verification.jobs.manifests import (
    FOR_LONG,
    KINDS,
    SHAPES,
    WITH_SERVICES,
    alone,
    deciding,
    job,
    only_pod,
    role,
)
from tests.verification.side_by_side import side_by_side
from tests.verification.trial import Trial

SECONDS_LEFT = 5


@pytest.mark.parametrize("kind", KINDS)
@side_by_side
async def test_a_job_created_suspended_can_be_resumed_suspended_and_resumed(trial: Trial, kind: str) -> None:
    count = 1 + len(SHAPES[kind].others)
    submitted = await trial.submit(deciding(kind, FOR_LONG, suspend=True))
    await submitted.reaches("Suspended")
    assert submitted.transitions == ["Created+", "Suspended+"]
    assert "startTime" not in submitted.status
    assert submitted.pods == []

    await submitted.suspend(False)
    await submitted.until_pods("Running", count=count)
    await submitted.reaches("Running")
    assert submitted.transitions == ["Created+", "Suspended+", "Suspended-", "Running+"]
    assert submitted.condition("Suspended")["reason"] == f"{kind}Resumed"
    assert "startTime" in submitted.status

    await submitted.suspend(True)
    await submitted.reaches("Suspended")
    await submitted.until_pods_gone()
    assert submitted.condition("Suspended")["reason"] == f"{kind}Suspended"
    assert submitted.transitions[4:] == ["Running-", "Suspended+"]
    assert all("active" not in counts for counts in submitted.replica_statuses.values())
    if kind in WITH_SERVICES:
        await submitted.until(lambda: not submitted.services, "the services go with the pods")

    before = {life.uid for life in submitted.pods}
    await submitted.suspend(False)
    await submitted.until_pods("Running", count=count)
    await submitted.reaches("Running")
    assert before.isdisjoint(life.uid for life in submitted.pods if not life.gone)
    assert not submitted.has("Suspended")


@pytest.mark.parametrize("kind", KINDS)
@side_by_side
async def test_a_deadline_passes_unnoticed_until_something_touches_the_job(trial: Trial, kind: str) -> None:
    submitted = await trial.submit(alone(kind, FOR_LONG, clean="None"))
    await submitted.until_pods("Running", count=1)
    await submitted.reaches("Running")
    # Set now, so that a slow start does not use it up.
    started = datetime.fromisoformat(submitted.status["startTime"])
    deadline = int((datetime.now(UTC) - started).total_seconds()) + SECONDS_LEFT
    await submitted.patch({"spec": {"runPolicy": {"activeDeadlineSeconds": deadline}}})

    # Quiet: nothing but the clock may end it, and the clock does not.
    await asyncio.sleep(SECONDS_LEFT + 2)
    assert not submitted.has("Failed")
    await submitted.poke()
    await submitted.reaches("Failed", within=10)
    await submitted.until_pods_gone()
    failed = submitted.condition("Failed")
    assert failed["message"] == "Job job has failed because it was active longer than specified deadline"
    assert failed["reason"] == f"{kind}Failed"
    assert submitted.transitions == ["Created+", "Running+", "Running-", "Failed+"]
    assert "completionTime" in submitted.status


@pytest.mark.parametrize("kind", KINDS)
@side_by_side
async def test_a_finished_job_is_deleted_when_its_time_to_live_is_over(trial: Trial, kind: str) -> None:
    submitted = await trial.submit(deciding(kind, "sleep 3", clean="None", ttlSecondsAfterFinished=3))
    await submitted.reaches("Succeeded")
    assert not submitted.deleted

    await submitted.until(lambda: submitted.deleted, "the job is deleted", within=20)
    await submitted.until_pods_gone()
    if kind in WITH_SERVICES:
        await submitted.until(lambda: not submitted.services, "and its services")


@pytest.mark.parametrize("kind", KINDS)
@side_by_side
async def test_workers_can_be_added_and_taken_away(trial: Trial, kind: str) -> None:
    submitted = await trial.submit(deciding(kind, FOR_LONG))
    count = 1 + len(SHAPES[kind].others)
    await submitted.until_pods("Running", count=count)
    worker = "Worker" if kind != "TFJob" else "PS"

    await submitted.patch({"spec": {SHAPES[kind].roles: {worker: {"replicas": 2}}}})
    await submitted.until_pods("Running", count=count + 1)
    await submitted.patch({"spec": {SHAPES[kind].roles: {worker: {"replicas": 1}}}})
    await submitted.until(lambda: submitted.lives(f"{worker.lower()}-1")[0].gone, "the highest index goes")

    if kind in ("TFJob", "MXJob"):
        # The pod on its way out counts as a failed one: taking a running pod away fails these kinds.
        await submitted.reaches("Failed", within=10)
    else:
        assert not submitted.lives(f"{worker.lower()}-0")[0].terminating
        assert not submitted.has("Failed")


@pytest.mark.parametrize("kind", KINDS)
@side_by_side
async def test_a_finished_job_ignores_suspend_and_obeys_a_new_clean_up_policy(trial: Trial, kind: str) -> None:
    submitted = await trial.submit(alone(kind, "sleep 2", clean="None"))
    await submitted.reaches("Succeeded")
    await submitted.suspend(True)
    await submitted.until(lambda: submitted.latest["spec"]["runPolicy"].get("suspend") is True, "the patch is told")
    transitions = submitted.transitions

    await submitted.patch({"spec": {"runPolicy": {"cleanPodPolicy": "All", "suspend": False}}})
    await submitted.until_pods_gone()
    assert submitted.transitions == transitions
    assert "Suspended+" not in transitions
    assert len(submitted.lives(only_pod(kind))) == 1


@side_by_side
async def test_deleting_a_job_takes_everything_it_owns_away(trial: Trial) -> None:
    submitted = await trial.submit(deciding("MPIJob", FOR_LONG))
    await submitted.until_pods("Running", count=2)

    await submitted.delete()
    await submitted.until(lambda: submitted.deleted, "the job goes at once", within=5)
    await submitted.until_pods_gone()
    for resource, name in [
        ("configmaps", "job-config"),
        ("serviceaccounts", "job-launcher"),
        ("roles", "job-launcher"),
        ("rolebindings", "job-launcher"),
    ]:
        await trial.cluster.until_answer(404, resource, trial.namespace, name)


@side_by_side
async def test_a_foreground_deletion_keeps_the_job_until_its_pods_are_gone(trial: Trial) -> None:
    submitted = await trial.submit(job("TFJob", {"Worker": role(FOR_LONG)}))
    await submitted.until_pods("Running", count=1)

    await submitted.delete(propagationPolicy="Foreground")
    await submitted.until(lambda: "deletionTimestamp" in submitted.latest["metadata"], "it is told to be going")
    await submitted.until(lambda: submitted.deleted, "then it goes")
    answer = await trial.cluster.get("pods", trial.namespace, "job-worker-0")
    assert answer.status == 404, "the pod went first"


@side_by_side
async def test_a_deadline_of_zero_fails_the_job_as_soon_as_it_starts(trial: Trial) -> None:
    submitted = await trial.submit(alone("TFJob", FOR_LONG, activeDeadlineSeconds=0))
    await submitted.reaches("Failed")

    assert "longer than specified deadline" in submitted.condition("Failed")["message"]
