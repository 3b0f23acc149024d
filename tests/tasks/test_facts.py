"""What the rules are told, from rows of the index."""

import pytest
from django.contrib.auth.models import User

from console.index.models import Claim, Node, Quota, Watch
from tasks.queries.facts import claim_facts, facts_for, node_facts
from tests.cluster.api_server import ApiServer
from tests.tasks import rows
from tests.tasks.people import person
from tests.tasks.reviews import reviewer, says

__all__ = ["reviewer"]
pytestmark = pytest.mark.django_db(databases=["default", "index"])


@pytest.fixture
def alice(reviewer: ApiServer, db: None) -> User:
    rows.namespace("vision")
    return person("alice", "team-vision")


def node(name: str, **values: object) -> None:
    Node.objects.create(name=name, ready=values.pop("ready", True), cpu_millicores=4000, memory_mib=8192, **values)


def taint(key: str, effect: str = "NoSchedule") -> list[dict[str, str]]:
    return [{"key": key, "effect": effect}]


def test_nothing_is_known_about_nodes_until_one_was_seen() -> None:
    assert node_facts() is None


def test_nodes_come_with_what_keeps_pods_off_them() -> None:
    node("a")
    node("b", ready=False)
    node("c", unschedulable=True)
    node("d", taints=taint("kwok.x-k8s.io/node"))
    node("e", taints=taint("busy", "PreferNoSchedule"))
    node("f", taints=taint("nvidia.com/gpu"), gpus=8)

    found = {fact.name: (fact.open, [str(taint) for taint in fact.taints]) for fact in node_facts() or ()}

    assert found == {
        "a": (True, []),
        "b": (False, []),
        "c": (False, []),
        "d": (True, ["kwok.x-k8s.io/node:NoSchedule"]),
        "e": (True, ["busy:PreferNoSchedule"]),
        "f": (True, ["nvidia.com/gpu:NoSchedule"]),
    }


def test_claims_are_unknown_until_they_were_listed() -> None:
    Claim.objects.create(uid="1", namespace="vision", name="datasets", phase="Bound", access_modes=["ReadWriteMany"])
    assert claim_facts("vision") is None

    rows.watcher_is_up_to_date()
    Watch.objects.create(resource="persistentvolumeclaims", listed_at=Watch.objects.first().listed_at)

    assert set(claim_facts("vision") or {}) == {"datasets"}
    assert claim_facts("nlp") == {}


def test_a_quota_is_what_is_left(alice: User) -> None:
    Quota.objects.create(
        uid="1",
        namespace="vision",
        name="team",
        hard={"pods": "10", "requests.cpu": "4", "limits.cpu": "3500m", "requests.memory": "8Gi", "secrets": "5"},
        used={"pods": "12", "requests.cpu": "500m", "limits.cpu": "1", "requests.memory": "1Gi"},
    )

    assert facts_for(alice, "pytorch", "vision", "mnist").quotas is None  # not listed yet
    rows.watcher_is_up_to_date()
    Watch.objects.create(resource="resourcequotas", listed_at=Watch.objects.first().listed_at)

    (quota,) = facts_for(alice, "pytorch", "vision", "mnist").quotas or ()

    assert quota.left == {"pods": 0, "cpu_millicores": 2500, "memory_mib": 7168}


def test_a_namespace_without_rights_tells_nothing(alice: User, reviewer: ApiServer) -> None:
    rows.task("mnist")
    says(reviewer, allowed=False)

    facts = facts_for(alice, "pytorch", "vision", "mnist")

    assert (facts.namespaces, facts.taken_names, facts.claims, facts.quotas) == ({}, frozenset(), None, None)
