"""What is refused at once (kubeflow.md 2.1: S the schema, W a webhook), and what is accepted and then goes nowhere."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.verification.jobs.manifests import SHAPES, Manifest, alone, job, role
from tests.verification.side_by_side import side_by_side
from tests.verification.trial import Trial

Edit = Callable[[Manifest], None]


def only_role(manifest: Manifest) -> Manifest:
    """The only role of a manifest."""
    (found,) = manifest["spec"][SHAPES[manifest["kind"]].roles].values()
    return found  # type: ignore[no-any-return]


def container(manifest: Manifest) -> Manifest:
    return only_role(manifest)["template"]["spec"]["containers"][0]  # type: ignore[no-any-return]


def setting(find: Callable[[Manifest], Manifest], **values: Any) -> Edit:
    return lambda manifest: find(manifest).update(values)


def without(find: Callable[[Manifest], Manifest], key: str) -> Edit:
    def edit(manifest: Manifest) -> None:
        del find(manifest)[key]

    return edit


def spec(manifest: Manifest) -> Manifest:
    return manifest["spec"]  # type: ignore[no-any-return]


def meta(manifest: Manifest) -> Manifest:
    return manifest["metadata"]  # type: ignore[no-any-return]


def run_policy(manifest: Manifest) -> Manifest:
    return manifest["spec"]["runPolicy"]  # type: ignore[no-any-return]


def pod_spec(manifest: Manifest) -> Manifest:
    return only_role(manifest)["template"]["spec"]  # type: ignore[no-any-return]


def roles(manifest: Manifest) -> Manifest:
    return manifest["spec"][SHAPES[manifest["kind"]].roles]  # type: ignore[no-any-return]


def rename_role(name: str) -> Edit:
    def edit(manifest: Manifest) -> None:
        found = roles(manifest)
        (old,) = found
        found[name] = found.pop(old)

    return edit


def no_spec(manifest: Manifest) -> None:
    del manifest["spec"]


def two_chiefs(manifest: Manifest) -> None:
    rename_role("Chief")(manifest)
    only_role(manifest)["replicas"] = 2


# (kind, what is wrong, the edit that makes it so, status, words of the message)
REFUSED: list[tuple[str, str, Edit, int, str]] = [
    (
        "TFJob",
        "other container name",
        setting(container, name="main"),
        403,
        "at least one container with name tensorflow",
    ),
    ("PyTorchJob", "other container name", setting(container, name="main"), 403, "container with name pytorch"),
    ("TFJob", "no image", without(container, "image"), 403, "containers[0].image: Required value"),
    ("PyTorchJob", "empty image", setting(container, image=""), 403, "containers[0].image: Required value"),
    ("TFJob", "no template", without(only_role, "template"), 403, "denied the request"),
    ("PyTorchJob", "no template", without(only_role, "template"), 403, "denied the request"),
    ("TFJob", "empty containers", setting(pod_spec, containers=[]), 403, "denied the request"),
    ("TFJob", "no containers", without(pod_spec, "containers"), 422, "containers: Required value"),
    ("MXJob", "no containers", without(pod_spec, "containers"), 422, "containers: Required value"),
    ("MPIJob", "no containers", without(pod_spec, "containers"), 422, "containers: Required value"),
    ("TFJob", "replicas as text", setting(only_role, replicas="1"), 422, "must be of type integer"),
    ("PyTorchJob", "replicas as text", setting(only_role, replicas="1"), 422, "must be of type integer"),
    ("MXJob", "replicas as a fraction", setting(only_role, replicas=1.5), 422, "must be of type integer"),
    ("MPIJob", "replicas as text", setting(only_role, replicas="1"), 422, "must be of type integer"),
    (
        "TFJob",
        "env value as number",
        setting(container, env=[{"name": "A", "value": 1}]),
        422,
        "must be of type string",
    ),
    ("PyTorchJob", "nprocPerNode as number", setting(spec, nprocPerNode=2), 422, "must be of type string"),
    ("TFJob", "no roles map", without(spec, "tfReplicaSpecs"), 422, "spec.tfReplicaSpecs: Required value"),
    ("MXJob", "no jobMode", without(spec, "jobMode"), 422, "spec.jobMode: Required value"),
    ("MPIJob", "no roles map", without(spec, "mpiReplicaSpecs"), 422, "spec.mpiReplicaSpecs: Required value"),
    ("TFJob", "no spec", no_spec, 403, "denied the request"),
    ("PyTorchJob", "unknown role", rename_role("Boss"), 403, "Unsupported value"),
    ("PyTorchJob", "lower-case role", rename_role("master"), 403, "Unsupported value"),
    ("PyTorchJob", "two masters", setting(only_role, replicas=2), 403, "must be 1"),
    ("PyTorchJob", "no master replicas", without(only_role, "replicas"), 403, "denied the request"),
    ("TFJob", "upper-case name", setting(meta, name="Job"), 422, "metadata.name: Invalid value"),
    ("MPIJob", "name with underscore", setting(meta, name="a_b"), 422, "metadata.name: Invalid value"),
    ("TFJob", "name begins with a digit", setting(meta, name="1job"), 403, "a DNS-1035 label must"),
    ("PyTorchJob", "name with a dot", setting(meta, name="a.b"), 403, "a DNS-1035 label must"),
    ("TFJob", "name of 64", setting(meta, name="n" * 64), 403, "no more than 63"),
    ("TFJob", "unknown field", setting(spec, backoffLimit=1), 400, 'unknown field "spec.backoffLimit"'),
    ("MXJob", "unknown field", setting(spec, cleanPodPolicy="All"), 400, 'unknown field "spec.cleanPodPolicy"'),
    ("TFJob", "backoffLimit too big", setting(run_policy, backoffLimit=2**31), 400, "cannot unmarshal"),
    ("TFJob", "label of 64", setting(meta, labels={"a": "n" * 64}), 422, "metadata.labels: Invalid value"),
    ("TFJob", "annotations too long", setting(meta, annotations={"a": "n" * 262145}), 422, "Too long"),
]


@pytest.mark.parametrize(("kind", "case", "edit", "status", "words"), REFUSED, ids=[f"{r[0]}-{r[1]}" for r in REFUSED])
@side_by_side
async def test_a_bad_manifest_is_refused_with_its_reason(
    trial: Trial, kind: str, case: str, edit: Edit, status: int, words: str
) -> None:
    manifest = alone(kind, "sleep 1")
    edit(manifest)
    answer = await trial.create(manifest, dryRun="All", fieldValidation="Strict")

    assert answer.status == status, answer.body
    assert words in answer.message, answer.message
    if status == 403:
        assert answer.message.startswith(
            f'admission webhook "validator.{kind.lower()}.training-operator.kubeflow.org" denied the request: '
        )
        assert "details" not in answer.body
    if status == 422:
        assert answer.body["reason"] == "Invalid"
        assert answer.body["details"]["causes"][0]["field"]


ACCEPTED: list[tuple[str, str, Edit]] = [
    ("TFJob", "lower-case role", rename_role("worker")),
    (
        "TFJob",
        "two chiefs",
        two_chiefs,
    ),
    ("TFJob", "junk success policy", setting(spec, successPolicy="Whatever")),
    ("TFJob", "junk restart policy", setting(only_role, restartPolicy="Sometimes")),
    ("PyTorchJob", "junk nprocPerNode", setting(spec, nprocPerNode="many")),
    ("PyTorchJob", "elastic policy without Worker", setting(spec, elasticPolicy={"minReplicas": 1, "maxReplicas": 2})),
    ("MXJob", "other container name", setting(container, name="main")),
    ("MXJob", "no spec", no_spec),
    ("MPIJob", "name begins with a digit", setting(meta, name="1job")),
    ("MPIJob", "no image", without(container, "image")),
]


@pytest.mark.parametrize(("kind", "case", "edit"), ACCEPTED, ids=[f"{row[0]}-{row[1]}" for row in ACCEPTED])
@side_by_side
async def test_a_doubtful_manifest_is_accepted(trial: Trial, kind: str, case: str, edit: Edit) -> None:
    manifest = alone(kind, "sleep 1")
    edit(manifest)
    answer = await trial.create(manifest, dryRun="All", fieldValidation="Strict")

    assert answer.status == 201, answer.body


@side_by_side
async def test_chief_and_master_together_are_refused(trial: Trial) -> None:
    manifest = job("TFJob", {"Chief": role("sleep 1"), "Master": role("sleep 1")})
    answer = await trial.create(manifest, dryRun="All")

    assert answer.status == 403
    assert "denied the request" in answer.message


HANGING: list[tuple[str, str, Edit, str]] = [
    ("MXJob", "other container name", setting(container, name="main"), "MXJobSpec is not valid"),
    ("MPIJob", "no image", without(container, "image"), "Image is undefined in the container of Launcher"),
    ("MPIJob", "no launcher", rename_role("Worker"), "Master ReplicaSpec must be present"),
    ("MPIJob", "two launchers", setting(only_role, replicas=2), "only 1 launcher replica"),
]


@pytest.mark.parametrize(("kind", "case", "edit", "words"), HANGING, ids=[f"{row[0]}-{row[1]}" for row in HANGING])
@side_by_side
async def test_a_spec_the_operator_refuses_gets_an_event_and_no_status(
    trial: Trial, kind: str, case: str, edit: Edit, words: str
) -> None:
    manifest = alone(kind, "sleep 1")
    edit(manifest)
    submitted = await trial.submit(manifest)
    await submitted.until(lambda: bool(submitted.events("MPIJobFailedValidation")), "the operator's refusal")

    (event, *_) = submitted.events("MPIJobFailedValidation")
    assert event["type"] == "Warning"
    assert words in event["message"]
    assert submitted.status == {}
    assert submitted.pods == []


@side_by_side
async def test_a_tfjob_without_roles_is_silently_left_alone(trial: Trial) -> None:
    manifest = alone("TFJob", "sleep 1")
    manifest["spec"]["tfReplicaSpecs"] = {}
    submitted = await trial.submit(manifest)
    await submitted.poke()
    await submitted.until(lambda: "contract/poked" in str(submitted.latest), "the poke is told")

    assert submitted.status == {}
    assert submitted.events() == []
