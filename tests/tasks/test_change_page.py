from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from console.index.models import Task
from tasks.models import Operation
from tasks.queries.operations import FAILURES_SHOWN
from tests.tasks import rows
from tests.tasks.operations import asked

pytestmark = pytest.mark.django_db(databases=["default", "index"])
CHANGE = "/n/vision/tasks/change/"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def task(vision: str) -> Task:
    return rows.task("mnist")


def test_the_question_names_what_would_be_deleted(alice: Client, task: Task) -> None:
    other = rows.task("bert")

    page = alice.get(CHANGE, {"verb": "delete", "uid": [task.uid, other.uid]}).content.decode()
    dialog = alice.get(CHANGE, {"verb": "delete", "uid": [task.uid]}, headers=HTMX).content.decode()

    assert "Delete these tasks?" in page
    assert "mnist" in page
    assert "bert" in page
    assert dialog.strip().startswith('<dialog id="question"')
    assert "Delete this task?" in dialog
    assert not Operation.objects.exists()


def test_an_answer_asks_for_one_operation_a_task_and_goes_back(alice: Client, task: Task) -> None:
    response = alice.post(CHANGE, {"verb": "suspend", "uid": [task.uid], "key": uuid4(), "from": task.uid})

    operation = Operation.objects.get()
    assert (operation.verb, operation.name, operation.asked_by.username) == ("suspend", "mnist", "alice")
    assert response["Location"] == f"/n/vision/tasks/{task.uid}/"


def test_a_double_click_asks_once(alice: Client, task: Task) -> None:
    answer = {"verb": "delete", "uid": [task.uid], "key": uuid4()}

    alice.post(CHANGE, answer)
    alice.post(CHANGE, answer)

    assert Operation.objects.count() == 1


def test_a_key_of_another_question_is_refused(alice: Client, task: Task) -> None:
    key = uuid4()
    alice.post(CHANGE, {"verb": "delete", "uid": [task.uid], "key": key})

    response = alice.post(CHANGE, {"verb": "suspend", "uid": [task.uid], "key": key})

    assert response.status_code == 400
    assert Operation.objects.count() == 1


def test_an_open_page_stays_and_looks_again(alice: Client, task: Task) -> None:
    answer = {"verb": "suspend", "uid": [task.uid], "key": uuid4()}

    response = alice.post(CHANGE, answer, headers=HTMX)

    assert response.status_code == 204
    assert all(event in response["HX-Trigger"] for event in ("close-dialog", "operations-changed", "tasks-changed"))


def test_deleting_from_the_tasks_own_page_leaves_it(alice: Client, task: Task) -> None:
    answer = {"verb": "delete", "uid": [task.uid], "key": uuid4(), "from": task.uid}

    assert alice.post(CHANGE, answer, headers=HTMX)["HX-Redirect"] == "/n/vision/tasks/"


def test_what_would_change_nothing_is_left_out(alice: Client, task: Task) -> None:
    ended = rows.task("bert", phase="succeeded")

    page = alice.get(CHANGE, {"verb": "suspend", "uid": [task.uid, ended.uid]}).content.decode()
    alice.post(CHANGE, {"verb": "suspend", "uid": [task.uid, ended.uid], "key": uuid4()})

    assert "1 selected task is left out" in page
    assert [operation.name for operation in Operation.objects.all()] == ["mnist"]


@pytest.mark.parametrize("verb", ["suspend", "resume", "delete"])
def test_a_viewer_is_refused_with_the_reason(carol: Client, task: Task, verb: str) -> None:
    response = carol.post(CHANGE, {"verb": verb, "uid": [task.uid], "key": uuid4()})

    assert response.status_code == 403
    assert b"you do not have the right in vision" in response.content
    assert b"no role gives it" in response.content
    assert not Operation.objects.exists()


def test_a_refusal_comes_as_words_for_an_open_page(carol: Client, task: Task) -> None:
    response = carol.get(CHANGE, {"verb": "delete", "uid": [task.uid]}, headers=HTMX)

    assert response["Content-Type"] == "text/plain; charset=utf-8"


