"""Acting as somebody: what the API server makes of the headers that `console-proxy` sends."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from console.cluster import CONFIG_MAP, POD, Forbidden, Identity, NotFound, connect
from tests.verification.conftest import ContractCluster
from tests.verification.places import ALICE, BOB, CAROL, MALLORY, bind, namespace_on, wait_for

pytestmark = pytest.mark.contract


@contextmanager
def _proxy(cluster: ContractCluster, *headers: tuple[str, str]) -> Iterator[httpx.Client]:
    with cluster.client("proxy") as client:
        client.headers = httpx.Headers([*client.headers.items(), *headers])
        yield client


def _pods(place: str) -> str:
    return f"/api/v1/namespaces/{place}/pods"


@pytest.mark.parametrize(
    "path",
    ["/api/v1/namespaces/{}/pods", "/api/v1/namespaces", "/api/v1/nodes", "/apis/kubeflow.org/v1/namespaces/{}/tfjobs"],
)
def test_without_headers_the_credential_may_nothing(contract_cluster: ContractCluster, place: str, path: str) -> None:
    with _proxy(contract_cluster) as proxy:
        answer = proxy.get(path.format(place))

    assert answer.status_code == 403
    assert 'User "console-proxy" cannot list' in answer.json()["message"]


def test_a_group_decides_where(place: str, contract_cluster: ContractCluster) -> None:
    with namespace_on(contract_cluster, editors="team-nlp") as elsewhere:
        assert connect(acting_as=ALICE).list(POD, place) == []
        assert connect(acting_as=BOB).list(POD, elsewhere) == []
        with pytest.raises(Forbidden, match='User "alice" cannot list'):
            connect(acting_as=ALICE).list(POD, elsewhere)
        with pytest.raises(Forbidden, match='User "bob" cannot list'):
            connect(acting_as=BOB).list(POD, place)


def test_an_auditor_sees_everything_and_changes_nothing(place: str) -> None:
    carol = connect(acting_as=CAROL)

    assert carol.list(POD, place) == []
    with pytest.raises(Forbidden, match="cannot delete"):
        carol.delete(POD, place, "any")


def test_nobody_is_somebody_without_a_group(place: str) -> None:
    for nobody in (MALLORY, Identity("alice"), Identity("bob")):
        with pytest.raises(Forbidden):
            connect(acting_as=nobody).list(POD, place)


def test_the_second_of_three_groups_counts(place: str) -> None:
    identity = Identity("mallory", ("team-nlp", "team-vision", "auditors"))

    assert connect(acting_as=identity).list(POD, place) == []
    assert connect(acting_as=identity).whoami().groups[:3] == ("team-nlp", "team-vision", "auditors")


def test_groups_joined_by_a_comma_are_one_unknown_group(contract_cluster: ContractCluster, place: str) -> None:
    headers = (("Impersonate-User", "mallory"), ("Impersonate-Group", "team-nlp,team-vision"))
    with _proxy(contract_cluster, *headers) as proxy:
        answer = proxy.get(_pods(place))

    assert answer.status_code == 403


@pytest.mark.parametrize("identity", [Identity("eve"), Identity("alice", ("team-unknown",)), Identity("console-watch")])
def test_only_named_people_and_groups_may_be_acted_as(place: str, identity: Identity) -> None:
    with pytest.raises(Forbidden, match='User "console-proxy" cannot impersonate'):
        connect(acting_as=identity).list(POD, place)


@pytest.mark.parametrize(
    "headers",
    [
        [("Impersonate-User", "alice"), ("Impersonate-Group", "system:masters")],
        [("Impersonate-User", "system:kube-controller-manager")],
        [("Impersonate-User", "system:admin")],
        [("Impersonate-User", "system:serviceaccount:kube-system:default")],
        [("Impersonate-User", "alice"), ("Impersonate-Group", "system:authenticated")],
        [("Impersonate-User", "alice"), ("Impersonate-Uid", "1")],
        [("Impersonate-User", "alice"), ("Impersonate-Extra-Scopes", "all")],
    ],
    ids=lambda headers: headers[-1][1],
)
def test_nothing_of_the_clusters_own_can_be_impersonated(
    contract_cluster: ContractCluster, headers: list[tuple[str, str]]
) -> None:
    with _proxy(contract_cluster, *headers) as proxy:
        answer = proxy.get("/api/v1/secrets")

    assert answer.status_code == 403
    assert "cannot impersonate" in answer.json()["message"]


@pytest.mark.parametrize("headers", [[("Impersonate-Group", "team-vision")], [("Impersonate-Uid", "1")]])
def test_a_group_without_a_user_is_an_error_of_ours(
    contract_cluster: ContractCluster, place: str, headers: list[tuple[str, str]]
) -> None:
    with _proxy(contract_cluster, *headers) as proxy:
        answer = proxy.get(_pods(place))

    assert answer.status_code == 500
    assert answer.headers["Content-Type"].startswith("text/plain")


@pytest.mark.parametrize("spelling", ["impersonate-user", "IMPERSONATE-USER", "Impersonate-User"])
def test_the_case_of_a_header_does_not_matter(contract_cluster: ContractCluster, spelling: str) -> None:
    with _proxy(contract_cluster, (spelling, "alice")) as proxy:
        review = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
        answer = proxy.post("/apis/authentication.k8s.io/v1/selfsubjectreviews", json=review)

    assert answer.json()["status"]["userInfo"]["username"] == "alice"


def test_a_right_comes_and_goes_within_two_seconds(admin: httpx.Client, contract_cluster: ContractCluster) -> None:
    with namespace_on(contract_cluster, editors="nobody") as place:
        binding = bind(admin, place, "view", group="team-nlp", name="for-a-moment")
        bob = connect(acting_as=BOB)
        wait_for(lambda: bob.may("list", POD, place).allowed, seconds=2)
        assert bob.list(POD, place) == []
        admin.delete(binding)
        wait_for(lambda: not bob.may("list", POD, place).allowed, seconds=2)
        with pytest.raises(Forbidden):
            bob.list(POD, place)


def test_what_is_written_is_written_as_the_person(admin: httpx.Client, place: str) -> None:
    """In a namespace where only she may write, the proxy's write lands."""
    manifest = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "by-alice", "namespace": place},
    }
    connect(acting_as=ALICE).create(CONFIG_MAP, manifest)
    with pytest.raises(Forbidden):
        connect(acting_as=CAROL).patch(CONFIG_MAP, place, "by-alice", {"data": {"a": "b"}})
    with pytest.raises(NotFound):
        connect(acting_as=ALICE).get(CONFIG_MAP, place, "by-carol")

    assert admin.get(f"/api/v1/namespaces/{place}/configmaps/by-alice").status_code == 200
