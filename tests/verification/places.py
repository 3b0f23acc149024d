"""Namespaces, people and pods for the contract of verbs, watches, logs, exec and rights."""

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from console.cluster import Identity
from tests.verification.conftest import ContractCluster

ALICE = Identity("alice", ("team-vision",))  # edits the namespaces that `people_of` prepared
BOB = Identity("bob", ("team-nlp",))  # has nothing there
CAROL = Identity("carol", ("auditors",))  # views everything
MALLORY = Identity("mallory", ())  # has nothing anywhere
IMAGE = "busybox:1.36"
PYTHON_IMAGE = "python:3.11-slim"
_RBAC = "rbac.authorization.k8s.io"


@contextmanager
def namespace_on(cluster: ContractCluster, *, editors: str = "team-vision") -> Iterator[str]:
    """A namespace of its own that the group edits, ready for pods; deleted afterwards."""
    name = f"contract-{secrets.token_hex(4)}"
    with cluster.client() as admin:
        created(admin.post("/api/v1/namespaces", json={"metadata": {"name": name}}))
        for role in ("edit", "trainyard-training-edit"):  # a real cluster may aggregate the second into the first
            bind(admin, name, role, group=editors)
        wait_for(lambda: admin.get(f"/api/v1/namespaces/{name}/serviceaccounts/default").status_code == 200)
        # Rights arrive a moment after their binding.
        wait_for(lambda: _edits(admin, name, editors))
        try:
            yield name
        finally:
            admin.delete(f"/api/v1/namespaces/{name}")


def _edits(admin: httpx.Client, namespace: str, group: str) -> bool:
    attributes = {"verb": "delete", "group": "kubeflow.org", "resource": "tfjobs", "namespace": namespace}
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SubjectAccessReview",
        "spec": {"user": "somebody", "groups": [group], "resourceAttributes": attributes},
    }
    answer = created(admin.post("/apis/authorization.k8s.io/v1/subjectaccessreviews", json=review))
    return bool(answer["status"]["allowed"])


def bind(admin: httpx.Client, namespace: str, role: str, *, group: str, name: str = "") -> str:
    """A RoleBinding's path, to delete it by."""
    name = name or f"{group}-{role}"
    path = f"/apis/{_RBAC}/v1/namespaces/{namespace}/rolebindings"
    binding = {
        "metadata": {"name": name},
        "roleRef": {"apiGroup": _RBAC, "kind": "ClusterRole", "name": role},
        "subjects": [{"apiGroup": _RBAC, "kind": "Group", "name": group}],
    }
    created(admin.post(path, json=binding))
    return f"{path}/{name}"


def created(response: httpx.Response) -> dict[str, Any]:
    assert response.status_code in (200, 201), response.text
    found: dict[str, Any] = response.json()
    return found


def wait_for(ready: Any, *, seconds: float = 60, what: str = "") -> None:
    """Ask until it is so. Real containers take seconds to start; nothing here can be told when."""
    end = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < end, f"{what or ready} did not come true within {seconds} s"
        time.sleep(0.1)


def shell_pod(name: str, script: str, **spec: Any) -> dict[str, Any]:
    """A pod whose container `main` runs a shell script, and that goes at once when it is deleted."""
    container = {"name": "main", "image": IMAGE, "imagePullPolicy": "IfNotPresent", "command": ["sh", "-c", script]}
    pod = {"restartPolicy": "Never", "terminationGracePeriodSeconds": 0, "containers": [container], **spec}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": pod}


def start_pod(admin: httpx.Client, namespace: str, pod: dict[str, Any], *, phase: str = "Running") -> None:
    created(admin.post(f"/api/v1/namespaces/{namespace}/pods", json=pod))
    wait_for_phase(admin, namespace, pod["metadata"]["name"], phase)


def wait_for_phase(admin: httpx.Client, namespace: str, name: str, phase: str) -> None:
    path = f"/api/v1/namespaces/{namespace}/pods/{name}"
    wait_for(lambda: admin.get(path).json()["status"]["phase"] == phase, what=f"pod {name} {phase}")


def config_map(name: str, **labels: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "labels": labels}, "data": {"a": "1"}}
