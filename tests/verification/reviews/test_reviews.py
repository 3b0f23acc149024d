"""Access reviews: they must say what the real call would, or buttons lie."""

import random

import httpx
import pytest

from console.cluster import (
    CLAIM,
    CONFIG_MAP,
    JOB_KINDS,
    NODE,
    POD,
    SECRET,
    SERVICE,
    TFJOB,
    Cluster,
    Forbidden,
    Identity,
    NotFound,
    Resource,
    connect,
)
from console.cluster.client import connect_as_credential
from tests.verification.conftest import ContractCluster
from tests.verification.places import ALICE, BOB, CAROL, MALLORY, created, wait_for

pytestmark = pytest.mark.contract
PEOPLE = (ALICE, BOB, CAROL, MALLORY)


def test_an_allowed_review_says_by_which_binding(place: str) -> None:
    decision = connect(acting_as=ALICE).may("list", POD, place)

    assert decision.allowed
    assert 'RBAC: allowed by RoleBinding "team-vision-edit/' in decision.reason
    assert 'of ClusterRole "edit" to Group "team-vision"' in decision.reason


@pytest.mark.parametrize(
    ("who", "verb", "resource", "subresource", "allowed"),
    [
        (ALICE, "create", TFJOB, "", True),
        (ALICE, "delete", TFJOB, "", True),
        (ALICE, "patch", TFJOB, "", True),
        (ALICE, "get", POD, "exec", True),
        (ALICE, "create", POD, "exec", True),
        (ALICE, "get", POD, "log", True),
        (ALICE, "create", CONFIG_MAP, "", True),
        (CAROL, "list", TFJOB, "", True),
        (CAROL, "get", POD, "log", True),
        (CAROL, "create", TFJOB, "", False),
        (CAROL, "get", POD, "exec", False),
        (CAROL, "get", SECRET, "", False),
        (BOB, "list", POD, "", False),
        (MALLORY, "list", TFJOB, "", False),
    ],
)
def test_who_may_what(
    place: str, who: Identity, verb: str, resource: Resource, subresource: str, allowed: bool
) -> None:
    assert connect(acting_as=who).may(verb, resource, place, subresource=subresource).allowed is allowed


@pytest.mark.parametrize("kind", JOB_KINDS, ids=lambda kind: kind.kind)
def test_an_editor_creates_every_kind_of_task(place: str, kind: Resource) -> None:
    assert connect(acting_as=ALICE).may("create", kind, place).allowed


def test_a_right_in_one_namespace_is_none_everywhere(place: str) -> None:
    assert not connect(acting_as=ALICE).may("list", POD, "").allowed
    assert connect(acting_as=CAROL).may("list", POD, "").allowed


def test_a_namespace_that_does_not_exist_is_just_a_no() -> None:
    assert not connect(acting_as=ALICE).may("list", POD, "no-such-namespace").allowed


def test_a_review_agrees_with_the_call(place: str) -> None:
    """A hundred of the triples (who, verb, kind), drawn with a fixed seed; reading and deleting what is not there."""
    draw = random.Random(3)
    places = (place, "default", "kube-system")
    kinds = (POD, SERVICE, SECRET, CONFIG_MAP, CLAIM, TFJOB)
    for _ in range(100):
        who, kind, where = draw.choice(PEOPLE), draw.choice(kinds), draw.choice(places)
        verb = draw.choice(("get", "list", "delete"))
        cluster = connect(acting_as=who)

        assert cluster.may(verb, kind, where).allowed is _works(cluster, verb, kind, where), (who, verb, kind, where)


def test_rights_over_the_whole_cluster(place: str) -> None:
    for who in PEOPLE:
        cluster = connect(acting_as=who)
        try:
            cluster.list(NODE, "")
            works = True
        except Forbidden:
            works = False

        assert cluster.may("list", NODE, "").allowed is works


def test_a_name_can_be_all_that_is_allowed(admin: httpx.Client, place: str) -> None:
    roles = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{place}"
    rule = {"apiGroups": [""], "resources": ["secrets"], "resourceNames": ["this-one"], "verbs": ["get"]}
    created(admin.post(f"{roles}/roles", json={"metadata": {"name": "one"}, "rules": [rule]}))
    binding = {
        "metadata": {"name": "one"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "one"},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "mallory"}],
    }
    created(admin.post(f"{roles}/rolebindings", json=binding))
    mallory = connect(acting_as=MALLORY)

    wait_for(lambda: mallory.may("get", SECRET, place, name="this-one").allowed, seconds=5)
    assert not mallory.may("get", SECRET, place, name="another").allowed
    assert not mallory.may("get", SECRET, place).allowed


def test_the_proxy_is_asked_whom_it_may_act_as(contract_cluster: ContractCluster) -> None:
    """The verb `impersonate` is answered as the real call does."""
    proxy = connect_as_credential(str(contract_cluster.proxy))
    users = Resource("", "v1", "users", "User", namespaced=False)
    groups = Resource("", "v1", "groups", "Group", namespaced=False)

    assert proxy.may("impersonate", users, "", name="alice").allowed
    assert proxy.may("impersonate", groups, "", name="team-vision").allowed
    assert not proxy.may("impersonate", groups, "", name="system:masters").allowed
    assert not proxy.may("impersonate", users, "", name="system:kube-controller-manager").allowed
    assert not proxy.may("impersonate", users, "").allowed


def test_rules_are_listed(place: str) -> None:
    rules = connect(acting_as=CAROL).rules(place)

    pods = [rule for rule in rules if "pods" in rule["resources"] and "" in rule["apiGroups"]]
    assert {verb for rule in pods for verb in rule["verbs"]} == {"get", "list", "watch"}


def test_the_cluster_tells_who_one_is() -> None:
    assert connect(acting_as=ALICE).whoami() == Identity("alice", ("team-vision", "system:authenticated"))


def _works(cluster: Cluster, verb: str, kind: Resource, place: str) -> bool:
    try:
        if verb == "list":
            cluster.list(kind, place)
        elif verb == "get":
            cluster.get(kind, place, "not-there")
        else:
            cluster.delete(kind, place, "not-there")
    except NotFound:
        return True
    except Forbidden:
        return False
    return True
