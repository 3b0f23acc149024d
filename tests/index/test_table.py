from datetime import UTC, datetime

import pytest

from console.index.models import Event, Node, Pod, Task
from console.index.table import upsert

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "index"])

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


def pod(version: int, **values: object) -> Pod:
    return Pod(uid="p", task_uid="t", namespace="vision", name="a", created_at=NOON, resource_version=version, **values)


def event(count: int, version: int) -> Event:
    return Event(
        task_uid="t",
        created_at=NOON,
        uid="e",
        namespace="vision",
        object_uid="p",
        count=count,
        first_at=NOON,
        last_at=NOON,
        message="m",
        resource_version=version,
    )


def test_values_come_back_as_they_were_given(index: str) -> None:
    upsert([pod(7, containers=[{"name": "tensorflow", "exit_code": None}], ready=True, started_at=NOON)])

    row = Pod.objects.get()
    assert row.containers == [{"name": "tensorflow", "exit_code": None}]
    assert row.ready is True
    assert row.started_at == NOON
    assert row.finished_at is None


def test_a_newer_version_overwrites(index: str) -> None:
    upsert([pod(7, node="one")])
    upsert([pod(8, node="two")])

    assert [(row.node, row.resource_version) for row in Pod.objects.all()] == [("two", 8)]


def test_an_older_version_does_not(index: str) -> None:
    upsert([pod(8, node="two")])
    upsert([pod(7, node="one")])

    assert [(row.node, row.resource_version) for row in Pod.objects.all()] == [("two", 8)]


def test_an_event_that_came_again_is_one_row(index: str) -> None:
    upsert([event(1, 10)])
    upsert([event(5, 11)])

    assert [row.count for row in Event.objects.all()] == [5]


def test_a_nul_in_the_clusters_words_is_no_reason_to_stop(index: str) -> None:
    upsert([pod(1, message="a\0b", containers=[{"message": "a\0b"}])])

    assert Pod.objects.count() == 1


def test_a_name_is_a_key_as_good_as_a_uid(index: str) -> None:
    upsert([Node(name="one", gpus=8, resource_version=1)])
    upsert([Node(name="one", gpus=4, resource_version=2)])

    assert [(node.name, node.gpus) for node in Node.objects.all()] == [("one", 4)]


def test_nothing_to_write_is_fine(index: str) -> None:
    upsert([])

    assert not Task.objects.exists()
