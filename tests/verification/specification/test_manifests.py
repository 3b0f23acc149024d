"""The API server keeps every field of the manifests that the console builds, and adds only what is on one list."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest

from console.cluster.resources import Manifest
from tasks.frameworks import FRAMEWORKS
from tasks.frameworks.building import build
from tasks.frameworks.reading import read
from tasks.frameworks.server_fields import without_server_fields
from tasks.specification import TaskSpec
from tasks.specification.default_flavors import DEFAULT_FLAVORS
from tests.tasks.maximal import maximal
from tests.tasks.specifications import MODES, spec
from tests.verification.conftest import ContractCluster


def _tried(cluster: ContractCluster, manifest: Manifest, path: str) -> Manifest:
    """The object that would be stored; a field that the server does not know is an error."""
    with cluster.client() as admin:
        answer = admin.post(path, json=manifest, params={"dryRun": "All", "fieldValidation": "Strict"})
    assert answer.status_code == 201, answer.text
    found: Manifest = answer.json()
    return found


def differences(found: Any, sent: Any, path: str = "") -> Iterator[str]:
    """The paths at which two pieces of parsed data differ."""
    if isinstance(found, dict) and isinstance(sent, dict):
        for name in sorted(found.keys() | sent.keys()):
            yield from differences(found.get(name), sent.get(name), f"{path}.{name}")
    elif isinstance(found, list) and isinstance(sent, list) and len(found) == len(sent):
        for index, (one, other) in enumerate(zip(found, sent, strict=True)):
            yield from differences(one, other, f"{path}[{index}]")
    elif found != sent or type(found) is not type(sent):
        yield f"{path}: {found!r} for {sent!r}"


@pytest.mark.parametrize("make", [spec, maximal])
@pytest.mark.parametrize(("framework", "mode"), MODES)
def test_what_was_built_comes_back_whole(
    contract_cluster: ContractCluster, contract_namespace: str, framework: str, mode: str, make: type
) -> None:
    task: TaskSpec = make(framework, mode, namespace=contract_namespace)
    manifest = build(task, operation="op-1", owner="alice")
    plural = FRAMEWORKS[framework].resource.plural

    stored = _tried(contract_cluster, manifest, f"/apis/kubeflow.org/v1/namespaces/{contract_namespace}/{plural}")

    assert list(differences(without_server_fields(stored), manifest)) == []
    reading = read(stored, flavors=DEFAULT_FLAVORS)
    assert (reading.spec, reading.refused) == (task, ())


@pytest.mark.parametrize(("framework", "mode"), MODES)
def test_the_pods_of_a_maximal_task_are_accepted(
    contract_cluster: ContractCluster, contract_namespace: str, framework: str, mode: str
) -> None:
    manifest = build(maximal(framework, mode), operation="op-1", owner="alice")

    for name, role in manifest["spec"][FRAMEWORKS[framework].roles_field].items():
        pod = {"apiVersion": "v1", "kind": "Pod", **deepcopy(role["template"])}
        pod["metadata"]["name"] = f"mnist-{name.lower()}-0"
        pod["spec"]["restartPolicy"] = role["restartPolicy"]
        del pod["spec"]["priorityClassName"]  # the cluster has none of this name
        _tried(contract_cluster, pod, f"/api/v1/namespaces/{contract_namespace}/pods")
