"""Step 1 by plain GET and POST: name, image and training data."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from namespaces.access import forget_reviews
from tasks.flavors import catalogue
from tasks.frameworks import FRAMEWORKS
from tasks.specification.entries import spec_of
from tests.cluster.api_server import Answer, ApiServer, status
from tests.tasks import rows
from tests.tasks.drafts import draft
from tests.tasks.reviews import REVIEWS, reviewer, says
from tests.tasks.wizard_steps import VOLUMES, alice, as_alice, basics, step

__all__ = ["alice", "as_alice", "reviewer"]
pytestmark = pytest.mark.django_db(databases=["default", "index"])


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("name", "Train", "Start with a lowercase letter, a to z."),
        ("name", "run-", "The last character cannot be a hyphen."),
        ("name", "", "Fill this in."),
        ("namespace", "elsewhere", "There is no namespace “elsewhere” that you can use. Choose one from the list."),
        ("image", "UPPER/x", "This is not an image reference."),
        ("description", "\u202eabc", "The character U+202E is not allowed"),
        ("description", "x" * 1001, "At most 1000 characters; these are 1001."),
        ("data_mount_path", "/proc", "/proc belongs to the system of the container."),
        ("data_sub_path", "../x", "The path cannot have “.” or “..” as a part."),
    ],
)
def test_a_wrong_answer_is_said_beside_its_field_and_in_the_summary_and_kept(
    as_alice: Client, alice: User, field: str, value: str, words: str
) -> None:
    begun = draft(alice)
    claim = {"data_claim": "datasets"} if field.startswith("data_") else {}

    response = as_alice.post(step(begun, "basics"), basics(begun, **claim, **{field: value}))

    form = response.context["form"]
    assert response.status_code == 422
    assert form.errors[field][0].startswith(words)
    assert any(problem.anchor == f"id_{field}" for problem in response.context["problems"])
    assert response.content.count(b"autofocus") == 1
    begun.refresh_from_db()
    assert begun.entries["basics"][field] == value
    assert value in response.content.decode()
    assert "basics" not in begun.steps_done


def test_errors_are_in_the_language_of_the_page(as_alice: Client, alice: User) -> None:
    begun = draft(alice)

    response = as_alice.post(step(begun, "basics"), basics(begun, name="Train"), headers={"Accept-Language": "zh-hans"})

    assert "请以小写字母（a-z）开头。" in response.content.decode()


def test_a_taken_name_is_refused_over_all_types(as_alice: Client, alice: User) -> None:
    rows.task("mnist", framework="mpi")
    begun = draft(alice)

    response = as_alice.post(step(begun, "basics"), basics(begun))

    assert response.status_code == 422
    assert "already has a task “mnist”" in response.content.decode()


@pytest.mark.parametrize(
    ("name", "words"), [("mnist", "already has a task"), ("free", "The name is free."), ("A", "Start with"), ("", "")]
)
def test_the_name_is_checked_while_it_is_typed(as_alice: Client, alice: User, name: str, words: str) -> None:
    rows.watcher_is_up_to_date()
    rows.task("mnist", framework="mpi")
    begun = draft(alice)

    response = as_alice.get(
        reverse("wizard-name-check", args=[begun.key]),
        {"name": name, "namespace": "vision"},
        headers={"HX-Request": "true"},
    )

    assert words in response.content.decode()


@pytest.mark.parametrize("away", ["cluster", "watcher"])
def test_no_name_is_called_free_while_nobody_can_tell(
    as_alice: Client, alice: User, reviewer: ApiServer, away: str
) -> None:
    begun = draft(alice)
    if away == "cluster":
        rows.watcher_is_up_to_date()
        forget_reviews()
        reviewer.on("POST", REVIEWS, Answer(503, status(503, "ServiceUnavailable", "etcd is away")))

    said = as_alice.get(reverse("wizard-name-check", args=[begun.key]), {"name": "new", "namespace": "vision"})

    assert "The name is free." not in said.content.decode()
    assert "cannot be checked just now" in said.content.decode()


def test_without_a_namespace_nothing_is_said_about_a_good_name(as_alice: Client, alice: User) -> None:
    rows.watcher_is_up_to_date()
    begun = draft(alice, namespace="")

    said = as_alice.get(reverse("wizard-name-check", args=[begun.key]), {"name": "new", "namespace": ""})

    assert b"<span" not in said.content


def test_nothing_is_told_about_names_in_a_namespace_that_one_does_not_see(
    as_alice: Client, alice: User, reviewer: ApiServer
) -> None:
    rows.task("mnist")
    begun = draft(alice)
    says(reviewer, allowed=False)

    response = as_alice.get(reverse("wizard-name-check", args=[begun.key]), {"name": "mnist", "namespace": "vision"})

    assert b"already has" not in response.content


def test_three_volumes_and_pull_secrets_reach_the_specification(as_alice: Client, alice: User) -> None:
    begun = draft(alice)

    as_alice.post(step(begun, "basics"), basics(begun, **VOLUMES))

    begun.refresh_from_db()
    framework = FRAMEWORKS["pytorch"]
    spec = spec_of(begun.entries, framework=framework, mode=framework.modes[0], flavors=catalogue()).spec
    assert [(one.claim, one.sub_path, one.mount_path) for one in spec.volumes] == [
        ("datasets", "mnist", "/data"),
        ("outputs", "", "/output"),
        ("outputs", "logs", "/logs"),
    ]
    assert spec.pull_secrets == ("registry-one", "registry-two")
