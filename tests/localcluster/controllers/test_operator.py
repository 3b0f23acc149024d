"""What the contract tests cannot show on a real cluster: crashes, silence, races that are decided here, and time."""

import logging

import pytest

from console.localcluster.machinery import faults
from console.localcluster.machinery.errors import ApiError
from console.localcluster.machinery.kinds import CONFIG_MAP, MPIJOB, MXJOB, POD, PYTORCHJOB, TFJOB
from console.localcluster.machinery.objects import clone
from tests.localcluster.controllers.conftest import MemoryCluster
from tests.verification.jobs.manifests import alone, deciding, job, role


async def test_a_job_runs_and_succeeds(cluster: MemoryCluster) -> None:
    cluster.api.create(TFJOB, "n", deciding("TFJob", "true"))
    await cluster.settle()
    assert cluster.pods() == ["job-chief-0", "job-ps-0"]
    cluster.turn("job-chief-0", "Running")
    cluster.turn("job-ps-0", "Running")
    await cluster.settle()
    cluster.turn("job-chief-0", "Succeeded", exit_code=0)
    await cluster.settle()

    assert cluster.conditions(TFJOB) == ["Created+", "Running-", "Succeeded+"]
    assert "deletionTimestamp" in cluster.pod("job-ps-0")["metadata"]
    assert cluster.job(TFJOB)["status"]["replicaStatuses"] == {"Chief": {"succeeded": 1}, "PS": {"succeeded": 1}}


@pytest.mark.parametrize("kind", [TFJOB, MXJOB], ids=lambda kind: kind.kind)
async def test_an_object_that_crashes_the_operator_stops_it_until_it_is_deleted(
    cluster: MemoryCluster, caplog: pytest.LogCaptureFixture, kind: object
) -> None:
    bad = alone("TFJob", "true", name="bad") if kind is TFJOB else alone("MXJob", "true", name="bad")
    (only,) = bad["spec"]["tfReplicaSpecs" if kind is TFJOB else "mxReplicaSpecs"].values()
    if kind is TFJOB:
        only["replicas"] = -1
    else:
        only["template"]["spec"]["containers"] = []
    # The store takes what the API server accepts.
    with caplog.at_level(logging.ERROR):
        cluster.api.create(kind, "n", bad)  # type: ignore[arg-type]
        cluster.api.create(PYTORCHJOB, "n", alone("PyTorchJob", "true"))
        await cluster.settle()
    assert cluster.conditions(PYTORCHJOB) == []
    assert "ends its process at every start" in caplog.text

    cluster.api.delete(kind, "n", "bad")  # type: ignore[arg-type]
    await cluster.settle()
    assert cluster.conditions(PYTORCHJOB) == ["Created+"]


async def test_a_paused_operator_catches_up(cluster: MemoryCluster) -> None:
    switch = {"metadata": {"name": faults.NAME}, "data": {faults.OPERATOR: "paused"}}
    cluster.api.create(CONFIG_MAP, faults.NAMESPACE, switch)
    cluster.api.create(MPIJOB, "n", deciding("MPIJob", "true"))
    await cluster.settle()
    assert cluster.pods() == []
    with pytest.raises(ApiError, match="failed calling webhook") as refused:
        cluster.api.create(TFJOB, "n", alone("TFJob", "true"))
    assert refused.value.code == 500

    cluster.api.delete(CONFIG_MAP, faults.NAMESPACE, faults.NAME)
    await cluster.settle()
    assert cluster.pods() == ["job-launcher", "job-worker-0"]


async def test_created_is_missing_for_ever_when_the_job_was_touched_before_its_first_status(
    cluster: MemoryCluster,
) -> None:
    made = cluster.api.create(TFJOB, "n", alone("TFJob", "true"))
    touched = clone(made)
    touched["metadata"]["labels"] = {"touched": "yes"}
    cluster.api.update(TFJOB, touched)
    await cluster.settle()
    cluster.turn("job-worker-0", "Running")
    await cluster.settle()

    assert cluster.conditions(TFJOB) == ["Running+"]


