"""A job succeeds when its deciding role does, and cleanPodPolicy says what becomes of the pods."""

import pytest

from tests.verification.jobs.manifests import (
    FOR_LONG,
    KINDS,
    SHAPES,
    WITH_SERVICES,
    deciding,
    job,
    long_enough,
    role,
    started,
)
from tests.verification.side_by_side import side_by_side
from tests.verification.trial import Job, Trial, in_order


async def finished(trial: Trial, kind: str, clean: str) -> Job:
    """A job that ran to success while its other pods still run."""
    submitted = await trial.submit(deciding(kind, long_enough(trial), clean=clean))
    await started(submitted, kind)
    await submitted.reaches("Succeeded")
    return submitted


@pytest.mark.parametrize("kind", KINDS)
@side_by_side
async def test_a_job_succeeds_with_its_deciding_role_and_running_pods_are_stopped(trial: Trial, kind: str) -> None:
    submitted = await finished(trial, kind, "Running")
    decider = await submitted.until_phase(SHAPES[kind].decider_pod, "Succeeded")
    await submitted.until(lambda: submitted.lives(SHAPES[kind].other_pod)[0].gone, "the other pod is deleted")
    # The counts are corrected by a second write, after the clean-up.
    await submitted.until(
        lambda: "active" not in submitted.replica_statuses[SHAPES[kind].other], "nothing counts as active"
    )

    assert submitted.transitions == ["Created+", "Running+", "Running-", "Succeeded+"]
    assert submitted.condition("Succeeded")["reason"] == f"{kind}Succeeded"
    assert submitted.condition("Created")["message"] == f"{kind} job is created."
    assert {"startTime", "completionTime"} <= submitted.status.keys()
    assert decider.phases == ["Pending", "Running", "Succeeded"]
    assert not decider.gone, "Running keeps the pods that have ended"
    others = submitted.replica_statuses[SHAPES[kind].other]
    if kind == "MPIJob":
        assert others == {}, "an MPIJob's Workers are not counted once the Launcher has ended"
    else:
        ran = "Running" in submitted.lives(SHAPES[kind].other_pod)[0].phases
        assert others.get("succeeded", 0) == int(ran), "a stopped pod counts as succeeded"
        assert set(submitted.services) == {f"job-{SHAPES[kind].decider_pod}"}
    assert submitted.replica_statuses[SHAPES[kind].decider]["succeeded"] == 1


@pytest.mark.parametrize("kind", KINDS)
@side_by_side
async def test_the_policy_none_leaves_every_pod_as_it_is(trial: Trial, kind: str) -> None:
    submitted = await finished(trial, kind, "None")
    # Whatever the operator would do it does in the pass that this causes.
    await submitted.poke()
    await submitted.until(lambda: "contract/poked" in str(submitted.latest), "the poke is told")

    (other,) = submitted.lives(SHAPES[kind].other_pod)
    assert other.phase in ("Running", "Pending")
    assert not other.terminating
    assert len(submitted.pods) == 1 + len(SHAPES[kind].others)


@pytest.mark.parametrize("kind", KINDS)
@side_by_side
async def test_the_policy_all_leaves_no_pod(trial: Trial, kind: str) -> None:
    submitted = await finished(trial, kind, "All")

    await submitted.until_pods_gone()
    if kind in WITH_SERVICES:
        await submitted.until(lambda: not submitted.services, "the services go with the pods")
    assert submitted.has("Succeeded")
    assert not submitted.deleted


@side_by_side
async def test_a_tfjob_without_chief_succeeds_with_its_first_worker(trial: Trial) -> None:
    worker = role('case "$HOSTNAME" in *-0) sleep 3;; *) sleep 300;; esac', replicas=2)
    submitted = await trial.submit(job("TFJob", {"Worker": worker}))

    await submitted.reaches("Succeeded")
    await submitted.until(lambda: submitted.lives("worker-1")[0].gone, "the second worker is stopped")
    await submitted.until(lambda: submitted.replica_statuses["Worker"] == {"succeeded": 2}, "both count as succeeded")
    assert submitted.condition("Succeeded")["message"] == f"TFJob {trial.namespace}/job successfully completed."


