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


@pytest.fixture
def keeper(program: Program, admin: httpx.Client, namespace: str) -> Iterator[httpx.Client]:
    """Mallory, who may do in `namespace` what an administrator of it may: roles and bindings, too."""
    with _mallory_as("admin", program, admin, namespace) as client:
        yield client


@pytest.mark.parametrize("rule", [
    {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]},
    {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "*"]},
    {"apiGroups": [""], "resources": ["nodes"], "verbs": ["get"]},
])  # fmt: skip
def test_a_role_gives_no_more_than_its_author_has(keeper: httpx.Client, namespace: str, rule: Object) -> None:
    role = {"metadata": {"name": "r"}, "rules": [rule]}

    answer = keeper.post(f"{_RBAC}/namespaces/{namespace}/roles", json=role)

    assert answer.status_code == 403
    assert "is attempting to grant RBAC permissions not currently held" in answer.json()["message"]


@pytest.mark.parametrize("way", ["create", "patch", "apply"])
def test_a_binding_gives_no_more_than_its_author_has(
    keeper: httpx.Client, admin: httpx.Client, namespace: str, way: str
) -> None:
    bindings = f"{_RBAC}/namespaces/{namespace}/rolebindings"
    binding = _binding("more", "cluster-admin", "mallory")
    if way == "create":
        answer = keeper.post(bindings, json=binding)
    elif way == "patch":
        made(admin.post(bindings, json=binding | {"subjects": []}))
        media = {"Content-Type": "application/merge-patch+json"}
        answer = keeper.patch(f"{bindings}/more", json={"subjects": binding["subjects"]}, headers=media)
    else:
        made(admin.post(bindings, json=binding | {"subjects": []}))
        media = {"Content-Type": "application/apply-patch+yaml"}
        applied = {"apiVersion": f"{_GROUP}/v1", "kind": "RoleBinding", "subjects": binding["subjects"]}
        answer = keeper.patch(f"{bindings}/more?fieldManager=m&force=true", json=applied, headers=media)

    assert answer.status_code == 403, answer.text
    assert "is attempting to grant RBAC permissions not currently held" in answer.json()["message"]


def test_what_one_has_one_may_give(keeper: httpx.Client, namespace: str) -> None:
    rule = {"apiGroups": [""], "resources": ["pods", "pods/log"], "verbs": ["get", "list"]}

    made(keeper.post(f"{_RBAC}/namespaces/{namespace}/roles", json={"metadata": {"name": "r"}, "rules": [rule]}))
    made(keeper.post(f"{_RBAC}/namespaces/{namespace}/rolebindings", json=_binding("less", "view", "bob")))


def test_a_role_that_is_not_there_cannot_be_given(keeper: httpx.Client, namespace: str) -> None:
    answer = keeper.post(f"{_RBAC}/namespaces/{namespace}/rolebindings", json=_binding("later", "none", "mallory"))

    assert answer.status_code == 404


def test_applying_what_is_not_there_is_creating_it(program: Program, admin: httpx.Client, namespace: str) -> None:
    roles, bindings = f"{_RBAC}/namespaces/{namespace}/roles", f"{_RBAC}/namespaces/{namespace}/rolebindings"
    rule = {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get", "patch"]}
    made(admin.post(roles, json={"metadata": {"name": "patches"}, "rules": [rule]}))
    binding = _binding("patches", "patches", "bob")
    binding["roleRef"]["kind"] = "Role"
    made(admin.post(bindings, json=binding))
    media = {"Content-Type": "application/apply-patch+yaml"}
    applied = {"apiVersion": "v1", "kind": "ConfigMap", "data": {"a": "b"}}

    with program.client("bob") as bob:
        answer = bob.patch(f"/api/v1/namespaces/{namespace}/configmaps/c?fieldManager=m", json=applied, headers=media)

    assert answer.status_code == 403
    assert "cannot create" in answer.json()["message"]
