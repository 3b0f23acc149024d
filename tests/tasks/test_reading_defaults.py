"""What an operator or Kubernetes would assume is read as such, and then written out."""

from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest

from console.cluster.resources import Manifest
from tasks.frameworks import FRAMEWORKS
from tasks.frameworks.building import FLAVOR_ANNOTATION, build
from tasks.frameworks.reading import read
from tasks.specification import CleanPodPolicy, Code, Probe, RestartPolicy, TaskSpec
from tasks.specification.default_flavors import DEFAULT_FLAVORS
from tasks.specification.kept import CONTAINER, RESOURCES

SIZE = {"cpu": "100m", "memory": "128Mi"}


def bare(framework: str, *roles: str, container: dict[str, Any] | None = None, **fields: Any) -> Manifest:
    """As little as an operator takes."""
    shape = FRAMEWORKS[framework]
    box = {"name": shape.container, "image": "a:1", **(container or {})}
    by_role = {role: {"template": {"spec": {"containers": [dict(box)]}}} for role in roles}
    return {
        "apiVersion": shape.resource.api_version,
        "kind": shape.resource.kind,
        "metadata": {"name": "a", "namespace": "b"},
        "spec": {shape.roles_field: by_role, **fields},
    }


def task_of(manifest: Manifest) -> TaskSpec:
    reading = read(manifest, flavors=DEFAULT_FLAVORS)
    assert (reading.refused, reading.spec is None) == ((), False)
    assert reading.spec is not None
    return reading.spec


def test_a_bare_tfjob() -> None:
    task = task_of(bare("tensorflow", "Worker"))
    (worker,) = task.roles

    assert (task.mode, worker.replicas, worker.restart_policy) == ("single", 1, RestartPolicy.NEVER)
    assert task.run_policy.clean_pod_policy == CleanPodPolicy.NONE
    assert worker.kept == {RESOURCES: {}}  # no size at all is a size of its own
    manifest = build(task, operation="op", owner="alice")
    assert manifest["spec"]["runPolicy"] == {"cleanPodPolicy": "None", "suspend": False}
    container = manifest["spec"]["tfReplicaSpecs"]["Worker"]["template"]["spec"]["containers"][0]
    assert "resources" not in container


