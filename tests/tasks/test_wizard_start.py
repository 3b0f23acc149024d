"""The first page of the wizard: who may begin, and the templates to begin from."""

import pytest
from django.contrib.auth.models import User
from django.db import connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from console.index.models import Namespace
from tasks.models import Draft, TaskTemplate
from tests.tasks import rows
from tests.tasks.rights_server import RightsServer

pytestmark = pytest.mark.django_db(databases=["default", "index"])
START = "/wizard/start/"
CHOICE = {"framework": "pytorch", "mode": "distributed", "namespace": "vision"}


def template(title: str, namespace: str = "vision", about: str = "") -> TaskTemplate:
    return TaskTemplate.objects.create(
        namespace=namespace,
        title=title,
        about=about,
        framework="pytorch",
        mode="distributed",
        entries={"basics": {}, "roles": {}, "advanced": {}},
        created_by=User.objects.first(),
    )


@pytest.mark.parametrize(("who", "words"), [("carol", "You look on"), ("mallory", "You see no namespace for tasks")])
def test_whoever_may_create_no_task_is_told_so_and_begins_none(
    request: pytest.FixtureRequest, who: str, words: str
) -> None:
    browser: Client = request.getfixturevalue(who)

    page = browser.get(START).content.decode()
    answer = browser.post(START, CHOICE)

    assert words in page
    assert "disabled data-blocked" in page
    assert answer.status_code == 422
    assert not Draft.objects.exists()


def test_whoever_may_is_told_nothing_of_the_kind(alice: Client) -> None:
    page = alice.get(START).content.decode()

    assert "may you create tasks" not in page
    assert "disabled data-blocked" not in page
    assert alice.post(START, CHOICE).status_code == 302


def test_while_the_cluster_is_away_nobody_is_kept_from_beginning(alice: Client, rights: RightsServer) -> None:
    alice.get(START)
    rights.away = True

    page = alice.get(START)

    assert "may you create tasks" not in page.content.decode()
    assert alice.post(START, CHOICE).status_code == 302


def test_a_namespace_of_another_class_takes_no_task(alice: Client, rights: RightsServer) -> None:
    Namespace.objects.update(class_name="general")

    page = alice.get(START).content.decode()
    imported = alice.get(reverse("wizard-import"))

    assert "You see no namespace for tasks" in page
    assert imported.context["places"] == []


def test_templates_of_every_namespace_one_sees_are_used_from_there(alice: Client, carol: Client) -> None:
    rows.namespace("nlp")
    one, other = template("nightly", about="for the night"), template("bert", "nlp")

    hers, lookers = alice.get(START).content.decode(), carol.get(START, {"namespace": "vision"})
    used = alice.post(reverse("template-use", args=["vision", one.key]))

    assert "nightly" in hers
    assert "for the night" in hers
    assert "bert" not in hers
    assert reverse("template-use", args=["vision", one.key]) in hers
    assert reverse("template-list", args=["vision"]) in hers
    assert [line.template.title for line in lookers.context["templates"]] == ["nightly", "bert"]
    assert reverse("template-use", args=["nlp", other.key]) not in lookers.content.decode()
    assert used.status_code == 302
    assert Draft.objects.get().namespace == "vision"


def test_many_templates_cost_no_more_queries_than_one(alice: Client) -> None:
    template("first")
    alice.get(START)

    def queries() -> int:
        with CaptureQueriesContext(connections["default"]) as ours, CaptureQueriesContext(connections["index"]) as seen:
            alice.get(START)
        return len(ours) + len(seen)

    one = queries()
    for number in range(30):
        template(f"more-{number}")

    assert queries() == one
