"""What a request writes down: once, with the person's identity, whatever the number of clicks."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db import connections
from pytest_django import DjangoCaptureOnCommitCallbacks

from console.index.models import Task
from tasks import actions
from tasks.models import Draft, Operation
from tasks.queries.drafts import draft_of, drafts_beside, unfinished_drafts
from tasks.queries.operations import open_operations
from tasks.specification import Code
from tests.cluster.api_server import ApiServer
from tests.tasks import rows
from tests.tasks.drafts import draft
from tests.tasks.engines import console, postgres_console
from tests.tasks.people import person
from tests.tasks.reviews import reviewer, says

__all__ = ["console", "postgres_console", "reviewer"]
both = pytest.mark.django_db(databases=["default", "index"])
side_by_side = pytest.mark.django_db(databases=["default", "index"], transaction=True)


@pytest.fixture
def alice(reviewer: ApiServer, db: None) -> User:
    rows.namespace("vision")
    return person("alice", "team-vision")


@pytest.fixture
def vision_tasks(transactional_db: None) -> list[Task]:
    rows.namespace("vision")
    return [rows.task("a"), rows.task("b")]


@both
def test_a_submit_writes_the_manifest_and_who_asked(alice: User) -> None:
    key = uuid4()

    operation = actions.request_submit(draft(alice), by=alice, key=key)

    assert (operation.state, operation.kind, operation.namespace, operation.name) == (
        "accepted",
        "PyTorchJob",
        "vision",
        "mnist",
    )
    assert operation.identity == {"user": "alice", "groups": ["team-vision"]}
    assert operation.manifest["metadata"]["labels"]["trainyard.io/operation"] == str(key)
    assert operation.manifest["metadata"]["annotations"]["trainyard.io/owner"] == "alice"
    assert open_operations("vision", alice) == [operation]


@both
def test_the_same_key_and_the_same_draft_are_one_operation(alice: User) -> None:
    begun, key = draft(alice), uuid4()
    first = actions.request_submit(begun, by=alice, key=key)

    again = actions.request_submit(Draft.objects.get(pk=begun.pk), by=alice, key=key)
    from_another_window = actions.request_submit(Draft.objects.get(pk=begun.pk), by=alice, key=uuid4())

    assert again == from_another_window == first
    assert Operation.objects.count() == 1


@both
def test_a_key_is_for_one_wish_of_one_person(alice: User) -> None:
    bob, key = person("bob", "team-nlp"), uuid4()
    actions.request_submit(draft(alice), by=alice, key=key)

    with pytest.raises(actions.KeyReused):
        actions.request_submit(draft(alice, name="other"), by=alice, key=key)
    with pytest.raises(actions.KeyReused):
        actions.request_submit(draft(bob, name="other"), by=bob, key=key)


@both
def test_a_draft_with_a_blocking_finding_is_not_asked_for(alice: User) -> None:
    with pytest.raises(actions.NotReady) as caught:
        actions.request_submit(draft(alice, name="Bad"), by=alice, key=uuid4())

    assert [(finding.path, finding.code) for finding in caught.value.findings] == [("name", Code.NAME_START)]
    assert not Operation.objects.exists()


@both
def test_rights_are_looked_at_again(alice: User, reviewer: ApiServer) -> None:
    begun = draft(alice)
    says(reviewer, allowed=False)

    with pytest.raises(actions.NotReady) as caught:
        actions.request_submit(begun, by=alice, key=uuid4())

    assert [finding.code for finding in caught.value.findings] == [Code.NAMESPACE_UNKNOWN]


@both
def test_two_drafts_of_one_name_and_different_types_make_one_task(alice: User) -> None:
    actions.request_submit(draft(alice), by=alice, key=uuid4())

    with pytest.raises(actions.NotReady) as caught:
        actions.request_submit(draft(alice, "mpi", "allreduce"), by=alice, key=uuid4())

    assert [finding.code for finding in caught.value.findings] == [Code.NAME_TAKEN]


@both
def test_after_a_failure_the_draft_is_open_again_and_can_be_submitted(alice: User) -> None:
    begun = draft(alice)
    failed = actions.request_submit(begun, by=alice, key=uuid4())
    Operation.objects.filter(pk=failed.pk).update(state="failed")
    begun = draft_of(alice, begun.key)
    assert begun is not None

    second = actions.request_submit(begun, by=alice, key=uuid4())

    assert second != failed
    assert Draft.objects.get(pk=begun.pk).operation == second


@both
def test_a_draft_that_changed_meanwhile_is_not_submitted(alice: User) -> None:
    begun = draft(alice)
    Draft.objects.filter(pk=begun.pk).update(version=2)

    with pytest.raises(actions.StaleDraft):
        actions.request_submit(begun, by=alice, key=uuid4())


@both
def test_a_draft_that_was_deleted_meanwhile_is_not_submitted(alice: User) -> None:
    begun = draft(alice)
    Draft.objects.filter(pk=begun.pk).delete()

    with pytest.raises(actions.StaleDraft):
        actions.request_submit(begun, by=alice, key=uuid4())
    assert not Operation.objects.exists()


@both
def test_a_lost_broker_is_no_error(
    alice: User, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True) as callbacks:  # there is no broker here at all
        operation = actions.request_submit(draft(alice), by=alice, key=uuid4())

    assert len(callbacks) == 1
    assert operation.state == "accepted"


@pytest.mark.slow
@side_by_side
@pytest.mark.usefixtures("console")
def test_twenty_submits_at_once_are_one_operation(reviewer: ApiServer) -> None:
    rows.namespace("vision")
    alice = person("alice", "team-vision")
    begun, key = draft(alice), uuid4()

    def submit(_: int) -> int:
        try:
            return actions.request_submit(Draft.objects.get(pk=begun.pk), by=alice, key=key).pk
        finally:
            connections.close_all()

    with ThreadPoolExecutor(5) as pool:
        found = set(pool.map(submit, range(20)))

    assert len(found) == 1
    assert Operation.objects.count() == 1


@both
def test_changes_are_one_operation_a_task(alice: User) -> None:
    tasks, key = [rows.task("a"), rows.task("b")], uuid4()

    first = actions.request_changes("delete", tasks, by=alice, key=key)
    again = actions.request_changes("delete", tasks[:1], by=alice, key=key)  # the other one is gone by now

    assert [(operation.verb, operation.uid, operation.name) for operation in first] == [
        ("delete", tasks[0].uid, "a"),
        ("delete", tasks[1].uid, "b"),
    ]
    assert again == first[:1]
    assert len({operation.key for operation in first}) == 2


@both
def test_a_key_of_changes_is_not_used_for_something_else(alice: User) -> None:
    task, key = rows.task("a"), uuid4()
    actions.request_changes("suspend", [task], by=alice, key=key)

    with pytest.raises(actions.KeyReused):
        actions.request_changes("delete", [task], by=alice, key=key)
    with pytest.raises(actions.KeyReused):
        actions.request_changes("suspend", [rows.task("b")], by=alice, key=key)


@both
def test_a_pod_is_deleted_once(alice: User) -> None:
    task, key = rows.task("a"), uuid4()
    pod = rows.pod(task)

    first = actions.request_pod_deletion(pod, by=alice, key=key)
    again = actions.request_pod_deletion(pod, by=alice, key=key)

    assert first == again
    assert (first.kind, first.uid, first.task_uid) == ("Pod", pod.uid, task.uid)


@pytest.mark.slow
@side_by_side
@pytest.mark.usefixtures("console")
def test_twenty_clicks_at_once_are_one_operation_a_task(vision_tasks: list[Task]) -> None:
    alice, key = person("alice", "team-vision"), uuid4()
    at_once = Barrier(5, timeout=30)

    def click(_: int) -> list[int]:
        try:
            at_once.wait()
            return [found.pk for found in actions.request_changes("delete", vision_tasks, by=alice, key=key)]
        finally:
            connections.close_all()

    with ThreadPoolExecutor(5) as pool:
        found = list(pool.map(click, range(20)))

    assert len({tuple(pks) for pks in found}) == 1
    assert Operation.objects.count() == 2


@pytest.mark.slow
@side_by_side
@pytest.mark.usefixtures("console")
def test_twenty_clicks_at_once_delete_a_pod_once(vision_tasks: list[Task]) -> None:
    alice, key, pod = person("alice", "team-vision"), uuid4(), rows.pod(vision_tasks[0])
    at_once = Barrier(5, timeout=30)

    def click(_: int) -> int:
        try:
            at_once.wait()
            return actions.request_pod_deletion(pod, by=alice, key=key).pk
        finally:
            connections.close_all()

    with ThreadPoolExecutor(5) as pool:
        found = set(pool.map(click, range(20)))

    assert len(found) == Operation.objects.count() == 1


# --- drafts


@both
def test_two_windows_never_overwrite_each_other(alice: User) -> None:
    begun = draft(alice)
    other_window = Draft.objects.get(pk=begun.pk)
    actions.save_step(begun, step="basics", entries={"name": "first"}, version=1, done=True)

    with pytest.raises(actions.StaleDraft):
        actions.save_step(other_window, step="basics", entries={"name": "second"}, version=1, done=True)

    assert (Draft.objects.get(pk=begun.pk).name, begun.version) == ("first", 2)


@both
def test_a_submitted_draft_is_closed(alice: User) -> None:
    begun = draft(alice)
    actions.request_submit(begun, by=alice, key=uuid4())

    with pytest.raises(actions.StaleDraft):
        actions.save_step(begun, step="basics", entries={}, version=begun.version, done=True)
    assert unfinished_drafts(alice) == []


@both
def test_drafts_are_their_owners(alice: User) -> None:
    begun = draft(alice)
    mallory = person("mallory")

    assert draft_of(mallory, begun.key) is None
    assert unfinished_drafts(mallory) == []
    assert drafts_beside("vision", alice, seen=list) == [begun]
    assert drafts_beside("nlp", alice, seen=lambda: ["vision", "nlp"]) == []