def test_what_is_added_is_told_apart_from_what_is_kept() -> None:
    gpu = {"resources": {"limits": {"nvidia.com/gpu": 1}}}
    manifest = bare("mpi", "Launcher", "Worker", container={"image": "a"})
    worker = manifest["spec"]["mpiReplicaSpecs"]["Worker"]["template"]["spec"]
    worker["containers"][0] |= gpu
    worker["hostname"] = "a"

    reading = read(manifest, flavors=DEFAULT_FLAVORS)

    roles = "spec.mpiReplicaSpecs"
    assert reading.kept == {
        f"{roles}.Worker.template.spec.hostname": "a",
        f"{roles}.Worker.{RESOURCES}": gpu["resources"],
    }
    assert reading.added == {
        f"{roles}.Launcher.{CONTAINER}.imagePullPolicy": "Always",
        f"{roles}.Worker.{CONTAINER}.imagePullPolicy": "Always",
        f"{roles}.Worker.template.spec.automountServiceAccountToken": False,
        f"{roles}.Worker.template.spec.tolerations": [
            {"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}
        ],
    }


def test_a_task_of_ours_is_read_without_additions() -> None:
    manifest = build(task_of(bare("tensorflow", "Worker", container={"image": "a"})), operation="op", owner="alice")
    assert read(manifest, flavors=DEFAULT_FLAVORS).added == {}


def test_slots_that_the_operator_assumes_are_an_addition() -> None:
    size = {"cpu": "16", "memory": "128Gi", "nvidia.com/gpu": "4"}
    reading = read(bare("mpi", "Launcher", "Worker", container={"resources": {"limits": size}}))
    assert (reading.added["spec.slotsPerWorker"], "spec.slotsPerWorker" in reading.kept) == (1, False)


def test_pytorch_restarts_where_nothing_is_said() -> None:
    task = task_of(bare("pytorch", "Master", "Worker"))
    assert {role.restart_policy for role in task.roles} == {RestartPolicy.ON_FAILURE}
    assert task.run_policy.backoff_limit is None


def test_an_mpijob_has_no_workers_where_nothing_is_said() -> None:
    task = task_of(bare("mpi", "Launcher", "Worker"))
    assert [role.replicas for role in task.roles] == [1, 0]


def test_slots_that_are_not_one_a_gpu_stay() -> None:
    gpu = DEFAULT_FLAVORS["v100-32g-x4"]
    size = {"cpu": "16", "memory": "128Gi", "nvidia.com/gpu": "4"}
    manifest = bare("mpi", "Launcher", "Worker", container={"resources": {"limits": size}})
    for role in manifest["spec"]["mpiReplicaSpecs"].values():
        role["template"]["spec"]["nodeSelector"] = dict(gpu.node_selector)

    task = task_of(manifest)

    assert task.roles[1].flavor == gpu
    assert task.kept == {"spec.slotsPerWorker": 1}  # the operator's own default; we would write 4
    assert task_of(bare("mpi", "Launcher", "Worker")).kept == {}


def test_the_older_clean_up_policy_of_an_mpijob() -> None:
    task = task_of(bare("mpi", "Launcher", "Worker", cleanPodPolicy="All"))
    assert (task.run_policy.clean_pod_policy, task.kept) == (CleanPodPolicy.ALL, {"spec.cleanPodPolicy": "All"})


@pytest.mark.parametrize(
    ("image", "policy"),
    [("a:1", None), ("a", "Always"), ("a:latest", "Always"), (f"a@sha256:{'0' * 64}", None)],
)
def test_an_image_that_moves_is_still_asked_for_each_time(image: str, policy: str | None) -> None:
    task = task_of(bare("tensorflow", "Worker", container={"image": image}))
    assert task.roles[0].kept.get(f"{CONTAINER}.imagePullPolicy") == policy


def test_a_size_that_is_a_flavors_is_that_flavor() -> None:
    task = task_of(bare("tensorflow", "Worker", container={"resources": {"limits": SIZE}}))
    assert task.roles[0].flavor == DEFAULT_FLAVORS["cpu-100m-128Mi"]
    assert task.roles[0].kept == {}


def test_a_retired_flavor_is_read_only_where_it_is_named() -> None:
    """Nobody may choose it any more; a size of its own anybody may have."""
    retired = {"old": replace(DEFAULT_FLAVORS["cpu-100m-128Mi"], key="old", retired=True)}
    offered = {"new": replace(DEFAULT_FLAVORS["cpu-100m-128Mi"], key="new")}
    manifest = bare("tensorflow", "Worker", container={"resources": {"limits": SIZE}})
    named = deepcopy(manifest)
    named["spec"]["tfReplicaSpecs"]["Worker"]["template"]["metadata"] = {"annotations": {FLAVOR_ANNOTATION: "old"}}

    catalogues = (retired, retired | offered)
    tasks = [read(text, flavors=known).spec for text in (manifest, named) for known in catalogues]

    assert [task.roles[0].flavor.key for task in tasks] == ["", "new", "old", "old"]  # type: ignore[union-attr]


def test_a_probe_says_little_and_means_much() -> None:
    container = {"livenessProbe": {"httpGet": {"port": 80}}}
    probe = task_of(bare("tensorflow", "Worker", container=container)).roles[0].liveness
    assert isinstance(probe, Probe)
    assert (probe.check.path, probe.period_seconds, probe.failure_threshold) == ("/", 10, 3)  # type: ignore[union-attr]


def test_roles_that_have_another_image_keep_it() -> None:
    manifest = bare("tensorflow", "PS", "Worker")
    manifest["spec"]["tfReplicaSpecs"]["Worker"]["template"]["spec"]["containers"][0]["image"] = "b:2"

    task = task_of(manifest)

    assert (task.image, [role.image for role in task.roles]) == ("a:1", ["", "b:2"])


def test_a_second_container_is_refused_whichever_comes_first() -> None:
    manifest = bare("tensorflow", "Worker")
    pod = manifest["spec"]["tfReplicaSpecs"]["Worker"]["template"]["spec"]
    pod["containers"].insert(0, {"name": "sidecar", "image": "x"})

    reading = read(manifest)

    assert [finding.code for finding in reading.refused] == [Code.FIELD_CONTAINER]
    assert reading.refused[0].path.endswith("containers[0]")
    assert reading.spec is not None
    assert reading.spec.image == "a:1"
