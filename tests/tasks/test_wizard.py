"""The wizard by plain GET and POST, as a browser without scripts has it: from the first page to what became of it."""

from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.db.models import F
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from console.index.models import Watch
from namespaces.access import forget_reviews
from tasks.models import Draft, Operation
from tasks.wizard.standing import first_open
from tasks.wizard.steps import CONFIRM, ROLES
from tests.cluster.api_server import Answer, ApiServer, status
from tests.tasks import rows
from tests.tasks.drafts import draft
from tests.tasks.people import person
from tests.tasks.reviews import REVIEWS, reviewer
from tests.tasks.wizard_steps import advanced, alice, as_alice, basics, roles, step

__all__ = ["alice", "as_alice", "reviewer"]
pytestmark = pytest.mark.django_db(databases=["default", "index"])


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


def test_going_back_keeps_what_is_half_typed(as_alice: Client, alice: User) -> None:
    begun = draft(alice)

    response = as_alice.post(step(begun, "advanced"), advanced(begun, backoff_limit="many", go="back"))

    begun.refresh_from_db()
    assert response.url == step(begun, "roles")
    assert begun.entries["advanced"]["backoff_limit"] == "many"


@pytest.mark.parametrize("go", ["back", "stay"])
def test_a_step_that_was_done_stays_done_on_the_way_back(as_alice: Client, alice: User, go: str) -> None:
    begun = draft(alice)

    as_alice.post(step(begun, "roles"), roles(begun, go=go, **{"Worker-replicas": "2"}))

    begun.refresh_from_db()
    assert begun.entries["roles"]["Worker"]["replicas"] == "2"
    assert first_open(begun) is CONFIRM


def test_next_takes_a_step_back_in_which_something_is_wrong_by_now(as_alice: Client, alice: User) -> None:
    begun = draft(alice)

    as_alice.post(step(begun, "roles"), roles(begun, **{"Worker-replicas": "0"}))

    begun.refresh_from_db()
    assert first_open(begun) is ROLES


@pytest.mark.parametrize("pressed", [{"mode": "single"}, {"go": "next"}])
def test_a_window_that_is_quicker_between_two_writes_is_noticed_too(
    as_alice: Client, alice: User, pressed: dict[str, str]
) -> None:
    """After the step is saved, and before the mode is switched or the step counts as done."""
    begun = draft(alice, "tensorflow", "ps-worker")
    saves = 0

    def quicker(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal saves
        answer = execute(sql, params, many, context)
        if sql.startswith("UPDATE") and "tasks_draft" in sql:
            saves += 1
            if saves == 1:
                Draft.objects.filter(pk=begun.pk).update(version=F("version") + 1)
        return answer

    with connection.execute_wrapper(quicker):
        response = as_alice.post(step(begun, "roles"), roles(begun, "PS", "Worker", **pressed))

    assert response.status_code == 409
    assert "changed in another window" in response.content.decode()


def test_a_step_cannot_be_skipped(as_alice: Client, alice: User) -> None:
    begun = draft(alice)
    Draft.objects.filter(pk=begun.pk).update(steps_done=["basics"])

    for name in ("advanced", "confirm"):
        assert as_alice.get(step(begun, name)).url == step(begun, "roles") + "?show=errors"


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


def test_a_double_click_on_next_is_no_other_window(as_alice: Client, alice: User) -> None:
    begun = draft(alice)
    typed = basics(begun, name="twice")

    first, second = (as_alice.post(step(begun, "basics"), typed) for _ in range(2))

    assert first.url == second.url == step(begun, "roles")


def test_more_than_the_console_takes_is_answered_by_a_page_that_says_what_to_do(
    as_alice: Client, alice: User, settings: Settings
) -> None:
    begun = draft(alice)
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000

    large = as_alice.post(step(begun, "basics"), basics(begun, description="x" * 1000))
    settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = 3
    many = as_alice.post(step(begun, "basics"), basics(begun, description=""))

    for answer in (large, many):
        assert answer.status_code == 413
        assert "<h1" in answer.content.decode()
        assert "Go back in the browser" in answer.content.decode()


def test_the_states_of_the_roles_are_those_that_are_saved(as_alice: Client, alice: User) -> None:
    begun = draft(alice, "tensorflow", "single")
    begun.entries["roles"]["Worker"]["replicas"] = ""
    begun.save()

    states = as_alice.get(reverse("wizard-role-states", args=[begun.key])).content.decode()

    assert 'class="role-state role-state-incomplete" id="state-Worker" hx-swap-oob' in states
    assert 'class="role-state role-state-off" id="state-Evaluator" hx-swap-oob' in states


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
        ({"state": "accepted", "reason": "operator"}, "waits for the training operator"),
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
    for page in ("wizard-name-check", "wizard-preflight", "wizard-role-states"):
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
