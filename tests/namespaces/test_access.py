"""Who sees which namespace, with a server on loopback that decides by name."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.http import Http404
from pytest_django import Settings

from console.cluster import POD, TFJOB, ClusterUnavailable
from console.index.models import Namespace
from console.people.models import Person
from namespaces import access
from tests.cluster.api_server import Answer, ApiServer, Recorded, status
from tests.cluster.conftest import api_server  # noqa: F401

pytestmark = pytest.mark.django_db(databases=["default", "index"])
REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"


class Rbac(ApiServer):
    """`grants` holds (group, namespace, "read" or "edit"); the namespace "" means all."""

    grants: set[tuple[str, str, str]]
    away: bool

    def answer(self, recorded: Recorded) -> Answer:
        self.recorded.append(recorded)
        if self.away:
            return Answer(503, status(503, "ServiceUnavailable", "away"), {"Retry-After": "30"})
        asked: dict[str, Any] = recorded.body["spec"]["resourceAttributes"]
        reading = asked["verb"] in ("get", "list", "watch") and asked.get("subresource") != "exec"
        allowed = any(
            group in recorded.header("Impersonate-Group")
            and namespace in ("", asked.get("namespace", "none"))
            and (level == "edit" or reading)
            for group, namespace, level in self.grants
        )
        return Answer(201, {"status": {"allowed": allowed, "reason": "because"}})


@pytest.fixture
def rbac(tmp_path: Any, settings: Settings) -> Iterator[Rbac]:
    with Rbac(tmp_path) as server:
        server.grants = {("team-vision", "vision", "edit"), ("auditors", "", "read")}
        server.away = False
        settings.CLUSTER_PROXY_KUBECONFIG = str(server.kubeconfig)
        access.forget_reviews()
        yield server
    access.forget_reviews()


@pytest.fixture(autouse=True)
def _namespaces() -> None:
    for name, class_name in (("vision", "gpu"), ("nlp", "gpu"), ("kube-system", "")):
        Namespace.objects.create(name=name, uid=f"u-{name}", phase="Active", class_name=class_name)


def _user(name: str, *groups: str) -> User:
    user = User.objects.create(username=name)
    Person.objects.create(user=user, cluster_user=name, cluster_groups=list(groups))
    return user


@pytest.mark.parametrize(
    ("groups", "names"),
    [
        (["team-vision"], ["vision"]),
        (["auditors"], ["nlp", "vision"]),
        ([], []),
        (["team-vision", "auditors"], ["nlp", "vision"]),
    ],
)
def test_one_sees_what_the_cluster_says(rbac: Rbac, groups: list[str], names: list[str]) -> None:
    found = access.visible_namespaces(_user("someone", *groups))

    assert [namespace.name for namespace in found] == names


def test_a_namespace_without_a_class_is_offered_to_nobody(rbac: Rbac) -> None:
    carol = _user("carol", "auditors")

    assert "kube-system" not in [namespace.name for namespace in access.visible_namespaces(carol)]
    with pytest.raises(Http404):
        access.namespace_for(carol, "kube-system")


def test_a_strangers_namespace_is_as_if_it_were_not_there(rbac: Rbac) -> None:
    alice = _user("alice", "team-vision")

    assert access.namespace_for(alice, "vision").class_name == "gpu"
    for name in ("nlp", "no-such-namespace", "", "..", "*", "_all"):
        with pytest.raises(Http404):
            access.namespace_for(alice, name)


def test_an_editor_may_and_an_auditor_may_not(rbac: Rbac) -> None:
    editor = access.namespace_for(_user("alice", "team-vision"), "vision")
    auditor = access.namespace_for(_user("carol", "auditors"), "vision")

    assert (editor.can_create, editor.can_exec) == (True, True)
    assert (auditor.can_create, auditor.can_exec) == (False, False)


def test_nothing_is_created_in_a_namespace_that_goes_away(rbac: Rbac) -> None:
    Namespace.objects.filter(name="vision").update(phase="Terminating")
    namespace = access.namespace_for(_user("alice", "team-vision"), "vision")

    assert namespace.phase == "Terminating"
    assert not namespace.can_create


def test_a_hint_carries_the_clusters_reason(rbac: Rbac) -> None:
    decision = access.may(_user("alice", "team-vision"), "delete", TFJOB, "vision")

    assert decision.allowed
    assert decision.reason == "because"


@pytest.mark.parametrize("user", ["anonymous", "without a person"])
def test_who_is_nobody_in_the_cluster_sees_nothing(rbac: Rbac, user: str) -> None:
    nobody = AnonymousUser() if user == "anonymous" else User.objects.create(username="nobody")

    assert access.visible_namespaces(nobody) == []
    assert not access.may(nobody, "list", POD, "vision").allowed
    with pytest.raises(Http404):
        access.namespace_for(nobody, "vision")
    assert rbac.recorded == []


def test_somebody_the_console_may_not_act_as_sees_nothing(api_server: ApiServer) -> None:  # noqa: F811
    words = 'users "eve" is forbidden: User "console-proxy" cannot impersonate resource "users"'
    api_server.on("POST", REVIEWS, Answer(403, status(403, "Forbidden", words)))
    access.forget_reviews()
    eve = _user("eve")

    assert access.visible_namespaces(eve) == []
    assert "cannot impersonate" in access.may(eve, "list", POD, "vision").reason


def test_while_the_cluster_is_away_the_last_yes_is_for_reading(rbac: Rbac, expired_reviews: list[float]) -> None:
    alice = _user("alice", "team-vision")
    before = access.namespace_for(alice, "vision")
    allowed = (before.can_create, before.uncertain)
    rbac.away = True
    expired_reviews[0] += 60
    after = access.namespace_for(alice, "vision")

    assert allowed == (True, False)
    assert (after.uncertain, after.can_create, after.can_exec) == (True, False, False)
    assert [namespace.name for namespace in access.visible_namespaces(alice)] == ["vision"]
    assert access.may(alice, "list", POD, "vision").allowed
    assert not access.may(alice, "delete", TFJOB, "vision").allowed


def test_a_stranger_does_not_get_in_while_the_cluster_is_away(rbac: Rbac, expired_reviews: list[float]) -> None:
    mallory = _user("mallory")
    assert access.visible_namespaces(mallory) == []
    rbac.away = True
    expired_reviews[0] += 60

    with pytest.raises(ClusterUnavailable):
        access.namespace_for(mallory, "vision")
    with pytest.raises(ClusterUnavailable):
        access.visible_namespaces(mallory)


@pytest.fixture
def expired_reviews(rbac: Rbac) -> Iterator[list[float]]:
    """A clock to be moved on: one number of seconds."""
    now = [0.0]
    access.forget_reviews(clock=lambda: now[0])
    yield now
    access.forget_reviews()


def test_a_page_asks_once_a_question(rbac: Rbac) -> None:
    alice = _user("alice", "team-vision")
    access.visible_namespaces(alice)
    asked = len(rbac.recorded)
    access.visible_namespaces(alice)
    access.namespace_for(alice, "vision")

    assert len(rbac.recorded) == asked


def test_an_auditor_of_many_namespaces_costs_two_questions(rbac: Rbac) -> None:
    for number in range(50):
        Namespace.objects.create(name=f"team-{number}", uid=f"u-{number}", phase="Active", class_name="gpu")

    assert len(access.visible_namespaces(_user("carol", "auditors"))) == 52
    assert len(rbac.recorded) == 2
