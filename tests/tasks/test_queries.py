"""Every read of the pages, on both engines, and what each costs."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext

from console.cluster.resources import EVENT, MXJOB, POD
from console.index.models import Claim, Event, Facet, Leader, Pod, Quota, Task, Watch
from console.index.table import upsert
from tasks import queries
from tasks.queries.tasks import COUNT_LIMIT, SORTS
from tests.index.engines import index, postgres_index

__all__ = ["index", "postgres_index"]
pytestmark = [pytest.mark.django_db(transaction=True, databases=["default", "index"]), pytest.mark.slow]

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
PHASES = ("running", "failed", "succeeded")
FRAMEWORKS = ("tensorflow", "pytorch")


def task(number: int, **values: Any) -> Task:
    """Three of them were made in each second."""
    defaults: dict[str, Any] = {
        "uid": f"uid-{number * 7919 % 10007:05}",
        "namespace": "vision",
        "name": f"mnist-{number:04}",
        "framework": FRAMEWORKS[number % 2],
        "phase": PHASES[number % 3],
        "created_at": NOON + timedelta(seconds=number // 3),
        "resource_version": 1,
    }
    return Task(**(defaults | values))


def names(page: queries.Page) -> list[str]:
    return [row.name for row in page.rows]


@pytest.fixture
def tasks(index: str) -> list[Task]:
    made = [task(number) for number in range(120)]
    upsert([*made, task(500, uid="elsewhere", namespace="nlp", name="secret")])
    return made


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("phase", ["", "failed"])
def test_pages_are_the_whole_list_in_order_without_a_gap(tasks: list[Task], sort: str, phase: str) -> None:
    order = SORTS[sort]
    walked: list[Task] = []
    cursor = ""
    while True:
        page = queries.tasks_in("vision", phase=phase, sort=sort, before=cursor, limit=17)
        walked += page.rows
        cursor = page.next_cursor
        if not cursor:
            break

    whole = list(
        Task.objects.filter(namespace="vision", **({"phase": phase} if phase else {})).order_by(*order.columns)
    )
    assert [row.uid for row in walked] == [row.uid for row in whole]
    assert len(walked) == (40 if phase else 120)


def test_the_newest_come_first(tasks: list[Task]) -> None:
    page = queries.tasks_in("vision")

    assert len(page.rows) == 50
    assert page.rows[0].created_at == max(row.created_at for row in tasks)
    assert page.count == 120
    assert not page.count_is_capped


def test_filters_narrow_and_add_up(tasks: list[Task]) -> None:
    page = queries.tasks_in("vision", framework="pytorch", phase="failed", search="mnist-00")

    wanted = [row for row in tasks if row.framework == "pytorch" and row.phase == "failed" and "-00" in row.name]
    assert page.count == len(wanted) > 0
    assert set(names(page)) == {row.name for row in wanted}


@pytest.mark.parametrize(
    ("search", "found"), [("mnist-0042", 1), ("0042", 1), ("MNIST-0042 ", 1), ("_", 0), ("%", 0), ("\0", 0)]
)
def test_a_name_is_found_by_any_part_of_it(tasks: list[Task], search: str, found: int) -> None:
    assert queries.tasks_in("vision", search=search).count == found


@pytest.mark.parametrize("cursor", ["x", "AAAA", "W10", "WyJhIiwgImIiXQ", "WyIyMDI2IiwgMV0", "é", "a" * 5000])
def test_a_cursor_that_is_none_begins_at_the_start(tasks: list[Task], cursor: str) -> None:
    assert names(queries.tasks_in("vision", before=cursor)) == names(queries.tasks_in("vision"))


def test_an_unknown_sort_is_the_usual_one(tasks: list[Task]) -> None:
    assert names(queries.tasks_in("vision", sort="; DROP TABLE")) == names(queries.tasks_in("vision"))


def test_nobody_counts_beyond_a_thousand(index: str) -> None:
    upsert([task(number) for number in range(COUNT_LIMIT + 5)])

    page = queries.tasks_in("vision")
    assert page.count == COUNT_LIMIT
    assert page.count_is_capped


def test_a_page_costs_as_many_queries_at_the_end_as_at_the_start(tasks: list[Task]) -> None:
    first = queries.tasks_in("vision", limit=100)
    with CaptureQueriesContext(connections["index"]) as start:
        queries.tasks_in("vision", limit=20)
    with CaptureQueriesContext(connections["index"]) as end:
        queries.tasks_in("vision", limit=20, before=first.next_cursor)

    assert len(start) == 2
    assert len(end) <= 3  # the rows that tie with the cursor are asked for apart


def test_each_order_is_an_index(tasks: list[Task], index: str) -> None:
    """No sort and no scan of the table, on any page of any order."""
    if index == "postgresql":
        pytest.skip("its planner scans a table this small whatever the indexes are")
    for name, order in SORTS.items():
        rows = Task.objects.filter(namespace="vision").order_by(*order.columns)
        plan = rows.explain()

        assert "USING INDEX" in plan, name
        assert "TEMP B-TREE" not in plan, name


def test_a_task_of_another_namespace_is_not_there(tasks: list[Task]) -> None:
    assert queries.task_in("vision", tasks[0].uid) is not None
    assert queries.task_in("nlp", tasks[0].uid) is None


def test_a_name_is_taken_whatever_the_type(tasks: list[Task]) -> None:
    assert queries.name_taken("vision", "mnist-0001")
    assert not queries.name_taken("nlp", "mnist-0001")


def test_no_manifest_is_an_empty_one(index: str) -> None:
    assert queries.manifest_of("nothing") == {}


def test_pods_come_by_role_and_number(index: str) -> None:
    for role, number in (("Worker", 10), ("Worker", 2), ("PS", 0)):
        pod = {"uid": f"{role}{number}", "name": "p", "namespace": "vision", "created_at": NOON}
        Pod.objects.create(task_uid="t", role=role, index=number, phase="running", **pod)

    assert [(pod.role, pod.index) for pod in queries.pods_of("t")] == [("PS", 0), ("Worker", 2), ("Worker", 10)]
    assert [pod.index for pod in queries.pods_of("t", "Worker")] == [2, 10]
    assert queries.pod_by_uid("PS0") is not None
    assert queries.pod_by_uid("other") is None


def event(uid: str, minutes_ago: int, **values: Any) -> Event:
    at = datetime.now(UTC) - timedelta(minutes=minutes_ago)
    times = {"created_at": at, "first_at": at, "last_at": at}
    defaults: dict[str, Any] = {"object_uid": "p", "object_name": "mnist-worker-0", "type": "Normal", "message": ""}
    return Event(
        **({"task_uid": "t", "uid": uid, "namespace": "vision", "reason": "Started"} | times | defaults | values)
    )


@pytest.fixture
def events(index: str) -> None:
    upsert(
        [
            event("old", 25 * 60),
            event("first", 120, reason="Scheduled", type="Normal"),
            event("second", 60, reason="Failed", type="Warning", message="Error: 50% of Äpfel"),
            event("third", 5, object_uid="q", object_name="mnist-ps-0"),
            event("noise", 1, reason="RoleBinding is exist"),
            event("other", 1, task_uid="u"),
        ]
    )


def uids(found: list[Event]) -> list[str]:
    return [event.uid for event in found]


def test_events_of_one_second_stand_in_the_clusters_order(index: str) -> None:
    at = datetime.now(UTC)
    times = {"created_at": at, "first_at": at, "last_at": at}
    made = [("b-made", 7), ("c-scheduled", 8), ("a-started", 9)]
    upsert([event(uid, 0, resource_version=version, **times) for uid, version in made])

    assert uids(queries.events_of("t")) == ["a-started", "c-scheduled", "b-made"]
    assert uids(queries.events_of("t", sort="last_at")) == ["b-made", "c-scheduled", "a-started"]


def test_events_of_a_day_newest_first_without_the_noise(events: None) -> None:
    assert uids(queries.events_of("t")) == ["third", "second", "first"]


@pytest.mark.parametrize(
    ("how", "found"),
    [
        ({"since": datetime.now(UTC) - timedelta(minutes=90)}, ["third", "second"]),
        ({"search": "50%"}, ["second"]),
        ({"search": "sched"}, ["first"]),
        ({"search": "ps-0"}, ["third"]),
        ({"search": "\0"}, ["third", "second", "first"]),
        ({"sort": "last_at"}, ["first", "second", "third"]),
        ({"sort": "reason"}, ["second", "first", "third"]),
        ({"sort": "nonsense"}, ["third", "second", "first"]),
        ({"object_uid": "q"}, ["third"]),
        ({"type": "Warning"}, ["second"]),
        ({"limit": 1}, ["third"]),
    ],
)
def test_events_are_narrowed_and_sorted(events: None, how: dict[str, Any], found: list[str]) -> None:
    assert uids(queries.events_of("t", **how)) == found


def test_facets_leave_out_what_there_is_none_of(index: str) -> None:
    Facet.objects.create(namespace="vision", framework="mpi", phase="running", tasks=2)
    Facet.objects.create(namespace="vision", framework="mpi", phase="failed", tasks=0)

    assert queries.facets_in("vision") == [queries.FacetCount("mpi", "running", 2)]


def test_what_is_around_the_tasks(index: str) -> None:
    Claim.objects.create(uid="c", namespace="vision", name="datasets", phase="Bound")
    Quota.objects.create(uid="q", namespace="vision", name="gpu", hard={"requests.nvidia.com/gpu": "8"})

    assert [claim.name for claim in queries.claims_in("vision")] == ["datasets"]
    assert [quota.hard for quota in queries.quotas_in("vision")] == [{"requests.nvidia.com/gpu": "8"}]
    assert queries.claims_in("nlp") == queries.quotas_in("nlp") == queries.nodes() == []


def test_a_type_is_offered_until_the_watcher_knows_better(index: str) -> None:
    assert queries.served_frameworks() == {"tensorflow", "mxnet", "pytorch", "mpi"}
    Watch.objects.create(resource=MXJOB.key, served=False)

    assert queries.served_frameworks() == {"tensorflow", "pytorch", "mpi"}


def heard(resource: str, seconds_ago: float, **values: Any) -> None:
    at = NOON - timedelta(seconds=seconds_ago)
    Watch.objects.update_or_create(resource=resource, defaults={"listed_at": at, "heard_at": at} | values)


def beat(seconds_ago: float) -> None:
    Leader.objects.update_or_create(pk=1, defaults={"beat_at": NOON - timedelta(seconds=seconds_ago)})


def test_nothing_read_yet_has_no_age(index: str) -> None:
    assert queries.staleness(NOON) == queries.Staleness(None, "watcher-away")
    beat(1)
    Watch.objects.create(resource=POD.key)

    assert queries.staleness(NOON) == queries.Staleness(None, "first-list")


def test_a_quiet_cluster_is_fresh(index: str) -> None:
    beat(1)
    heard(POD.key, 70)
    heard(EVENT.key, 7200)  # events have no bookmarks

    assert not queries.staleness(NOON)


@pytest.mark.parametrize(
    ("pod_age", "problem", "beat_age", "age", "words"),
    [
        (40, "connection refused", 1, 40, "connection refused"),
        (2, "connection refused", 1, 0, ""),
        (170, "", 1, 170, "silence"),
        (3, "", 20, 20, "watcher-away"),
    ],
)
def test_what_is_old_says_how_old_and_why(
    index: str, pod_age: float, problem: str, beat_age: float, age: float, words: str
) -> None:
    beat(beat_age)
    heard(POD.key, pod_age, problem=problem)

    found = queries.staleness(NOON)
    assert found == queries.Staleness(age, words)
    assert bool(found) == bool(words)


def test_a_kind_that_is_not_served_makes_nothing_old(index: str) -> None:
    beat(1)
    heard(POD.key, 1)
    heard(MXJOB.key, 4000, served=False)

    assert not queries.staleness(NOON)
