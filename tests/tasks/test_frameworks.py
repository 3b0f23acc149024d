"""Each framework's manifest once as a whole; all else by difference."""

from dataclasses import replace
from typing import Any

import pytest

from console.cluster.resources import Manifest
from tasks.frameworks import FRAMEWORKS, framework_of_kind
from tasks.frameworks.building import build
from tasks.frameworks.reading import read
from tasks.specification import (
    CleanPodPolicy,
    ConfigMapKey,
    DataVolume,
    EnvEntry,
    PodField,
    RestartPolicy,
    RoleSpec,
    RunPolicy,
    SecretKey,
    TaskSpec,
    VolumePurpose,
)
from tasks.specification.default_flavors import DEFAULT_FLAVORS
from tests.tasks.specifications import RDMA, SMALL, V100, spec, with_role

SIZE = {"cpu": "100m", "memory": "128Mi"}
METADATA = {
    "labels": {"trainyard.io/operation": "op-1"},
    "annotations": {
        "trainyard.io/owner": "alice",
        "trainyard.io/flavor": "cpu-100m-128Mi",
        "sidecar.istio.io/inject": "false",
    },
}


def built(task: TaskSpec) -> Manifest:
    return build(task, operation="op-1", owner="alice")


def whole(kind: str, mode: str, **fields: Any) -> Manifest:
    return {
        "apiVersion": "kubeflow.org/v1",
        "kind": kind,
        "metadata": {
            "name": "mnist",
            "namespace": "vision",
            "labels": {"trainyard.io/operation": "op-1", "trainyard.io/mode": mode},
            "annotations": {"trainyard.io/owner": "alice"},
        },
        "spec": {"runPolicy": {"cleanPodPolicy": "Running", "suspend": False}, **fields},
    }


def replica(container: str, mode: str, *, shared_memory: bool, account: bool = False) -> Manifest:
    item: Manifest = {
        "name": container,
        "image": "python:3.11-slim",
        "imagePullPolicy": "IfNotPresent",
        "resources": {"requests": SIZE, "limits": SIZE},
    }
    pod: Manifest = {"containers": [item]}
    if not account:
        pod["automountServiceAccountToken"] = False
    if shared_memory:
        pod["volumes"] = [{"name": "shared-memory", "emptyDir": {"medium": "Memory"}}]
        item["volumeMounts"] = [{"name": "shared-memory", "mountPath": "/dev/shm"}]
    labels = METADATA["labels"] | {"trainyard.io/mode": mode}
    return {
        "replicas": 1,
        "restartPolicy": "Never",
        "template": {"metadata": METADATA | {"labels": labels}, "spec": pod},
    }


def test_a_tensorflow_task_is_this_manifest() -> None:
    role = replica("tensorflow", "ps-chief-worker", shared_memory=False)
    assert built(spec("tensorflow", "ps-chief-worker")) == whole(
        "TFJob",
        "ps-chief-worker",
        tfReplicaSpecs={"PS": role, "Chief": role, "Worker": role, "Evaluator": role},
    )


def test_an_mxnet_task_is_this_manifest() -> None:
    role = replica("mxnet", "distributed", shared_memory=True)
    assert built(spec("mxnet")) == whole(
        "MXJob",
        "distributed",
        jobMode="MXTrain",
        mxReplicaSpecs={"Scheduler": role, "Server": role, "Worker": role},
    )


def test_a_pytorch_task_is_this_manifest() -> None:
    role = replica("pytorch", "distributed", shared_memory=True)
    assert built(spec("pytorch")) == whole(
        "PyTorchJob", "distributed", pytorchReplicaSpecs={"Master": role, "Worker": role}
    )


def test_an_mpi_task_is_this_manifest() -> None:
    launcher = replica("mpi", "allreduce", shared_memory=True, account=True)
    worker = replica("mpi", "allreduce", shared_memory=True)
    assert built(spec("mpi", "allreduce")) == whole(
        "MPIJob", "allreduce", slotsPerWorker=1, mpiReplicaSpecs={"Launcher": launcher, "Worker": worker}
    )


def role_of(manifest: Manifest, name: str) -> Manifest:
    framework = framework_of_kind(manifest["kind"])
    assert framework is not None
    found: Manifest = manifest["spec"][framework.roles_field][name]
    return found


def test_a_description_is_an_annotation() -> None:
    assert built(spec(description="a\nb"))["metadata"]["annotations"]["trainyard.io/description"] == "a\nb"


def test_a_role_with_pull_secrets_of_its_own_has_those_of_the_task_too() -> None:
    own = {"template.spec.imagePullSecrets": [{"name": "own"}, {"name": "a"}]}
    task = with_role(spec(pull_secrets=("a", "b")), "Worker", kept=own)
    secrets = role_of(built(task), "Worker")["template"]["spec"]["imagePullSecrets"]
    assert secrets == [{"name": "own"}, {"name": "a"}, {"name": "b"}]


