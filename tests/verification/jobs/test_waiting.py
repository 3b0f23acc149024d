"""Pods that cannot start or cannot be made: what the job says, which is little, and where the reason is to be found."""

import pytest

from tests.verification.jobs.manifests import FOR_LONG, KINDS, SHAPES, alone, deciding, job, only_pod, role
from tests.verification.side_by_side import side_by_side
from tests.verification.trial import Job, Trial

NO_SUCH_IMAGE = "registry.invalid/team/train:1"


def template(manifest: dict, kind: str) -> dict:  # type: ignore[type-arg]
    """The only role's pod spec."""
    (only,) = manifest["spec"][SHAPES[kind].roles].values()
    return only["template"]["spec"]  # type: ignore[no-any-return]


async def pending(submitted: Job, name: str) -> None:
    await submitted.until(lambda: bool(submitted.lives(name)), "the pod is made")
    await submitted.reaches("Created")


@pytest.mark.parametrize("kind", KINDS)
@side_by_side
async def test_an_image_that_cannot_be_pulled_leaves_the_job_created(trial: Trial, kind: str) -> None:
    manifest = alone(kind, FOR_LONG)
    template(manifest, kind)["containers"][0]["image"] = NO_SUCH_IMAGE
    submitted = await trial.submit(manifest)
    await pending(submitted, only_pod(kind))
    (life,) = submitted.lives(only_pod(kind))
    pulls = {"ErrImagePull", "ImagePullBackOff"}
    await submitted.until(lambda: pulls <= submitted.lives(only_pod(kind))[0].waiting_reasons(), "both reasons in turn")
    await submitted.until(lambda: bool(pulls & submitted.event_reasons), "the job's events say so too")

    assert submitted.transitions == ["Created+"]
    told = submitted.events("ErrImagePull") + submitted.events("ImagePullBackOff")
    assert told[0]["type"] == "Warning"
    assert told[0]["message"].startswith(
        f"Error pod job-{only_pod(kind)} container {SHAPES[kind].container} waiting message: "
    )
    reasons = {event["reason"] for event in submitted.events(involved=life.uid)}
    assert {"Scheduled", "Pulling", "Failed", "BackOff"} <= reasons
    assert NO_SUCH_IMAGE in next(iter(submitted.events("Pulling", involved=life.uid)))["message"]


@pytest.mark.parametrize("kind", KINDS)
@side_by_side
async def test_a_pod_that_fits_on_no_node_is_unschedulable(trial: Trial, kind: str) -> None:
    resources = {"limits": {"nvidia.com/gpu": "999"}}
    manifest = alone(kind, FOR_LONG)
    template(manifest, kind)["containers"][0]["resources"] = resources
    submitted = await trial.submit(manifest)
    await pending(submitted, only_pod(kind))
    (life,) = submitted.lives(only_pod(kind))
    await submitted.until(
        lambda: bool(submitted.events("FailedScheduling", involved=life.uid)), "the scheduler's event"
    )
    await submitted.until(lambda: bool(submitted.events("Unschedulable")), "the job's event")

    assert submitted.transitions == ["Created+"]
    life = submitted.lives(only_pod(kind))[0]
    (condition,) = [entry for entry in life.latest["status"]["conditions"] if entry["type"] == "PodScheduled"]
    assert (condition["status"], condition["reason"]) == ("False", "Unschedulable")
    assert "Insufficient nvidia.com/gpu" in condition["message"]
    assert " nodes are available: " in condition["message"]
    (event, *_) = submitted.events("FailedScheduling", involved=life.uid)
    # A scheduler's event is of the newer shape: no source, no count, no first and last time.
    assert event["source"] == {}
    assert event["reportingComponent"] == "default-scheduler"
    assert event["eventTime"]
    assert event.get("firstTimestamp") is None
    assert event.get("count") is None
    told = submitted.events("Unschedulable")[0]
    assert told["message"].startswith(f"Error pod job-{only_pod(kind)} condition message: ")


@side_by_side
async def test_a_claim_that_does_not_exist_keeps_the_pod_unschedulable_until_it_does(trial: Trial) -> None:
    manifest = alone("TFJob", FOR_LONG)
    template(manifest, "TFJob")["volumes"] = [{"name": "data", "persistentVolumeClaim": {"claimName": "missing"}}]
    submitted = await trial.submit(manifest)
    await pending(submitted, "worker-0")

    def condition() -> dict:  # type: ignore[type-arg]
        conditions = submitted.lives("worker-0")[0].latest["status"].get("conditions") or []
        return next((entry for entry in conditions if entry["type"] == "PodScheduled"), {})

    await submitted.until(lambda: condition().get("reason") == "Unschedulable", "it is unschedulable")
    assert 'persistentvolumeclaim "missing" not found' in condition()["message"]


