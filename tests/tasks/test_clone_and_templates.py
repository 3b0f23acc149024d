"""A new task from one that runs, has ended or is gone, and from a template of the namespace."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tasks.frameworks.building import build
from tasks.frameworks.server_fields import OUR_LABELS, without_server_fields
from tasks.models import Draft, KeptManifest, TaskTemplate
from tasks.queries.checked import checked_draft
from tasks.queries.kept import free_name
from tests.tasks import rows
from tests.tasks.drafts import draft
from tests.tasks.specifications import MODES, spec

pytestmark = pytest.mark.django_db(databases=["default", "index"])
SERVER = {"uid": "1", "resourceVersion": "7", "generation": 3, "creationTimestamp": "2026-11-25T00:00:00Z"}


def stored(framework: str = "pytorch", mode: str = "distributed", **metadata: Any) -> dict[str, Any]:
    """A manifest as the cluster gives it back."""
    made = build(spec(framework, mode, description="two\nlines"), operation="0", owner="alice")
    return {**made, "metadata": {**made["metadata"], **SERVER, **metadata}, "status": {"conditions": []}}


def indexed(manifest: dict[str, Any], framework: str) -> str:
    task = rows.task("mnist", framework=framework)
    rows.manifest(task, manifest)
    return task.uid


def gone(manifest: dict[str, Any], _framework: str) -> str:
    now = timezone.now()
    kept = KeptManifest.objects.create(
        uid=str(uuid4()),
        kind=manifest["kind"],
        namespace="vision",
        name="mnist",
        manifest=manifest | {"metadata": manifest["metadata"] | {"deletionTimestamp": "x", "finalizers": ["y"]}},
        created_at=now,
        gone_at=now,
    )
    return kept.uid


def clone_of(uid: str) -> str:
    return reverse("task-clone", args=["vision", uid])


@pytest.mark.parametrize(("framework", "mode"), MODES)
@pytest.mark.parametrize("left_in", [indexed, gone])
def test_a_clone_is_the_same_task_but_for_its_name(
    alice: Client, framework: str, mode: str, left_in: Callable[[dict[str, Any], str], str]
) -> None:
    manifest = stored(framework, mode)
    uid = left_in(manifest, framework)

    proposed = alice.get(clone_of(uid)).context["name"]
    response = alice.post(clone_of(uid), {"name": proposed, "namespace": "vision"})

    made = Draft.objects.get()
    checked = checked_draft(made)
    built = build(checked.spec, operation="0", owner="alice")
    assert response.url.startswith(reverse("wizard-step", args=[made.key, "confirm"]))
    assert checked.blocking == ()
    assert built["metadata"].pop("name") == proposed == "mnist-2"
    before = without_server_fields({name: value for name, value in manifest.items() if name != "status"})
    before["metadata"].pop("name")
    assert built == before
    assert set(built["metadata"]["labels"]) == set(OUR_LABELS)


def test_a_stranger_and_one_who_looks_on_clone_nothing(alice: Client, carol: Client, mallory: Client) -> None:
    uid = gone(stored(), "pytorch")

    answers = [browser.post(clone_of(uid), {"namespace": "vision"}).status_code for browser in (carol, mallory)]

    assert answers == [422, 404]
    assert alice.get(reverse("task-clone", args=["vision", "nothing"])).status_code == 404
    assert not Draft.objects.exists()


def test_the_page_of_a_task_that_is_gone_offers_the_clone(alice: Client) -> None:
    uid = gone(stored(), "pytorch")

    page = alice.get(reverse("task-detail", args=["vision", uid])).content.decode()

    assert clone_of(uid) in page


@pytest.mark.parametrize(
    ("like", "taken", "name"),
    [
        ("mnist", [], "mnist-2"),
        ("mnist", ["mnist-2", "mnist-3"], "mnist-4"),
        ("mnist-2", [], "mnist-3"),
        ("a" * 24, [], "a" * 22 + "-2"),
        ("a" * 24, ["a" * 22 + "-2"], "a" * 22 + "-3"),
        ("My.Job", [], "my-job-2"),
        ("7up", [], "t7up-2"),
        ("abcdefghijklmnopqrstu-xyz", [], "abcdefghijklmnopqrstu-2"),
    ],
)
def test_a_free_name_is_proposed(vision: str, like: str, taken: list[str], name: str) -> None:
    for number, other in enumerate(taken):
        rows.task(other, framework=("mpi", "tensorflow")[number % 2])

    assert free_name("vision", like) == name


# --- templates


def with_password() -> Draft:
    made = draft(User.objects.get(username="alice"))
    made.entries["roles"]["Worker"]["env"] = [
        {"name": "PASSWORD", "source": "value", "value": "hunter2"},
        {"name": "EPOCHS", "source": "value", "value": "9"},
    ]
    made.save()
    return made


def test_a_template_names_the_values_in_it_and_leaves_out_what_is_ticked(alice: Client) -> None:
    made = with_password()
    url = reverse("draft-template", args=[made.key])

    page = alice.get(url)
    alice.post(url, {"title": "nightly", "about": "", "namespace": "vision", "leave": ["Worker:0"]})

    kept = TaskTemplate.objects.get()
    assert page.context["left_out"] == ["Worker:0"]
    assert b"hunter2" not in page.content
    assert [row["value"] for row in kept.entries["roles"]["Worker"]["env"]] == ["", "9"]
    assert kept.entries["basics"]["name"] == ""


def test_a_value_that_was_not_left_out_stays_so_when_the_page_comes_back(alice: Client) -> None:
    url = reverse("draft-template", args=[with_password().key])

    back = alice.post(url, {"title": "", "about": "", "namespace": "vision"})

    assert back.status_code == 422
    assert back.context["left_out"] == []


def saved(alice: Client, title: str = "nightly") -> TaskTemplate:
    url = reverse("draft-template", args=[with_password().key])
    alice.post(url, {"title": title, "about": "for the night", "namespace": "vision"})
    return TaskTemplate.objects.get(title=title)


def test_a_template_makes_a_draft_that_asks_for_its_name(alice: Client) -> None:
    template = saved(alice)
    Draft.objects.all().delete()

    response = alice.post(reverse("template-use", args=["vision", template.key]))

    made = Draft.objects.get()
    assert response.url == reverse("wizard-step", args=[made.key, "basics"])
    assert made.namespace == "vision"
    assert made.entries["roles"]["Worker"]["env"][1]["value"] == "9"


def test_a_task_is_saved_as_a_template(alice: Client) -> None:
    uid = indexed(stored("tensorflow", "ps-worker"), "tensorflow")

    response = alice.post(reverse("task-template", args=["vision", uid]), {"title": "ps", "namespace": "vision"})

    assert response.url == reverse("template-list", args=["vision"])
    assert TaskTemplate.objects.get().mode == "ps-worker"


def test_everybody_who_sees_the_namespace_sees_it_and_only_its_people_change_it(
    alice: Client, carol: Client, mallory: Client
) -> None:
    template = saved(alice)
    pages = [reverse(f"template-{act}", args=["vision", template.key]) for act in ("use", "edit", "delete")]

    assert "nightly" in carol.get(reverse("template-list", args=["vision"])).content.decode()
    assert [carol.post(page).status_code for page in pages] == [403, 403, 403]
    assert mallory.get(reverse("template-list", args=["vision"])).status_code == 404
    assert [mallory.post(page).status_code for page in pages] == [404, 404, 404]
    assert TaskTemplate.objects.filter(title="nightly").exists()


def test_a_template_is_renamed_once_and_deleted(alice: Client) -> None:
    template, _other = saved(alice), saved(alice, "weekly")
    url = reverse("template-edit", args=["vision", template.key])

    taken = alice.post(url, {"title": "weekly", "about": "", "version": "1"})
    renamed = alice.post(url, {"title": "daily", "about": "by day", "version": "1"})
    late = alice.post(url, {"title": "hourly", "about": "", "version": "1"})
    alice.post(reverse("template-delete", args=["vision", template.key]))

    assert (taken.status_code, renamed.status_code, late.status_code) == (422, 302, 409)
    assert "hourly" in late.content.decode()
    assert list(TaskTemplate.objects.values_list("title", flat=True)) == ["weekly"]


@pytest.mark.parametrize("title", ["", "x" * 64, "\u202eabc", "a\0b"])
def test_a_bad_name_is_said_beside_the_field_and_kept(alice: Client, title: str) -> None:
    url = reverse("draft-template", args=[with_password().key])

    response = alice.post(url, {"title": title, "about": "kept", "namespace": "vision"})

    assert response.status_code == 422
    assert response.context["errors"]["title"]
    assert "kept" in response.content.decode()
