"""How a job fails, and what a role's restart policy and backoffLimit change about it."""

import pytest

from tests.verification.jobs.manifests import KINDS, SHAPES, alone, deciding, long_enough, only_pod, started
from tests.verification.side_by_side import side_by_side
from tests.verification.trial import Trial, in_order

LIMIT_REACHED = "Job job has failed because it has reached the specified backoff limit"
# 4.1: the reason of an MPIJob that failed by a pod names the kind twice.
REASONS = {kind: f"{kind}Failed" for kind in KINDS} | {"MPIJob": "MPIJobMPIJobFailed"}


@pytest.mark.parametrize("kind", KINDS)
@side_by_side
async def test_a_pod_that_exits_with_1_fails_a_job_that_never_restarts(trial: Trial, kind: str) -> None:
    shape = SHAPES[kind]
    submitted = await trial.submit(deciding(kind, long_enough(trial) + "; exit 1"))
    await started(submitted, kind)
    await submitted.reaches("Failed")
    await submitted.until(lambda: submitted.lives(shape.other_pod)[0].gone, "running pods are stopped")

    failed = submitted.condition("Failed")
    assert submitted.transitions == ["Created+", "Running+", "Running-", "Failed+"]
    assert failed["reason"] == REASONS[kind]
    assert failed["message"].endswith(f"failed because 1 {shape.decider} replica(s) failed.")
    assert "completionTime" in submitted.status
    decider = await submitted.until_phase(shape.decider_pod, "Failed")
    assert decider.exit_codes == [1]
    assert not decider.gone, "Running keeps the pods that have ended"
    assert submitted.replica_statuses[shape.decider].get("failed") == 1
    # The event may be lost, but it is no Warning.
    assert {event["type"] for event in submitted.events(REASONS[kind])} <= {"Normal"}


@pytest.mark.parametrize("kind", KINDS)
@side_by_side
async def test_on_failure_restarts_in_place_until_the_backoff_limit(trial: Trial, kind: str) -> None:
    manifest = alone(kind, "sleep 1; exit 1", restart="OnFailure", clean="None", backoffLimit=2)
    submitted = await trial.submit(manifest)
    await submitted.reaches("Failed")
    await submitted.until_pods_gone()

    failed = submitted.condition("Failed")
    assert failed["message"] == LIMIT_REACHED
    assert failed["reason"] == f"{kind}Failed"
    assert in_order(submitted.transitions, ["Created+", "Running+", "Running-", "Failed+"])
    assert "completionTime" in submitted.status
    (life,) = submitted.lives(only_pod(kind))
    assert life.restarts >= 1


@pytest.mark.parametrize("kind", KINDS)
@side_by_side
async def test_a_backoff_limit_of_zero_takes_all_pods_away_whatever_the_policy(trial: Trial, kind: str) -> None:
    submitted = await trial.submit(deciding(kind, long_enough(trial) + "; exit 1", clean="None", backoffLimit=0))
    await started(submitted, kind)
    await submitted.reaches("Failed")

    # The real operator may make the pod once more after that, by a race: it is another life.
    await submitted.until(lambda: submitted.lives(SHAPES[kind].decider_pod)[0].gone, "the failed pod and its log go")
    await submitted.until(lambda: submitted.lives(SHAPES[kind].other_pod)[0].gone, "the running pod goes")
    assert submitted.condition("Failed")["message"] == LIMIT_REACHED
    assert submitted.condition("Failed")["reason"] == f"{kind}Failed"
    assert "completionTime" in submitted.status


@pytest.mark.parametrize("kind", ["TFJob", "PyTorchJob", "MXJob"])
@side_by_side
async def test_exit_code_137_is_started_again_for_ever(trial: Trial, kind: str) -> None:
    manifest = alone(kind, "sleep 2; exit 137", restart="ExitCode", backoffLimit=1)
    submitted = await trial.submit(manifest)
    name = only_pod(kind)
    await submitted.until(lambda: len(submitted.lives(name)) >= 3, "the pod is made again and again")

    assert not submitted.has("Failed"), "no limit counts these restarts"
    assert len({life.uid for life in submitted.lives(name)}) >= 3
    assert [137] in [life.exit_codes for life in submitted.lives(name)]
    assert "Restarting+" in submitted.transitions or f"{kind}Restarting" in submitted.event_reasons
    assert submitted.lives(name)[0].latest["spec"]["restartPolicy"] == "Never"
    await submitted.delete()
    await submitted.until_pods_gone()


