"""Drafts: what is stored of them, what is saved while somebody types, and when they are forgotten."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as configured
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from console.sealing import Unreadable, seal, unseal
from tasks import actions
from tasks.models import Draft, KeptManifest, Operation
from tasks.queries.drafts import drafts_beside
from tests.tasks import rows
from tests.tasks.drafts import BASICS, draft
from tests.tasks.people import person

pytestmark = pytest.mark.django_db(databases=["default", "index"])
OLD, NEW = "o" * 32, "n" * 32


@pytest.fixture
def owner(vision: str) -> User:
    return person("alice", "team-vision")


@pytest.fixture
def hers(owner: User) -> Client:
    client = Client()
    client.force_login(owner)
    return client


def step(of: Draft, name: str = "basics") -> str:
    return reverse("wizard-step", args=[of.key, name])


def save(hers: Client, of: Draft, version: int, **changes: str) -> Any:
    return hers.post(step(of), {**BASICS, **changes, "version": str(version), "go": "save"})


# --- encrypted


def test_nothing_that_was_typed_is_readable_in_the_database(owner: User) -> None:
    draft(owner, description="hunter2")

    with connection.cursor() as cursor:
        cursor.execute("SELECT entries FROM tasks_draft")
        [stored] = cursor.fetchone()

    assert "hunter2" not in stored
    assert "basics" not in stored
    assert Draft.objects.get().entries["basics"]["description"] == "hunter2"


def test_the_key_is_its_owners_alone() -> None:
    path = Path(configured.STATE_DIR) / "secrets" / "draft-key"

    assert os.stat(path).st_mode & 0o777 == 0o600


@pytest.mark.parametrize("value", [{}, {"a": [1, None, "😀\ud800"]}, [], "x", 1.5, None])
def test_json_is_sealed_without_loss(value: Any) -> None:
    assert unseal(seal(value)) == value


def test_a_key_is_changed_without_losing_a_draft(owner: User, settings: Settings) -> None:
    settings.DRAFT_KEYS = [OLD]
    made = draft(owner)
    settings.DRAFT_KEYS = [NEW, OLD]

    call_command("reseal", verbosity=0)
    settings.DRAFT_KEYS = [NEW]

    assert Draft.objects.get(pk=made.pk).name == "mnist"


def test_a_draft_whose_key_is_lost_says_so_and_is_not_written_over(
    hers: Client, owner: User, settings: Settings
) -> None:
    settings.DRAFT_KEYS = [OLD]
    made = draft(owner)
    settings.DRAFT_KEYS = [NEW]

    pages = [hers.get(step(made)), hers.post(step(made), {"go": "next"}), hers.get("/n/vision/tasks/")]
    Draft.objects.get().save()
    settings.DRAFT_KEYS = [OLD]

    assert [page.status_code for page in pages] == [410, 410, 200]
    assert "with a key that the console no longer has" in pages[0].content.decode()
    assert Draft.objects.get().name == "mnist"


def test_what_no_key_opens_is_written_back_as_it_was(settings: Settings) -> None:
    settings.DRAFT_KEYS = [OLD]
    token = seal({"a": 1})
    settings.DRAFT_KEYS = [NEW]

    lost = unseal(token)

    assert isinstance(lost, Unreadable)
    assert seal(lost) == token


# --- saved while somebody types


def test_a_save_keeps_what_was_typed_valid_or_not_and_names_the_next_version(hers: Client, owner: User) -> None:
    made = draft(owner)

    response = save(hers, made, 1, name="Not A Name")

    made.refresh_from_db()
    assert (response.status_code, response.headers["X-Draft-Version"]) == (204, "2")
    assert made.entries["basics"]["name"] == "Not A Name"
    assert made.listed_name == "Not A Name"
    assert made.steps_done == ["basics", "roles", "advanced"]


def test_a_second_window_is_told_and_nothing_is_written_over(hers: Client, owner: User) -> None:
    made = draft(owner)
    save(hers, made, 1, name="first")

    late = save(hers, made, 1, name="second")
    took_over = save(hers, made, int(late.headers["X-Draft-Version"]), name="second")

    made.refresh_from_db()
    assert (late.status_code, late.headers["X-Draft-Version"], took_over.status_code) == (409, "2", 204)
    assert made.name == "second"


def test_the_same_again_is_no_conflict(hers: Client, owner: User) -> None:
    made = draft(owner)
    save(hers, made, 1, name="first")

    again = save(hers, made, 1, name="first")

    assert (again.status_code, again.headers["X-Draft-Version"]) == (204, "2")


def test_a_draft_that_was_submitted_takes_nothing_more(hers: Client, owner: User) -> None:
    made = draft(owner)
    Draft.objects.update(operation=submitted(owner, "succeeded"))

    response = save(hers, made, 1, name="late")

    assert (response.status_code, response.headers["X-Draft-Version"]) == (409, "submitted")


def test_two_hundred_variables_in_each_of_four_roles_reach_the_draft(hers: Client, owner: User) -> None:
    made = draft(owner, framework="tensorflow", mode="ps-chief-worker")
    form = {"version": "1", "go": "save"}
    for role in ("PS", "Chief", "Worker", "Evaluator"):
        form |= {f"{role}-replicas": "1", f"{role}-enabled": "on"}
        for index in range(200):
            cells = {"name": f"V{index}", "source": "value", "value": "x", "field": "", "reference": "", "key": ""}
            form |= {f"{role}-env-{index}-{cell}": value for cell, value in cells.items()}

    response = hers.post(step(made, "roles"), form)

    made.refresh_from_db()
    assert response.status_code == 204
    assert [len(made.entries["roles"][role]["env"]) for role in ("PS", "Chief", "Worker", "Evaluator")] == [200] * 4


def test_a_stranger_saves_nothing(owner: User, mallory: Client) -> None:
    made = draft(owner)

    assert save(mallory, made, 1, name="theirs").status_code == 404


# --- the list, and what goes


def test_the_list_names_each_with_its_step_and_its_last_day(hers: Client, owner: User) -> None:
    made = draft(owner, name="half-done")
    Draft.objects.filter(pk=made.pk).update(steps_done=["basics"])
    draft(owner, name="", namespace="")

    page = hers.get("/n/vision/tasks/").content.decode()

    assert "half-done" in page
    assert "step 2: Roles" in page
    assert f"deleted on {timezone.localtime(made.deleted_after):%Y-%m-%d}" in page
    assert "without a name" in page


def test_a_draft_is_listed_with_its_namespace_and_with_every_one_when_that_is_gone(carol: Client) -> None:
    rows.namespace("nlp")
    owner = User.objects.get(username="carol")
    draft(owner, name="elsewhere", namespace="nlp")
    draft(owner, name="left-behind", namespace="gone")

    here, there = (carol.get(f"/n/{name}/tasks/").content.decode() for name in ("vision", "nlp"))

    assert ["elsewhere" in page for page in (here, there)] == [False, True]
    assert ["left-behind" in page and "for gone" in page for page in (here, there)] == [True, True]


def test_every_namespace_that_one_only_looks_at_is_marked_so(carol: Client) -> None:
    rows.namespace("nlp")
    made = draft(User.objects.get(username="carol"))

    page = carol.get(step(made)).content.decode()

    for name in ("vision", "nlp"):
        assert f">{name} · normal, you may only look</option>" in page


def test_a_list_opens_no_draft(owner: User, django_assert_num_queries: Any) -> None:
    draft(owner)

    with django_assert_num_queries(1):
        [line] = drafts_beside("vision", owner, seen=list)
        assert (line.listed_name, line.listed_namespace) == ("mnist", "vision")


def test_it_is_asked_before_a_draft_goes(hers: Client, owner: User) -> None:
    made = draft(owner)
    url = reverse("draft-delete", args=[made.key])

    asked = hers.get(url)

    assert "Discard this draft?" in asked.content.decode()
    assert Draft.objects.exists()
    told = [hers.post(url, follow=True).content.decode(), hers.get("/n/vision/tasks/").content.decode()]
    assert not Draft.objects.exists()
    assert ["The draft mnist was discarded." in page for page in told] == [True, False]


def submitted(by: User, state: str, *, settled_days_ago: int = 0) -> Operation:
    now = timezone.now()
    settled = now - timedelta(days=settled_days_ago)
    return Operation.objects.create(
        key=f"00000000-0000-0000-0000-{Operation.objects.count():012}",
        request_key="00000000-0000-0000-0000-000000000000",
        verb="submit",
        state=state,
        asked_by=by,
        identity={},
        namespace="vision",
        kind="PyTorchJob",
        name=f"mnist-{Operation.objects.count()}",
        created_at=settled,
        asked_at=settled,
        settled_at=settled,
        due_at=settled,
    )


def test_old_drafts_are_forgotten_and_no_others(owner: User) -> None:
    now = timezone.now()
    ages = {"fresh": 29, "old": 31, "failed-old": 31, "waits": 31, "done": 1, "done-long": 1}
    states = {
        "failed-old": ("failed", 0),
        "waits": ("accepted", 0),
        "done": ("succeeded", 6),
        "done-long": ("succeeded", 8),
    }
    for name, days in ages.items():
        made = draft(owner, name=name)
        state = states.get(name)
        operation = submitted(owner, state[0], settled_days_ago=state[1]) if state else None
        Draft.objects.filter(pk=made.pk).update(updated_at=now - timedelta(days=days), operation=operation)

    actions.forget_old(now)

    assert set(Draft.objects.values_list("listed_name", flat=True)) == {"fresh", "waits", "done"}


def test_the_manifest_of_a_task_that_is_gone_is_forgotten_after_its_time(settings: Settings) -> None:
    now = timezone.now()
    for uid, days in (("a", 179), ("b", 181)):
        KeptManifest.objects.create(
            uid=uid,
            kind="TFJob",
            namespace="vision",
            name=uid,
            manifest={},
            created_at=now,
            gone_at=now - timedelta(days=days),
        )

    actions.forget_old(now)

    assert list(KeptManifest.objects.values_list("uid", flat=True)) == ["a"]
