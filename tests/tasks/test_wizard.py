"""The wizard by plain GET and POST, as a browser without scripts has it."""

from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from console.index.models import Watch
from namespaces.access import forget_reviews
from tasks.models import Draft, Operation
from tests.cluster.api_server import Answer, ApiServer, status
from tests.tasks import rows
from tests.tasks.drafts import ADVANCED, BASICS, draft
from tests.tasks.people import person
from tests.tasks.reviews import REVIEWS, reviewer, says

__all__ = ["reviewer"]
pytestmark = pytest.mark.django_db(databases=["default", "index"])
JOBS = "/apis/kubeflow.org/v1/namespaces/vision/pytorchjobs"


@pytest.fixture
def alice(reviewer: ApiServer, db: None) -> User:
    rows.namespace("vision")
    return person("alice", "team-vision")


@pytest.fixture
def as_alice(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


def step(of: Draft, name: str) -> str:
    return reverse("wizard-step", args=[of.key, name])


def basics(of: Draft, **changes: str) -> dict[str, str]:
    return {**BASICS, "version": str(of.version), "go": "next", **changes}


def roles(of: Draft, *names: str, **changes: str) -> dict[str, str]:
    data = {"version": str(of.version), "go": "next"}
    for name in names or ("Master", "Worker"):
        data |= {
            f"{name}-replicas": "1",
            f"{name}-flavor": "cpu-100m-128Mi",
            f"{name}-command": "",
            f"{name}-args": "",
            f"{name}-restart_policy": "Never",
        }
    return data | changes


def advanced(of: Draft, **changes: str) -> dict[str, str]:
    return {**ADVANCED, "version": str(of.version), "go": "next", **changes}


def test_from_the_first_page_to_an_operation(as_alice: Client, alice: User) -> None:
    response = as_alice.post(
        reverse("wizard-start"), {"framework": "tensorflow", "mode": "single", "namespace": "vision"}
    )
    begun = Draft.objects.get(owner=alice)
    assert response.url == step(begun, "basics")
    assert as_alice.get(response.url).status_code == 200

    response = as_alice.post(step(begun, "basics"), basics(begun))
    assert response.url == step(begun, "roles")
    begun.refresh_from_db()
    response = as_alice.post(step(begun, "roles"), roles(begun, "Worker"))
    assert response.url == step(begun, "advanced")
    begun.refresh_from_db()
    response = as_alice.post(step(begun, "advanced"), advanced(begun))
    assert response.url == step(begun, "confirm")
    begun.refresh_from_db()
    page = as_alice.get(response.url)
    assert b"kind: TFJob" in page.content

    response = as_alice.post(step(begun, "confirm"), {"version": begun.version, "key": page.context["key"]})

    operation = Operation.objects.get()
    assert response.url == step(begun, "done")
    assert (operation.kind, operation.name, operation.asked_by) == ("TFJob", "mnist", alice)
    assert b"is being created" in as_alice.get(response.url).content


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
    rows.task("mnist", framework="mpi")
    begun = draft(alice)

    response = as_alice.get(
        reverse("wizard-name-check", args=[begun.key]),
        {"name": name, "namespace": "vision"},
        headers={"HX-Request": "true"},
    )

    assert words in response.content.decode()


def test_nothing_is_told_about_names_in_a_namespace_that_one_does_not_see(
    as_alice: Client, alice: User, reviewer: ApiServer
) -> None:
    rows.task("mnist")
    begun = draft(alice)
    says(reviewer, allowed=False)

    response = as_alice.get(reverse("wizard-name-check", args=[begun.key]), {"name": "mnist", "namespace": "vision"})

    assert b"already has" not in response.content


@pytest.mark.parametrize("value", ["0", "-1", "65", "1.5", "1e3", "1_0", "\uff12", "9" * 5000])
def test_a_wrong_number_of_pods(as_alice: Client, alice: User, value: str) -> None:
    begun = draft(alice)

    response = as_alice.post(step(begun, "roles"), roles(begun, **{"Worker-replicas": value}))

    begun.refresh_from_db()
    assert response.status_code == 422
    assert begun.entries["roles"]["Worker"]["replicas"] == value
    assert [problem.anchor for problem in response.context["problems"]] == ["id_Worker-replicas"]


def test_a_forged_flavor_and_policy_are_refused(as_alice: Client, alice: User) -> None:
    begun = draft(alice)
    forged = {"Worker-flavor": "rdma-4-32Gi", "Master-flavor": "huge", "Worker-restart_policy": "Sometimes"}

    response = as_alice.post(step(begun, "roles"), roles(begun, **forged))

    assert [problem.anchor for problem in response.context["problems"]] == [
        "field-Master-flavor",
        "field-Worker-restart_policy",
        "field-Worker-flavor",
    ]


def test_environment_rows_are_added_and_removed_without_scripts(as_alice: Client, alice: User) -> None:
    begun = draft(alice)
    two = {
        **{"Worker-env-0-name": "A", "Worker-env-0-source": "value", "Worker-env-0-value": "1"},
        **{"Worker-env-7-name": "B", "Worker-env-7-source": "field", "Worker-env-7-field": "status.podIP"},
    }

    added = as_alice.post(step(begun, "roles"), roles(begun, **two, **{"add-env": "Worker"}))
    begun.refresh_from_db()
    assert [row["name"] for row in begun.entries["roles"]["Worker"]["env"]] == ["A", "B", ""]
    removed = as_alice.post(step(begun, "roles"), roles(begun, **two, **{"remove-env": "Worker:0"}))
    begun.refresh_from_db()

    assert (added.status_code, removed.status_code) == (200, 200)
    assert [row["name"] for row in begun.entries["roles"]["Worker"]["env"]] == ["B"]


def test_a_wrong_variable_is_named(as_alice: Client, alice: User) -> None:
    begun = draft(alice)
    row = {"Worker-env-0-name": "RANK", "Worker-env-0-source": "value", "Worker-env-0-value": "1"}

    response = as_alice.post(step(begun, "roles"), roles(begun, **row))

    assert [problem.anchor for problem in response.context["problems"]] == ["id_Worker-env-0-name"]


def test_switching_the_mode_keeps_what_each_role_has(as_alice: Client, alice: User) -> None:
    begun = draft(alice, "tensorflow", "ps-worker")
    typed = roles(begun, "PS", "Worker", "Evaluator", **{"PS-replicas": "3", "Worker-replicas": "4"})

    as_alice.post(step(begun, "roles"), typed | {"mode": "single"})
    begun.refresh_from_db()
    single = (begun.mode, begun.entries["roles"]["Worker"]["replicas"], begun.entries["roles"]["PS"]["replicas"])
    as_alice.post(
        step(begun, "roles"),
        roles(begun, "Worker", "Evaluator", **{"Worker-replicas": "4"}) | {"mode": "ps-chief-worker"},
    )
    begun.refresh_from_db()
    page = as_alice.get(step(begun, "roles"))

    assert single == ("single", "4", "3")
    assert begun.mode == "ps-chief-worker"
    assert [tab.shape.name for tab in page.context["tabs"]] == ["PS", "Chief", "Worker", "Evaluator"]
    assert page.context["tabs"][0].form["replicas"].value() == "3"


def test_a_role_that_is_off_is_never_written(as_alice: Client, alice: User) -> None:
    begun = draft(alice, "tensorflow", "single")

    page = as_alice.get(step(begun, "confirm"))

    assert "Evaluator" not in page.context["manifest"]
    assert "PS" not in page.context["manifest"]
    states = [tab.state for tab in as_alice.get(step(begun, "roles")).context["tabs"]]
    assert states == ["complete", "off"]


def test_going_back_keeps_what_is_half_typed(as_alice: Client, alice: User) -> None:
    begun = draft(alice)

    response = as_alice.post(step(begun, "advanced"), advanced(begun, backoff_limit="many", go="back"))

    begun.refresh_from_db()
    assert response.url == step(begun, "roles")
    assert begun.entries["advanced"]["backoff_limit"] == "many"


def test_a_step_cannot_be_skipped(as_alice: Client, alice: User) -> None:
    begun = draft(alice)
    Draft.objects.filter(pk=begun.pk).update(steps_done=["basics"])

    for name in ("advanced", "confirm"):
        assert as_alice.get(step(begun, name)).url == step(begun, "roles")


def test_another_window_is_noticed_and_nothing_is_lost(as_alice: Client, alice: User) -> None:
    begun = draft(alice)
    Draft.objects.filter(pk=begun.pk).update(version=5)

    response = as_alice.post(step(begun, "basics"), basics(begun, name="typed-here"))

    begun.refresh_from_db()
    assert response.status_code == 409
    assert begun.name == "mnist"
    assert 'value="typed-here"' in response.content.decode()
    assert b'name="version" value="5"' in response.content  # going on from here keeps what is seen


def test_a_stale_confirmation_submits_nothing(as_alice: Client, alice: User) -> None:
    begun = draft(alice)

    response = as_alice.post(step(begun, "confirm"), {"version": begun.version - 1, "key": uuid4()})

    assert response.status_code == 409
    assert not Operation.objects.exists()


def test_a_double_click_submits_once(as_alice: Client, alice: User) -> None:
    begun = draft(alice)
    data = {"version": begun.version, "key": uuid4()}

    first = as_alice.post(step(begun, "confirm"), data)
    second = as_alice.post(step(begun, "confirm"), data)

    assert first.url == second.url == step(begun, "done")
    assert Operation.objects.count() == 1


def test_a_submitted_draft_leads_to_what_became_of_it(as_alice: Client, alice: User) -> None:
    begun = draft(alice)
    as_alice.post(step(begun, "confirm"), {"version": begun.version, "key": uuid4()})

    for name in ("basics", "roles", "confirm"):
        assert as_alice.get(step(begun, name)).url == step(begun, "done")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"state": "succeeded", "uid": "u-1"}, "was created in vision"),
        ({"state": "failed", "message": "exceeded quota: <b>"}, "exceeded quota: &lt;b&gt;"),
        ({"state": "accepted", "reason": "away"}, "waits for the cluster"),
        ({"state": "needs-confirmation", "reason": "waited"}, "waits for your answer"),
    ],
)
def test_what_became_of_it(as_alice: Client, alice: User, changes: dict[str, Any], words: str) -> None:
    begun = draft(alice)
    as_alice.post(step(begun, "confirm"), {"version": begun.version, "key": uuid4()})
    Operation.objects.update(**changes)

    page = as_alice.get(step(begun, "done")).content.decode()

    assert words in page
    assert ("every 1s" in page) is (changes["state"] in {"accepted", "needs-confirmation"})


