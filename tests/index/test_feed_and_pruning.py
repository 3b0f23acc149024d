from datetime import UTC, datetime, timedelta

import pytest

from console.index import changes, facets
from console.index.changes import Note
from console.index.models import Change, Event, Facet, Task, TaskObject
from console.index.pruning import EVENTS_OF_AN_OBJECT, cap_events, prune
from console.index.table import upsert

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "index"])

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
A, B = Note("a", "vision", Change.Kind.TASK), Note("b", "vision", Change.Kind.POD)


def event(uid: str, at: datetime, object_uid: str = "p") -> Event:
    times = {"created_at": at, "first_at": at, "last_at": at}
    return Event(task_uid="t", uid=uid, namespace="vision", object_uid=object_uid, message="", **times)


def task(uid: str, phase: str) -> Task:
    return Task(uid=uid, namespace="vision", name=uid, framework="mpi", phase=phase, created_at=NOON)


def test_a_note_is_one_line_however_often_it_was_made(index: str) -> None:
    assert changes.append([A, B, A], at=NOON) == 2

    assert [(change.kind, change.task_uid) for change in Change.objects.order_by("seq")] == [
        ("task", "a"),
        ("pod", "b"),
    ]


def test_the_feed_forgets_what_is_older_than_ten_minutes(index: str) -> None:
    changes.append([A], at=NOON - timedelta(minutes=11))
    changes.append([B], at=NOON)

    assert changes.prune(NOON) == 1
    assert [change.task_uid for change in Change.objects.all()] == ["b"]


def test_the_feed_is_never_empty_once_it_began(index: str) -> None:
    changes.append([A], at=NOON - timedelta(days=1))

    assert changes.prune(NOON) == 0
    assert Change.objects.count() == 1


def test_numbers_are_not_used_again(index: str) -> None:
    changes.append([A], at=NOON)
    first = Change.objects.get().seq
    Change.objects.all().delete()
    changes.append([A], at=NOON)

    assert Change.objects.get().seq == first + 1


def test_events_live_a_day_after_they_last_came(index: str) -> None:
    old = event("old", NOON - timedelta(hours=30))
    again = event("again", NOON - timedelta(hours=30))
    again.last_at = NOON - timedelta(hours=1)
    upsert([old, again, event("new", NOON)])

    assert prune(NOON) == 1
    assert set(Event.objects.values_list("uid", flat=True)) == {"again", "new"}


def test_objects_are_remembered_as_long_as_their_events(index: str) -> None:
    upsert(
        [
            TaskObject(uid="gone", task_uid="t", namespace="vision", name="a", gone_at=NOON - timedelta(hours=25)),
            TaskObject(uid="late", task_uid="t", namespace="vision", name="a", gone_at=NOON - timedelta(hours=1)),
            TaskObject(uid="here", task_uid="t", namespace="vision", name="a"),
        ]
    )
    prune(NOON)

    assert set(TaskObject.objects.values_list("uid", flat=True)) == {"late", "here"}


def test_one_object_cannot_fill_the_archive(index: str) -> None:
    many = EVENTS_OF_AN_OBJECT + 20
    upsert([event(f"{i:04}", NOON + timedelta(seconds=i)) for i in range(many)])
    upsert([event("other", NOON, object_uid="q")])

    assert cap_events({"p", "q"}) == 20
    assert Event.objects.filter(object_uid="p").order_by("last_at").values_list("uid", flat=True)[0] == "0020"
    assert Event.objects.filter(object_uid="q").count() == 1


def test_facets_add_up(index: str) -> None:
    facets.adjust({("vision", "mpi", "running"): 2, ("vision", "mpi", "failed"): 0})
    facets.adjust({("vision", "mpi", "running"): -1, ("vision", "mpi", "succeeded"): 1})

    counts = Facet.objects.values_list("phase", "tasks")
    assert dict(counts) == {"running": 1, "succeeded": 1}


def test_counting_anew_puts_any_mistake_right(index: str) -> None:
    upsert([task("a", "running"), task("b", "running")])
    facets.adjust({("vision", "mpi", "running"): 7, ("nlp", "mpi", "failed"): 3})

    facets.count_anew()

    assert list(Facet.objects.values_list("namespace", "phase", "tasks")) == [("vision", "running", 2)]
