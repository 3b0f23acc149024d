"""What RBAC must not let through, asked over HTTP as somebody with rights in one namespace only."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from tests.localcluster.conftest import Object, Program, made

_RBAC = "/apis/rbac.authorization.k8s.io/v1"
_GROUP = "rbac.authorization.k8s.io"


def _binding(name: str, role: str, person: str) -> Object:
    return {
        "metadata": {"name": name},
        "roleRef": {"apiGroup": _GROUP, "kind": "ClusterRole", "name": role},
        "subjects": [{"kind": "User", "name": person, "apiGroup": _GROUP}],
    }


@contextmanager
def _mallory_as(role: str, program: Program, admin: httpx.Client, namespace: str) -> Iterator[httpx.Client]:
    made(admin.post(f"{_RBAC}/namespaces/{namespace}/rolebindings", json=_binding("hers", role, "mallory")))
    with program.client("mallory") as client:
        yield client


@pytest.fixture
def owner(program: Program, admin: httpx.Client, namespace: str) -> Iterator[httpx.Client]:
    """Mallory, who may do everything in `namespace`."""
    with _mallory_as("cluster-admin", program, admin, namespace) as client:
        yield client


@pytest.mark.parametrize("path", [f"{_RBAC}/namespaces/{{}}/clusterroles/view", "/api/v1/namespaces/{}/nodes"])
def test_a_namespace_is_no_way_to_what_is_in_none(owner: httpx.Client, namespace: str, path: str) -> None:
    answer = owner.get(path.format(namespace))

    assert answer.status_code == 404


def test_a_namespace_is_no_way_to_bind_oneself_everywhere(owner: httpx.Client, namespace: str) -> None:
    answer = owner.post(
        f"{_RBAC}/namespaces/{namespace}/clusterrolebindings", json=_binding("own", "cluster-admin", "mallory")
    )

    assert answer.status_code == 404
    assert owner.get("/api/v1/nodes").status_code == 403


def test_the_namespace_itself_is_still_there(owner: httpx.Client, namespace: str) -> None:
    assert owner.get(f"/api/v1/namespaces/{namespace}").status_code == 200