def test_a_question_is_answered(as_alice: Client, alice: User) -> None:
    begun = draft(alice)
    as_alice.post(step(begun, "confirm"), {"version": begun.version, "key": uuid4()})
    operation = Operation.objects.get()
    Operation.objects.update(state="needs-confirmation", reason="waited")

    as_alice.post(reverse("operation-decide", args=[operation.key]), {"answer": "do"})

    operation.refresh_from_db()
    assert operation.state == "accepted"


def test_a_type_that_is_not_served_is_shown_with_the_reason(as_alice: Client, alice: User) -> None:
    rows.watcher_is_up_to_date()
    Watch.objects.filter(resource="mxjobs.kubeflow.org").update(served=False)

    page = as_alice.get(reverse("wizard-start")).content.decode()
    refused = as_alice.post(reverse("wizard-start"), {"framework": "mxnet", "mode": "distributed"})

    assert "This cluster does not know MXJob" in page
    assert refused.status_code == 422
    assert not Draft.objects.exists()


def test_while_the_cluster_is_away_the_wizard_goes_on(as_alice: Client, alice: User, reviewer: ApiServer) -> None:
    begun = draft(alice)
    forget_reviews()
    reviewer.on("POST", REVIEWS, Answer(503, status(503, "ServiceUnavailable", "etcd is away")))

    saved = as_alice.post(step(begun, "basics"), basics(begun, name="kept"))
    begun.refresh_from_db()
    submitted = as_alice.post(step(begun, "confirm"), {"version": begun.version, "key": uuid4()})

    assert (saved.status_code, begun.name) == (302, "kept")
    assert submitted.url == step(begun, "done")
    assert Operation.objects.get().state == "accepted"