async def test_a_refused_pod_is_tried_again_and_a_poke_does_not_wait(cluster: MemoryCluster) -> None:
    cluster.api.create(POD, "n", {"metadata": {"name": "job-worker-0"}, "spec": {"containers": []}} | CONTAINERS)
    cluster.api.create(TFJOB, "n", alone("TFJob", "true"))
    await cluster.settle()
    assert "FailedCreatePod" in cluster.reasons()
    assert "status" not in cluster.job(TFJOB)

    cluster.api.delete(POD, "n", "job-worker-0", grace_seconds=0)
    cluster.api.patch(TFJOB, "n", "job", {"metadata": {"annotations": {"poke": "1"}}})
    await cluster.settle()
    assert cluster.job(TFJOB)["status"]["replicaStatuses"] == {"Worker": {}}


CONTAINERS = {"spec": {"containers": [{"name": "main", "image": "busybox:1.36"}], "nodeName": "elsewhere"}}


async def test_a_role_of_no_replicas_does_not_spin(cluster: MemoryCluster) -> None:
    manifest = job("PyTorchJob", {"Master": role("true"), "Worker": role("true")})
    manifest["spec"]["pytorchReplicaSpecs"]["Worker"]["replicas"] = 0
    cluster.api.create(PYTORCHJOB, "n", manifest)
    before = cluster.api.store.version
    for _ in range(10):
        await cluster.settle()

    assert cluster.api.store.version - before < 40


async def test_a_finished_job_lives_as_long_as_its_time_to_live(cluster: MemoryCluster) -> None:
    cluster.api.create(TFJOB, "n", alone("TFJob", "true", ttlSecondsAfterFinished=100))
    await cluster.settle()
    cluster.turn("job-worker-0", "Succeeded", exit_code=0)
    await cluster.settle()
    cluster.clock.passes(99)
    cluster.api.patch(TFJOB, "n", "job", {"metadata": {"annotations": {"poke": "1"}}})
    await cluster.settle()
    assert cluster.conditions(TFJOB) == ["Created+", "Succeeded+"]

    cluster.clock.passes(1)
    cluster.api.patch(TFJOB, "n", "job", {"metadata": {"annotations": {"poke": "2"}}})
    await cluster.settle()
    assert cluster.api.store.get(TFJOB.key, "n", "job") is None


async def test_a_deadline_is_looked_at_only_when_the_job_is(cluster: MemoryCluster) -> None:
    cluster.api.create(MXJOB, "n", alone("MXJob", "true", activeDeadlineSeconds=10))
    await cluster.settle()
    cluster.turn("job-worker-0", "Running")
    await cluster.settle()
    cluster.clock.passes(60)
    await cluster.settle()
    assert cluster.conditions(MXJOB) == ["Created+", "Running+"]

    cluster.api.patch(MXJOB, "n", "job", {"metadata": {"annotations": {"poke": "1"}}})
    await cluster.settle()
    assert cluster.conditions(MXJOB) == ["Created+", "Running-", "Failed+"]


async def test_a_permanent_exit_code_leaves_a_restarting_tfjob_without_completion_time(cluster: MemoryCluster) -> None:
    cluster.api.create(TFJOB, "n", alone("TFJob", "true", restart="ExitCode"))
    await cluster.settle()
    cluster.turn("job-worker-0", "Failed", exit_code=137)
    await cluster.settle()
    assert cluster.conditions(TFJOB) == ["Created+", "Restarting+"]
    cluster.turn("job-worker-0", "Failed", exit_code=1)
    await cluster.settle()

    assert cluster.conditions(TFJOB) == ["Created+", "Restarting+", "Failed+"]
    assert "completionTime" not in cluster.job(TFJOB)["status"]