@side_by_side
async def test_a_tfjob_with_all_workers_as_its_policy_waits_for_the_last(trial: Trial) -> None:
    worker = role('case "$HOSTNAME" in *-0) sleep 1;; *) sleep 8;; esac', replicas=2)
    manifest = job("TFJob", {"Worker": worker})
    manifest["spec"]["successPolicy"] = "AllWorkers"
    submitted = await trial.submit(manifest)

    await submitted.until(lambda: submitted.replica_statuses.get("Worker", {}).get("succeeded") == 1, "one has ended")
    assert not submitted.has("Succeeded")
    await submitted.reaches("Succeeded")
    await submitted.until_phase("worker-1", "Succeeded")


@side_by_side
async def test_a_pytorchjob_without_master_waits_for_every_worker(trial: Trial) -> None:
    worker = role('case "$HOSTNAME" in *-0) sleep 1;; *) sleep 8;; esac', replicas=2)
    submitted = await trial.submit(job("PyTorchJob", {"Worker": worker}))

    await submitted.until(lambda: submitted.replica_statuses.get("Worker", {}).get("succeeded") == 1, "one has ended")
    assert not submitted.has("Succeeded")
    await submitted.reaches("Succeeded")
    assert submitted.condition("Succeeded")["message"] == f"PyTorchJob {trial.namespace}/job successfully completed."


@side_by_side
async def test_an_mxjob_goes_on_while_its_scheduler_runs(trial: Trial) -> None:
    roles = {"Scheduler": role(FOR_LONG), "Server": role(FOR_LONG), "Worker": role("sleep 1")}
    submitted = await trial.submit(job("MXJob", roles))
    await submitted.until(lambda: submitted.replica_statuses.get("Worker", {}).get("succeeded") == 1, "Worker ended")
    await submitted.until(lambda: submitted.has("Running"), "the Scheduler decides that it runs")

    await submitted.poke()
    await submitted.until(lambda: "contract/poked" in str(submitted.latest), "the poke is told")
    assert not submitted.has("Succeeded")


@side_by_side
async def test_a_succeeded_worker_that_is_deleted_runs_again_while_the_job_lives(trial: Trial) -> None:
    submitted = await trial.submit(job("TFJob", {"Chief": role(FOR_LONG), "Worker": role("sleep 1")}))
    await submitted.until(lambda: submitted.replica_statuses.get("Worker", {}).get("succeeded") == 1, "Worker ended")
    await submitted.reaches("Running")

    await submitted.delete_pod("worker-0")
    await submitted.until(lambda: len(submitted.lives("worker-0")) == 2, "the worker is made again")
    await submitted.until(lambda: submitted.lives("worker-0")[1].phase == "Succeeded", "and runs again")
    assert not in_order(submitted.transitions, ["Failed+"])


@side_by_side
async def test_an_elastic_pytorchjob_succeeds_with_the_first_worker_that_does(trial: Trial) -> None:
    worker = role('case "$HOSTNAME" in *-0) sleep 3;; *) sleep 300;; esac', replicas=2)
    manifest = job("PyTorchJob", {"Worker": worker})
    manifest["spec"]["elasticPolicy"] = {"minReplicas": 1, "maxReplicas": 2}
    submitted = await trial.submit(manifest)

    await submitted.reaches("Succeeded")
    await submitted.until(lambda: submitted.lives("worker-1")[0].gone, "the other worker is stopped")
    await submitted.until(lambda: submitted.replica_statuses["Worker"].get("succeeded") == 2, "both count as succeeded")


@side_by_side
async def test_a_tfjob_of_an_unknown_role_stays_created_even_when_its_pod_ends(trial: Trial) -> None:
    submitted = await trial.submit(job("TFJob", {"Boss": role("sleep 1")}))
    await submitted.until_phase("boss-0", "Succeeded")
    await submitted.poke()
    await submitted.until(lambda: "contract/poked" in str(submitted.latest), "the poke is told")

    assert submitted.transitions == ["Created+"]