@pytest.mark.parametrize("name", ["basics", "roles", "advanced", "confirm", "done"])
def test_somebody_elses_draft_does_not_exist(client: Client, alice: User, name: str) -> None:
    begun = draft(alice)
    client.force_login(person("mallory"))

    assert client.get(step(begun, name)).status_code == 404
    assert client.post(step(begun, name), {"version": 1, "key": uuid4()}).status_code == 404
    for page in ("wizard-name-check", "wizard-preflight"):
        assert client.get(reverse(page, args=[begun.key])).status_code == 404
    assert client.post(reverse("draft-delete", args=[begun.key])).status_code == 404
    assert Draft.objects.filter(pk=begun.pk).exists()


def test_strangers_sign_in_first(client: Client, alice: User) -> None:
    begun = draft(alice)

    for address in (reverse("wizard-start"), step(begun, "basics"), reverse("wizard-preflight", args=[begun.key])):
        assert client.get(address).url.startswith(reverse("sign-in"))


def test_a_draft_is_thrown_away(as_alice: Client, alice: User) -> None:
    begun = draft(alice)

    response = as_alice.post(reverse("draft-delete", args=[begun.key]))

    assert response.url == reverse("task-list", args=["vision"])
    assert not Draft.objects.exists()


def test_unknown_steps_and_modes_do_not_exist(as_alice: Client, alice: User) -> None:
    begun = draft(alice)

    assert as_alice.get(step(begun, "nowhere")).status_code == 404
    assert as_alice.post(step(begun, "roles"), roles(begun) | {"mode": "ring"}).status_code == 404


@pytest.mark.parametrize("key", ["", "x", "1' or 1=1"])
def test_a_broken_key_is_a_bad_request(as_alice: Client, alice: User, key: str) -> None:
    begun = draft(alice)

    assert as_alice.post(step(begun, "confirm"), {"version": begun.version, "key": key}).status_code == 400