def test_a_gpu_flavor_selects_its_nodes() -> None:
    pod = role_of(built(with_role(spec(), "Worker", flavor=V100)), "Worker")["template"]["spec"]
    size = {"cpu": "4", "memory": "32Gi", "nvidia.com/gpu": "1"}
    assert pod["containers"][0]["resources"] == {"requests": size, "limits": size}
    assert pod["nodeSelector"] == {"trainyard.io/gpu-model": "v100-32g"}
    assert pod["tolerations"] == [{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}]


def test_an_rdma_flavor_asks_for_the_device() -> None:
    pod = role_of(built(with_role(spec(), "Master", flavor=RDMA)), "Master")["template"]["spec"]
    assert pod["containers"][0]["resources"]["limits"]["rdma/hca_shared_devices_a"] == "1"


def test_mpi_runs_a_process_a_gpu() -> None:
    task = with_role(spec("mpi", "allreduce"), "Worker", flavor=replace(V100, gpus=4))
    assert built(task)["spec"]["slotsPerWorker"] == 4


def test_environment_commands_and_volumes() -> None:
    volume = DataVolume(purpose=VolumePurpose.DATA, claim="datasets", sub_path="mnist", mount_path="/data")
    env = (
        EnvEntry("A", "1"),
        EnvEntry("IP", PodField.POD_IP),
        EnvEntry("C", ConfigMapKey("settings", "lr")),
        EnvEntry("S", SecretKey("token", "value")),
    )
    task = with_role(
        spec("tensorflow", "single", volumes=(volume,)), "Worker", command=("sh", "-c"), args=("x",), env=env
    )
    pod = role_of(built(task), "Worker")["template"]["spec"]
    container = pod["containers"][0]
    assert pod["volumes"] == [{"name": "data", "persistentVolumeClaim": {"claimName": "datasets"}}]
    assert container["volumeMounts"] == [{"name": "data", "mountPath": "/data", "subPath": "mnist"}]
    assert (container["command"], container["args"]) == (["sh", "-c"], ["x"])
    assert container["env"] == [
        {"name": "A", "value": "1"},
        {"name": "IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
        {"name": "C", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "lr"}}},
        {"name": "S", "valueFrom": {"secretKeyRef": {"name": "token", "key": "value"}}},
    ]


@pytest.mark.parametrize(
    ("policy", "limit", "written"),
    [
        (RestartPolicy.NEVER, 0, None),
        (RestartPolicy.NEVER, 3, 3),
        (RestartPolicy.ON_FAILURE, 0, 0),
        (RestartPolicy.ON_FAILURE, 3, 3),
        (RestartPolicy.EXIT_CODE, 3, 3),
    ],
)
def test_no_retries_are_written_only_where_something_restarts(
    policy: RestartPolicy, limit: int, written: int | None
) -> None:
    """Where nothing does, 0 makes the operator delete every pod when one fails, and any other number does nothing."""
    task = with_role(spec(run_policy=RunPolicy(backoff_limit=limit)), "Worker", restart_policy=policy)

    manifest = built(task)

    assert manifest["spec"]["runPolicy"].get("backoffLimit") == written
    assert read(manifest, flavors=DEFAULT_FLAVORS).spec == task


def test_the_rest_of_the_run_policy() -> None:
    policy = RunPolicy(
        active_deadline_seconds=60,
        ttl_seconds_after_finished=0,
        clean_pod_policy=CleanPodPolicy.ALL,
        suspend=True,
    )
    assert built(spec(run_policy=policy))["spec"]["runPolicy"] == {
        "cleanPodPolicy": "All",
        "suspend": True,
        "activeDeadlineSeconds": 60,
        "ttlSecondsAfterFinished": 0,
    }


@pytest.mark.parametrize(
    "task",
    [
        with_role(spec(), "Worker", replicas=0),
        with_role(spec(), "Worker", replicas=-1),
        with_role(spec(), "Worker", flavor=None),
        spec(roles=()),
        spec(roles=(RoleSpec(name="Worker", flavor=SMALL),) * 2),
    ],
)
def test_what_was_not_checked_is_not_built(task: TaskSpec) -> None:
    with pytest.raises(ValueError, match="role"):
        built(task)


def test_the_frameworks_name_their_modes() -> None:
    tensorflow = FRAMEWORKS["tensorflow"]
    found = [
        tensorflow.mode_of(roles) for roles in (["Worker"], ["PS", "Worker", "Evaluator"], ["PS"], ["PS", "Chief"])
    ]
    assert [mode and mode.key for mode in found] == ["single", "ps-worker", None, None]