@pytest.mark.parametrize("kind", KINDS)
@side_by_side
async def test_a_quota_that_refuses_one_pod_leaves_the_status_empty(trial: Trial, kind: str) -> None:
    count = 1 + len(SHAPES[kind].others)
    await trial.make("resourcequotas", {"metadata": {"name": "few"}, "spec": {"hard": {"pods": str(count - 1)}}})
    await quota_counts(trial)
    submitted = await trial.submit(deciding(kind, FOR_LONG))
    refused = "MPIJobFailed" if kind == "MPIJob" else "FailedCreatePod"
    await submitted.until(
        lambda: any("exceeded quota: few" in event["message"] for event in submitted.events(refused)), "the refusal"
    )
    await submitted.until_pods("Running", "Pending", count=count - 1)

    assert submitted.status == {}
    answer = await trial.cluster.patch(
        "resourcequotas", trial.namespace, "few", {"spec": {"hard": {"pods": str(count)}}}
    )
    assert answer.status == 200
    await quota_counts(trial, str(count))
    await submitted.poke()
    await submitted.until_pods("Running", count=count)
    await submitted.reaches("Running")
    assert "Failed+" not in submitted.transitions


async def quota_counts(trial: Trial, pods: str = "") -> None:
    """The quota's status says what is allowed; before that every pod is refused."""
    while True:
        answer = await trial.cluster.get("resourcequotas", trial.namespace, "few")
        hard = answer.body.get("status", {}).get("hard", {})
        if hard and pods in ("", hard["pods"]):
            assert "used" in answer.body["status"]
            return


@pytest.mark.parametrize(("first", "second"), [("TFJob", "PyTorchJob"), ("PyTorchJob", "MXJob")])
@side_by_side
async def test_two_kinds_cannot_share_a_name(trial: Trial, first: str, second: str) -> None:
    holder = await trial.submit(job(first, {"Worker": role(FOR_LONG)}))
    await holder.until_pods("Running", count=1)

    late = await trial.submit(job(second, {"Worker": role(FOR_LONG)}))
    await late.until(lambda: bool(late.events("FailedCreatePod")), "the clash is told")
    assert any('pods "job-worker-0" already exists' in event["message"] for event in late.events("FailedCreatePod"))
    assert late.status == {}
    assert late.pods == [], "nothing is adopted"

    await holder.delete()
    await holder.until_pods_gone()
    await late.poke()
    await late.until_pods("Running", count=1)
    await late.reaches("Running")


@side_by_side
async def test_a_pod_the_api_server_refuses_is_told_by_an_event_only(trial: Trial) -> None:
    manifest = alone("PyTorchJob", FOR_LONG)
    container = template(manifest, "PyTorchJob")["containers"][0]
    container["volumeMounts"] = [{"name": "undeclared", "mountPath": "/data"}]
    submitted = await trial.submit(manifest)

    await submitted.until(lambda: bool(submitted.events("FailedCreatePod")), "the refusal")
    (event,) = submitted.events("FailedCreatePod")
    assert "volumeMounts[0].name: Not found" in event["message"]
    assert event["type"] == "Warning"
    assert submitted.status == {}


@side_by_side
async def test_a_name_too_long_for_a_service_leaves_the_status_empty_while_the_pod_runs(trial: Trial) -> None:
    name = "n" * 55
    submitted = await trial.submit(job("TFJob", {"Worker": role(FOR_LONG)}, name=name))
    await submitted.until_pods("Running", count=1)
    await submitted.until(lambda: bool(submitted.events("FailedCreateService")), "the refusal")

    assert submitted.status == {}
    assert "must be no more than 63" in submitted.events("FailedCreateService")[0]["message"]


@side_by_side
async def test_a_missing_secret_is_a_container_config_error(trial: Trial) -> None:
    manifest = alone("MXJob", FOR_LONG)
    secret = {"secretKeyRef": {"name": "missing", "key": "token"}}
    template(manifest, "MXJob")["containers"][0]["env"] = [{"name": "TOKEN", "valueFrom": secret}]
    submitted = await trial.submit(manifest)
    await pending(submitted, "worker-0")

    await submitted.until(
        lambda: "CreateContainerConfigError" in submitted.lives("worker-0")[0].waiting_reasons(), "the reason"
    )
    await submitted.until(lambda: "CreateContainerConfigError" in submitted.event_reasons, "the job's event")
    assert submitted.transitions == ["Created+"]