def test_a_stranger_gets_404(mallory: Client, task: Task) -> None:
    assert mallory.post(CHANGE, {"verb": "delete", "uid": [task.uid], "key": uuid4()}).status_code == 404


def test_who_is_not_signed_in_changes_nothing(client: Client, task: Task) -> None:
    response = client.post(CHANGE, {"verb": "delete", "uid": [task.uid], "key": uuid4()})

    assert response["Location"].startswith("/sign-in/")
    assert not Operation.objects.exists()


def test_tasks_of_another_namespace_are_out_of_reach(alice: Client, vision: str) -> None:
    elsewhere = rows.task("mnist", namespace="nlp")

    assert alice.post(CHANGE, {"verb": "delete", "uid": [elsewhere.uid], "key": uuid4()}).status_code == 404


@pytest.mark.parametrize("wrong", [{"verb": "explode"}, {"key": "no-key"}, {"uid": [str(n) for n in range(101)]}])
def test_what_no_page_of_ours_sends_is_refused(alice: Client, task: Task, wrong: dict[str, object]) -> None:
    answer = {"verb": "delete", "uid": [task.uid], "key": uuid4(), **wrong}

    assert alice.post(CHANGE, answer).status_code == 400
    assert alice.put(CHANGE).status_code == 405


def test_deleting_a_pod_warns_and_then_asks_for_it(alice: Client, task: Task) -> None:
    pod = rows.pod(task)
    url = f"/n/vision/tasks/{task.uid}/pods/{pod.uid}/delete/"

    question = alice.get(url).content.decode()
    response = alice.post(url, {"key": uuid4()})

    assert "Most tasks fail when one of their pods goes" in question
    assert response["Location"] == f"/n/vision/tasks/{task.uid}/roles/Worker/"
    assert Operation.objects.get().verb == "delete-pod"


def test_a_viewer_deletes_no_pod(carol: Client, task: Task) -> None:
    pod = rows.pod(task)

    assert carol.post(f"/n/vision/tasks/{task.uid}/pods/{pod.uid}/delete/", {"key": uuid4()}).status_code == 403


def test_open_operations_are_polled_until_none_is_open(alice: Client, task: Task) -> None:
    alice.post(CHANGE, {"verb": "delete", "uid": [task.uid], "key": uuid4()})
    waiting = alice.get("/n/vision/operations/")
    Operation.objects.update(state=Operation.State.SUCCEEDED)
    settled = alice.get("/n/vision/operations/")

    assert b"every 1s" in waiting.content
    assert b"mnist" in waiting.content
    assert b"every 1s" not in settled.content
    assert b"every 10s" in settled.content  # what another window asks for shows here, too
    assert "tasks-changed" in settled["HX-Trigger"]


def test_a_failure_goes_from_an_open_page_by_itself(alice: Client, task: Task) -> None:
    failed = asked(User.objects.get(username="alice"), state="failed", settled_at=timezone.now())
    shown = alice.get("/n/vision/operations/")
    Operation.objects.filter(pk=failed.pk).update(settled_at=timezone.now() - FAILURES_SHOWN)
    later = alice.get("/n/vision/operations/")

    assert b"every 10s" in shown.content
    assert b"operation-list" in shown.content
    assert b"operation-list" not in later.content


def test_what_waited_too_long_is_answered_by_who_asked(alice: Client, carol: Client, task: Task) -> None:
    alice.post(CHANGE, {"verb": "delete", "uid": [task.uid], "key": uuid4()})
    Operation.objects.update(state=Operation.State.NEEDS_CONFIRMATION, reason=Operation.Reason.WAITED)
    url = f"/n/vision/operations/{Operation.objects.get().key}/answer/"

    assert carol.post(url, {"answer": "yes"}).status_code == 404
    assert alice.post(url, {"answer": "perhaps"}).status_code == 400
    alice.post(url, {"answer": "yes"})
    assert Operation.objects.get().state == Operation.State.ACCEPTED
    alice.post(url, {"answer": "no"})
    assert Operation.objects.get().reason == Operation.Reason.WITHDRAWN
