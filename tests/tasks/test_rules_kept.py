"""Rules for what is carried along: drafts, clones and the API may say anything there."""

from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest

from tasks.specification import Code, RestartPolicy, RunPolicy, TaskSpec, check
from tasks.specification.entries import entries_of, spec_of
from tasks.specification.kept import CONTAINER, RESOURCES
from tasks.specification.sizes import own_size
from tests.tasks.specifications import facts, spec, with_role

PORTS = f"{CONTAINER}.ports"
MOUNT = f"{CONTAINER}.volumeMounts[0]"
VOLUME = "template.spec.volumes[0]"
SCRATCH = {"name": "scratch", "emptyDir": {}}


def found(task: TaskSpec, **known: Any) -> set[tuple[str, Code]]:
    return {(finding.path, finding.code) for finding in check(task, facts(**known)) if finding.blocking}


def kept_by(name: str = "Worker", framework: str = "pytorch", mode: str = "distributed", **kept: Any) -> TaskSpec:
    return with_role(spec(framework, mode), name, kept=deepcopy(kept))


def codes(kept: dict[str, Any], framework: str = "pytorch", mode: str = "distributed") -> set[Code]:
    return {code for _, code in found(with_role(spec(framework, mode), "Worker", kept=kept))}


@pytest.mark.parametrize(
    ("kept", "code"),
    [
        ({"template.spec.hostNetwork": True}, Code.FIELD_NODE),
        ({"template.spec.nodeName": "node-1"}, Code.FIELD_UNKNOWN),
        ({"template.spec.serviceAccountName": "admin"}, Code.FIELD_UNKNOWN),
        ({"template.spec.automountServiceAccountToken": True}, Code.FIELD_IDENTITY),
        ({"template.spec.securityContext": {"runAsUser": 0}}, Code.TOO_SMALL),
        ({f"{CONTAINER}.securityContext": {"privileged": True}}, Code.FIELD_RIGHTS),
        ({f"{CONTAINER}.securityContext": {"capabilities": {"add": ["SYS_ADMIN"]}}}, Code.FIELD_RIGHTS),
        ({VOLUME: {"name": "host", "hostPath": {"path": "/"}}}, Code.FIELD_NODE),
        ({VOLUME: {"name": "a", "emptyDir": {}, "secret": {"secretName": "b"}}}, Code.FIELD_ONE_OF),
        ({"template.spec.initContainers": []}, Code.FIELD_UNKNOWN),
        ({f"{CONTAINER}.lifecycle": {}}, Code.FIELD_UNKNOWN),
        ({"template.metadata.labels": {"trainyard.io/operation": "x"}}, Code.FIELD_OWNED),
        ({"template.metadata.labels": {"-x": "y"}}, Code.FIELD_VALUE),
        ({"template.metadata.labels": {"x": "y" * 64}}, Code.TOO_LONG),
        ({"template.metadata.annotations": {"sidecar.istio.io/inject": "true"}}, Code.FIELD_RIGHTS),
        ({"": 1}, Code.FIELD_UNKNOWN),
        ({"template.spec.hostname": ["a"]}, Code.FIELD_TYPE),
        ({"template.spec.restartPolicy": "Sometimes"}, Code.INVALID_CHOICE),
        ({f"template.spec.x{index}": 1 for index in range(201)}, Code.TOO_MANY),
    ],
)
def test_only_what_is_on_the_list_is_carried_along(kept: dict[str, Any], code: Code) -> None:
    assert codes(kept) == {code}


def test_fields_of_another_framework_are_not() -> None:
    assert found(spec(kept={"spec.elasticPolicy": {}})) == set()
    assert found(spec("mpi", "allreduce", kept={"spec.elasticPolicy": {}})) == {
        ("kept.spec.elasticPolicy", Code.FIELD_UNKNOWN)
    }