@pytest.mark.parametrize("kind", ["TFJob", "PyTorchJob", "MXJob"])
@side_by_side
async def test_exit_code_1_fails_the_job_at_once(trial: Trial, kind: str) -> None:
    # Long enough that Running is seen first: a TFJob that still is "Restarting" keeps no completion time either.
    submitted = await trial.submit(alone(kind, "sleep 4; exit 1", restart="ExitCode"))
    await submitted.reaches("Failed")

    role_name = "Master" if kind == "PyTorchJob" else "Worker"
    assert submitted.condition("Failed")["message"] == f'job "job" is failing because "{role_name}" replica(s) failed.'
    assert submitted.condition("Failed")["reason"] == f"{kind}Failed"
    assert len(submitted.lives(only_pod(kind))) == 1
    assert ("completionTime" in submitted.status) == (kind == "TFJob"), "2.1: only a TFJob gets one"


@side_by_side
async def test_an_mpijob_with_exit_code_is_restarting_for_ever(trial: Trial) -> None:
    manifest = deciding("MPIJob", "sleep 2; exit 1", restart="ExitCode")
    submitted = await trial.submit(manifest)
    await submitted.reaches("Restarting")
    await submitted.poke()
    await submitted.until(lambda: "contract/poked" in str(submitted.latest), "the poke is told")

    assert not submitted.has("Failed")
    assert len(submitted.lives("launcher")) == 1, "a finished launcher is not made again"
    assert submitted.lives("worker-0")[0].phase == "Running"


@pytest.mark.parametrize("kind", KINDS)
@side_by_side
async def test_deleting_a_running_pod_fails_a_job_that_never_restarts(trial: Trial, kind: str) -> None:
    submitted = await trial.submit(deciding(kind, "sleep 300"))
    await submitted.until_pods("Running", count=1 + len(SHAPES[kind].others))

    name = SHAPES[kind].other_pod
    await submitted.delete_pod(name)
    if kind == "MPIJob":
        # Judged by the phase alone: a busy operator that sees the pod gone before it saw it Failed makes it again.
        await submitted.until(
            lambda: submitted.has("Failed") or len(submitted.lives(name)) == 2, "failed or made again"
        )
    else:
        await submitted.reaches("Failed", within=40)
    assert submitted.condition("Failed").get("reason", REASONS[kind]) == REASONS[kind]


@pytest.mark.parametrize("kind", ["TFJob", "MXJob"])
@side_by_side
async def test_deleting_a_running_pod_fails_these_kinds_even_with_on_failure(trial: Trial, kind: str) -> None:
    submitted = await trial.submit(alone(kind, "sleep 300", restart="OnFailure"))
    await submitted.until_pods("Running", count=1)
    await submitted.reaches("Running")

    await submitted.delete_pod(only_pod(kind))
    await submitted.reaches("Failed", within=40)


@side_by_side
async def test_deleting_a_running_pod_of_a_pytorchjob_with_on_failure_makes_it_again(trial: Trial) -> None:
    submitted = await trial.submit(alone("PyTorchJob", "sleep 300", restart="OnFailure"))
    await submitted.until_pods("Running", count=1)
    await submitted.reaches("Running")

    await submitted.delete_pod("master-0")
    await submitted.until(lambda: len(submitted.lives("master-0")) == 2, "the pod is made again")
    await submitted.until(lambda: submitted.lives("master-0")[1].phase == "Running", "and runs")
    await submitted.reaches("Running")
    assert in_order(submitted.transitions, ["Running+", "Restarting+", "Restarting!"])
    assert not submitted.has("Failed")


@side_by_side
async def test_a_command_that_does_not_exist_fails_with_128(trial: Trial) -> None:
    manifest = alone("TFJob", "")
    manifest["spec"]["tfReplicaSpecs"]["Worker"]["template"]["spec"]["containers"][0]["command"] = ["/no/such/program"]
    submitted = await trial.submit(manifest)
    await submitted.reaches("Failed")

    await submitted.until(lambda: bool(submitted.lives("worker-0")[0].exit_codes), "the pod's end is told")
    (life,) = submitted.lives("worker-0")
    ended = life.latest["status"]["containerStatuses"][0]["state"]["terminated"]
    assert (ended["reason"], ended["exitCode"]) == ("StartError", 128)
    assert "Running+" not in submitted.transitions


@side_by_side
async def test_always_restarts_after_success_too_until_the_limit_fails_the_job(trial: Trial) -> None:
    submitted = await trial.submit(alone("TFJob", "sleep 1", restart="Always", backoffLimit=1))
    await submitted.reaches("Failed")

    assert submitted.condition("Failed")["message"] == LIMIT_REACHED
    assert "Succeeded+" not in submitted.transitions


@side_by_side
async def test_a_negative_backoff_limit_fails_the_job_before_it_has_pods(trial: Trial) -> None:
    submitted = await trial.submit(alone("MXJob", "sleep 1", backoffLimit=-1))
    await submitted.reaches("Failed")

    assert submitted.pods == []
    assert submitted.transitions == ["Created+", "Failed+"]
