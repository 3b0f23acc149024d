"""What carried-along values look like: what the API server takes of a task, pods and operator must take, too."""

from decimal import Decimal
from typing import Any

import pytest

from tasks.frameworks.building import build
from tasks.frameworks.placing import place
from tasks.frameworks.reading import Reading, read
from tasks.specification import Code, TaskSpec, check
from tasks.specification.entries import entries_of, spec_of
from tasks.specification.kept import CONTAINER, RESOURCES
from tasks.specification.quantities import parse_quantity
from tasks.specification.sizes import own_size
from tests.tasks.specifications import facts, spec, with_role

AFFINITY = "template.spec.affinity"
SPREAD = "template.spec.topologySpreadConstraints"


def blocking(task: TaskSpec) -> dict[str, Code]:
    return {finding.path: finding.code for finding in check(task, facts()) if finding.blocking}


def codes(kept: dict[str, Any]) -> set[Code]:
    task = with_role(spec("mpi", "allreduce"), "Worker", kept=kept)
    if RESOURCES in kept:
        task = with_role(task, "Worker", flavor=own_size(kept[RESOURCES]))
    return set(blocking(task).values())


def typed(task: dict[str, Any], role: dict[str, Any] | None = None) -> TaskSpec:
    """A task as a draft or the API has it, with this carried along."""
    entries = entries_of(spec()) | {"kept": task}
    entries["roles"]["Worker"]["kept"] = role or {}
    shape = facts().frameworks["pytorch"]
    return spec_of(entries, framework=shape, mode=shape.modes[0], flavors=facts().flavors).spec


def reading(path: str, value: Any) -> Reading:
    manifest = build(spec("tensorflow", "single"), operation="op", owner="alice")
    place(manifest["spec"]["tfReplicaSpecs"]["Worker"], {path: value})
    return read(manifest, flavors=facts().flavors)


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("1e3", 1000), ("1E3", 1000), ("5e-1", Decimal("0.5")), ("1E", 10**18), ("2Pi", 2**51), (".5", Decimal("0.5")),
        ("100u", Decimal("0.0001")), ("7n", Decimal("7e-9")), ("1.", 1), (3, 3), ("1500m", Decimal("1.5")),
        ("128974848000m", 128974848),
    ],
)  # fmt: skip
def test_quantities_as_kubernetes_writes_them(text: object, amount: Decimal | int) -> None:
    assert parse_quantity(text) == amount


# The CRDs take the first of these, and Kubernetes' own reader does not: MPIJobs could then be read by nobody.
@pytest.mark.parametrize(
    "text", ["1e1.5", "1e3Ki", "1K", "1 Gi", "", "e3", ".", "-1", "1e99", "9E99", "10E", "1mm", "１"]
)
def test_what_is_no_quantity(text: str) -> None:
    assert parse_quantity(text) is None


@pytest.mark.parametrize(
    ("kept", "code"),
    [
        ({SPREAD: [{"maxSkew": 2**31, "topologyKey": "zone"}]}, Code.TOO_LARGE),
        ({AFFINITY: {"nodeAffinity": {"weight": -(2**31) - 1}}}, Code.TOO_LARGE),
        ({AFFINITY: {"nodeAffinity": {"weight": 1e30}}}, Code.FIELD_TYPE),
        ({AFFINITY: 5}, Code.FIELD_TYPE),
        ({SPREAD: ["x"]}, Code.FIELD_TYPE),
        ({AFFINITY: {"podAffinity": "a\u202eb"}}, Code.INVALID_CHARACTER),
    ],
)
def test_no_number_that_the_operator_cannot_read_is_carried_along(kept: dict[str, Any], code: Code) -> None:
    assert codes(kept) == {code}


@pytest.mark.parametrize("name", ["gpu", "memroy", "a/b/c", "Upper.io/x"])
def test_resources_that_no_pod_may_ask_for(name: str) -> None:
    assert codes({RESOURCES: {"limits": {name: "1"}}}) == {Code.FIELD_VALUE}


def test_resources_that_pods_do_ask_for() -> None:
    sizes = {"cpu": ".5", "memory": "1e9", "ephemeral-storage": "5Gi", "hugepages-2Mi": "4Mi", "nvidia.com/gpu": 1}
    assert codes({RESOURCES: {"limits": sizes}}) == set()


def test_a_probe_without_a_command_is_refused() -> None:
    assert codes({f"{CONTAINER}.startupProbe": {"exec": {"command": []}}}) == {Code.REQUIRED}


def test_a_probe_may_name_its_port() -> None:
    assert codes({f"{CONTAINER}.startupProbe": {"tcpSocket": {"port": "ssh"}}}) == set()


def test_the_processes_of_a_pod_are_said_in_one_place() -> None:
    task = spec(kept={"spec.nprocPerNode": "2", "spec.elasticPolicy": {"nProcPerNode": 2}})
    assert blocking(task) == {"kept.spec.elasticPolicy.nProcPerNode": Code.FIELD_ONE_OF}


@pytest.mark.parametrize(
    ("task", "role"),
    [
        ({"spec.runPolicy.schedulingPolicy": {"minAvailable": None, "queue": "a"}}, {}),
        ({"spec.elasticPolicy": {"minReplicas": None, "maxReplicas": None}}, {}),
        ({}, {f"{CONTAINER}.startupProbe": {"exec": {"command": ["true"]}, "successThreshold": None}}),
        ({}, {AFFINITY: {"nodeAffinity": None}}),
    ],
)
def test_a_field_that_is_null_says_nothing(task: dict[str, Any], role: dict[str, Any]) -> None:
    read = typed(task, role)

    assert blocking(read) == {}
    assert "None" not in str((read.kept, [part.kept for part in read.roles]))


@pytest.mark.parametrize(
    ("path", "value", "refused"),
    [
        (f"{CONTAINER}.env[0]", {"name": "A", "valueFrom": {"fileKeyRef": {"key": "a"}}}, "valueFrom.fileKeyRef"),
        (f"{CONTAINER}.livenessProbe", {"httpGet": {"port": 80, "host": "a"}}, "httpGet.host"),
        (f"{CONTAINER}.livenessProbe", {"exec": {"command": ["a"]}, "every": 3}, "every"),
    ],
)
def test_of_what_counts_as_a_whole_no_part_is_left(path: str, value: Any, refused: str) -> None:
    """A variable without its source, a probe without its headers: half of it would do something else."""
    result = reading(path, value)

    assert [finding.path for finding in result.refused] == [f"spec.tfReplicaSpecs.Worker.{path}.{refused}"]
    assert result.kept == {}