@pytest.mark.parametrize(
    ("resources", "code"),
    [
        ({"limits": {"cpu": "0.1.2"}}, Code.QUANTITY),
        ({"limits": {"cpu": "-1"}}, Code.QUANTITY),
        ({"limits": {"memory": "1GB"}}, Code.QUANTITY),
        ({"limits": {"memory": "1gi"}}, Code.QUANTITY),
        ({"limits": {"cpu": True}}, Code.QUANTITY),
        ({"limits": {"cpu": "1"}, "requests": {"cpu": "2"}}, Code.SIZE_LIMIT_BELOW),
        ({"limits": {"nvidia.com/gpu": "0.5"}}, Code.SIZE_FRACTION),
        ({"requests": {"nvidia.com/gpu": "1"}}, Code.SIZE_LIMIT_MISSING),
        ({"limits": {"nvidia.com/gpu": "2"}, "requests": {"nvidia.com/gpu": "1"}}, Code.SIZE_UNEQUAL),
        ({"limits": {"rdma/hca_shared_devices_a": "1"}}, Code.FLAVOR_CLASS),
    ],
)
def test_a_size_of_ones_own_is_one_that_pods_are_taken_with(resources: dict[str, Any], code: Code) -> None:
    task = with_role(spec(), "Worker", kept={RESOURCES: resources}, flavor=own_size(resources))
    assert {code for _, code in found(task)} == {code}


def test_a_size_of_ones_own_is_said_and_does_not_block() -> None:
    resources = {"limits": {"cpu": "1500m", "memory": "1.5Gi"}}
    task = with_role(spec(), "Worker", kept={RESOURCES: resources}, flavor=own_size(resources))

    assert [finding.code for finding in check(task, facts())] == [Code.SIZE_OWN]
    assert task.roles[1].flavor is not None
    assert (task.roles[1].flavor.cpu_millicores, task.roles[1].flavor.memory_mib) == (1500, 1536)


def test_a_flavor_chosen_later_takes_the_place_of_a_size_of_ones_own() -> None:
    task = with_role(spec(), "Worker", kept={RESOURCES: {"limits": {"cpu": "x"}}})
    assert found(task) == set()


@pytest.mark.parametrize(
    ("ports", "code"),
    [
        ([{"containerPort": 0, "name": "a"}], Code.TOO_SMALL),
        ([{"containerPort": 65536, "name": "a"}], Code.TOO_LARGE),
        ([{"containerPort": 80, "name": "http-port-name-too-long"}], Code.TOO_LONG),
        ([{"containerPort": 80, "name": "80"}], Code.FIELD_VALUE),
        ([{"containerPort": 80, "name": "a", "hostPort": 80}], Code.FIELD_NODE),
        # Seen on operator 1.8.1: the service is refused, and the task never gets a status.
        ([{"containerPort": 6006}], Code.PORT_NAME_MISSING),
        ([{"containerPort": 23456, "name": "web"}], Code.PORT_OF_OPERATOR),
        ([{"containerPort": 80, "name": "a"}, {"containerPort": 80, "name": "b", "protocol": "UDP"}], Code.PORT_TAKEN),
        ([{"containerPort": 80, "name": "a"}, {"containerPort": 81, "name": "a"}], Code.PORT_TAKEN),
    ],
)
def test_ports_become_a_service_that_the_cluster_takes(ports: list[dict[str, Any]], code: Code) -> None:
    assert codes({PORTS: ports}) == {code}


def test_ports_that_are_fine() -> None:
    assert codes({PORTS: [{"containerPort": 23456, "name": "pytorchjob-port"}]}) == set()
    assert codes({PORTS: [{"containerPort": 80}]}, "mpi", "allreduce") == set()  # has no services


def test_volumes_and_their_mounts_fit_together() -> None:
    assert codes({VOLUME: SCRATCH, MOUNT: {"name": "scratch", "mountPath": "/scratch"}}) == set()
    assert codes({MOUNT: {"name": "scratch", "mountPath": "/scratch"}}) == {Code.VOLUME_UNKNOWN}
    assert codes({VOLUME: SCRATCH, "template.spec.volumes[1]": SCRATCH}) == {Code.VOLUME_TWICE}
    assert codes({VOLUME: {"name": "shared-memory", "emptyDir": {}}}) == {Code.VOLUME_TWICE}
    assert codes({VOLUME: {"name": "mpi-job-config", "emptyDir": {}}}, "mpi", "allreduce") == {Code.VOLUME_TWICE}
    assert codes({VOLUME: SCRATCH, MOUNT: {"name": "scratch", "mountPath": "/dev/shm"}}) == {Code.PATH_TAKEN}
    assert codes({VOLUME: SCRATCH, MOUNT: {"name": "scratch", "mountPath": "/etc"}}) == {Code.PATH_RESERVED}


def test_environment_that_is_carried_along() -> None:
    path = f"{CONTAINER}.env[0]"
    assert codes({path: {"name": "RANK", "valueFrom": {"fieldRef": {"fieldPath": "metadata.uid"}}}}) == {
        Code.ENV_RESERVED
    }
    assert codes({path: {"name": "A"}, f"{CONTAINER}.env[1]": {"name": "A"}}) == {Code.ENV_TWICE}
    assert codes({path: {"name": "A=B"}}) == {Code.FIELD_VALUE}
    assert codes({path: {"name": "A", "valueFrom": {}}}) == {Code.FIELD_ONE_OF}


def test_what_is_carried_along_must_be_there_too() -> None:
    task = kept_by(
        **{
            VOLUME: {"name": "a", "persistentVolumeClaim": {"claimName": "gone"}},
            f"{CONTAINER}.envFrom": [{"secretRef": {"name": "gone"}}, {"secretRef": {"name": "x", "optional": True}}],
            "template.spec.imagePullSecrets": [{"name": "gone"}],
            "template.spec.priorityClassName": "gone",
        }
    )
    nothing: Any = {"claims": {}, "secrets": {}, "pull_secrets": frozenset(), "priority_classes": frozenset()}

    assert found(task) == set()
    assert {code for _, code in found(task, **nothing)} == {
        Code.CLAIM_UNKNOWN,
        Code.SECRET_UNKNOWN,
        Code.PULL_SECRET_UNKNOWN,
        Code.PRIORITY_CLASS_UNKNOWN,
    }


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ({"minReplicas": 1, "maxReplicas": 2}, set()),
        ({"minReplicas": 2, "maxReplicas": 4}, {Code.ELASTIC_RANGE}),
        ({"minReplicas": 3, "maxReplicas": 2}, {Code.ELASTIC_RANGE}),
        ({"minReplicas": 0}, {Code.TOO_SMALL}),
        ({"metrics": []}, {Code.FIELD_UNKNOWN}),
    ],
)
def test_elastic_policies(policy: dict[str, Any], expected: set[Code]) -> None:
    assert {code for _, code in found(spec(kept={"spec.elasticPolicy": policy}))} == expected


def test_an_elastic_policy_needs_workers() -> None:
    task = spec(kept={"spec.elasticPolicy": {}})
    alone = replace(task, roles=task.roles[:1])
    assert ("kept.spec.elasticPolicy", Code.ELASTIC_WORKER) in found(alone)


def test_a_gang_larger_than_the_task_never_starts() -> None:
    task = spec(kept={"spec.runPolicy.schedulingPolicy": {"minAvailable": 3}})
    assert {code for _, code in found(task)} == {Code.TOO_LARGE}


def test_restarts_without_a_limit_are_worth_knowing() -> None:
    task = with_role(spec(run_policy=RunPolicy(backoff_limit=None)), "Worker", restart_policy=RestartPolicy.ON_FAILURE)
    assert [finding.code for finding in check(task, facts())] == [Code.RETRIES_UNLIMITED]


def test_what_was_typed_may_carry_anything_along_and_is_judged() -> None:
    task = spec()
    entries = entries_of(task) | {"kept": {"spec.nprocPerNode": 2, 7: "x"}}
    shape = facts().frameworks["pytorch"]

    typed = spec_of(entries, framework=shape, mode=shape.modes[0], flavors=facts().flavors)

    assert found(typed.spec) == {("kept.spec.nprocPerNode", Code.FIELD_TYPE)}
