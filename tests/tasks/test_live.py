import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator
from django.contrib.sessions.models import Session
from django.test import Client

from console.index import changes
from console.index.changes import Note
from console.index.models import Change, Task
from console.people.models import Person
from console.web import sse
from console.web.hub import RING_SIZE
from tasks.live.application import LiveApplication
from tasks.live.rows import Rows
from tests.tasks import rows

pytestmark = [
    pytest.mark.django_db(transaction=True, databases=["default", "index"], reset_sequences=True),
    pytest.mark.slow,
]
LIST = "/live/n/vision/tasks/"


@dataclass
class Browser:
    """A browser's end of a stream."""

    communicator: ApplicationCommunicator

    async def status(self) -> int:
        return int((await self.communicator.receive_output(timeout=15))["status"])

    async def event(self) -> dict[str, str]:
        """The next event, by field; empty when the server has ended the stream."""
        body = (await self.communicator.receive_output(timeout=15))["body"].decode()
        fields: dict[str, str] = {}
        for line in filter(None, body.splitlines()):
            name, _, value = line.partition(":")
            fields[name] = fields.get(name, "") + value.removeprefix(" ")
        return fields


Open = Callable[..., Awaitable[Browser]]


@pytest.fixture
async def open_(alice: Client) -> AsyncIterator[Open]:
    """Open a stream of one process, as alice unless told otherwise; all are closed at the end."""
    application: LiveApplication | None = None
    opened: list[ApplicationCommunicator] = []

    async def open_stream(
        url: str, *, browser: Client = alice, headers: dict[str, str] | None = None, **how: Any
    ) -> Browser:
        nonlocal application
        paces = {"poll_seconds": 0.01, "send_seconds": 0, "membership_seconds": 0.01} | how
        application = application or LiveApplication(**paces)
        path, _, query = url.partition("?")
        cookies = "; ".join(f"{morsel.key}={morsel.value}" for morsel in browser.cookies.values())
        sent = {"cookie": cookies} | (headers or {})
        scope = {
            "type": "http",
            "method": "GET",
            "path": path,
            "query_string": query.encode(),
            "headers": [(name.encode(), value.encode()) for name, value in sent.items()],
        }
        communicator = ApplicationCommunicator(application, scope)
        await communicator.send_input({"type": "http.request"})
        opened.append(communicator)
        return Browser(communicator)

    yield open_stream
    for communicator in opened:
        if not communicator.future.done():
            await communicator.send_input({"type": "http.disconnect"})
        await communicator.wait(timeout=15)
    if application is not None:
        application.close()


@pytest.fixture
def task(alice: Client) -> Task:
    return rows.task("mnist")


@sync_to_async
def see(task: Task, kind: Change.Kind = Change.Kind.TASK, **values: Any) -> None:
    """What the watcher does."""
    if values:
        Task.objects.filter(pk=task.pk).update(**values)
    changes.append([Note(task.uid, task.namespace, kind)], at=datetime.now(UTC))


async def test_a_change_arrives_as_one_row_with_its_seq(open_: Open, task: Task) -> None:
    stream = await open_(f"{LIST}?since=0&shown={task.uid}")
    assert await stream.status() == 200
    await see(task, phase="failed")

    event = await stream.event()
    assert event["id"] == "1"
    assert f'<tr id="task-{task.uid}"' in event["data"]
    assert 'hx-swap-oob="outerMorph"' in event["data"]
    assert "failed" in event["data"]


async def test_a_row_speaks_the_language_of_its_reader(open_: Open, task: Task) -> None:
    english = await open_(f"{LIST}?since=0&shown={task.uid}")
    chinese = await open_(f"{LIST}?since=0&shown={task.uid}", headers={"accept-language": "zh-CN"})
    assert [await stream.status() for stream in (english, chinese)] == [200, 200]
    await see(task, phase="failed")

    data = [(await stream.event())["data"] for stream in (english, chinese)]
    assert "failed" in data[0]
    assert "失败" in data[1]


async def test_a_row_is_drawn_once_for_all_who_see_it() -> None:
    drawn: list[frozenset[str]] = []

    async def draw(uids: frozenset[str], language: str) -> dict[str, str]:
        drawn.append(uids)
        await asyncio.sleep(0)
        return {uid: f"<tr>{uid}" for uid in uids}

    drawn_rows = Rows(draw)
    answers = await asyncio.gather(*(drawn_rows.html({"a": 3}, "en", 3) for _ in range(5)))
    await drawn_rows.html({"a": 2, "b": 3}, "en", 3)  # a is newer than asked for
    await drawn_rows.html({"a": 4}, "en", 4)

    assert answers == [["<tr>a"]] * 5
    assert drawn == [{"a"}, {"b"}, {"a"}]


async def test_a_reconnect_goes_on_after_the_last_event_id(open_: Open, task: Task) -> None:
    await see(task)
    await see(task)
    stream = await open_(f"{LIST}?since=0&shown={task.uid}", headers={"last-event-id": "2"})
    await stream.status()
    await see(task)

    assert (await stream.event())["id"] == "3"


async def test_many_changes_of_a_task_are_one_row(open_: Open, task: Task) -> None:
    await see(task)
    await see(task)
    stream = await open_(f"{LIST}?since=0&shown={task.uid}")
    await stream.status()

    event = await stream.event()
    assert (event["id"], event["data"].count("<tr")) == ("2", 1)


async def test_whoever_missed_more_than_the_ring_is_told_to_refresh(open_: Open, task: Task) -> None:
    change = {"kind": "task", "task_uid": task.uid, "namespace": "vision", "at": datetime.now(UTC)}
    await Change.objects.abulk_create([Change(**change) for _ in range(RING_SIZE + 2)])
    stream = await open_(f"{LIST}?since=1&shown={task.uid}")
    await stream.status()

    assert await stream.event() == {"id": str(RING_SIZE + 2), "event": "refresh", "data": ""}


async def test_a_hole_in_the_feed_is_never_papered_over(open_: Open, task: Task) -> None:
    stream = await open_(f"{LIST}?since=0&shown={task.uid}")
    await stream.status()
    await see(task)
    assert (await stream.event())["id"] == "1"
    await Change.objects.filter(seq=1).aupdate(seq=5)  # as if 1 to 4 had been pruned before we read again

    assert await stream.event() == {"id": "5", "event": "refresh", "data": ""}


async def test_a_seq_from_before_the_index_was_rebuilt_is_told_to_refresh(open_: Open, task: Task) -> None:
    stream = await open_(f"{LIST}?since=41&shown=")
    await stream.status()

    assert (await stream.event())["event"] == "refresh"


async def test_rows_that_are_not_shown_are_not_sent_but_the_heartbeat_moves_on(open_: Open, task: Task) -> None:
    await see(task)
    stream = await open_(f"{LIST}?since=0&shown=other", heartbeat_seconds=0.05)
    await stream.status()

    assert await stream.event() == {"id": "1"}


async def test_rows_of_another_namespace_are_not_sent(open_: Open, task: Task) -> None:
    elsewhere = await sync_to_async(rows.task)("secret", namespace="nlp")
    stream = await open_(f"{LIST}?since=0&shown={elsewhere.uid}", heartbeat_seconds=0.05)
    await stream.status()
    await see(elsewhere)

    seen = [await stream.event() for _ in range(2)]
    assert all("data" not in event for event in seen)


@pytest.mark.parametrize("kind", [Change.Kind.APPEARED, Change.Kind.VANISHED])
async def test_the_list_hears_that_tasks_come_and_go(open_: Open, task: Task, kind: Change.Kind) -> None:
    stream = await open_(f"{LIST}?since=0&shown={task.uid}")
    await stream.status()
    other = Task(uid="other", namespace="vision")
    await see(other, kind)

    assert await stream.event() == {"id": "1", "event": "membership", "data": ""}


async def test_a_storm_of_new_tasks_is_told_once_in_a_while(open_: Open, task: Task) -> None:
    stream = await open_(f"{LIST}?since=0&shown=", membership_seconds=30, heartbeat_seconds=0.1)
    await stream.status()
    other = Task(uid="other", namespace="vision")
    events = []
    for _ in range(3):
        await see(other, Change.Kind.APPEARED)
        events.append((await stream.event()).get("event"))

    assert events == ["membership", None, None]


@pytest.mark.parametrize("kind", [Change.Kind.TASK, Change.Kind.POD, Change.Kind.EVENT, Change.Kind.VANISHED])
async def test_a_tasks_page_hears_of_whatever_happens_to_it(open_: Open, task: Task, kind: Change.Kind) -> None:
    stream = await open_(f"{LIST}{task.uid}/?since=0")
    assert await stream.status() == 200
    await see(task, kind)

    assert await stream.event() == {"id": "1", "event": "refresh", "data": ""}


async def test_a_tasks_page_hears_nothing_of_other_tasks(open_: Open, task: Task) -> None:
    other = await sync_to_async(rows.task)("other")
    stream = await open_(f"{LIST}{task.uid}/?since=0", heartbeat_seconds=0.05)
    await stream.status()
    await see(other)

    assert "event" not in await stream.event()


async def test_a_tasks_page_is_told_no_more_often_than_it_can_follow(open_: Open, task: Task) -> None:
    stream = await open_(f"{LIST}{task.uid}/?since=0", send_seconds=1)
    await stream.status()
    await see(task)
    assert (await stream.event())["id"] == "1"
    for _ in range(5):
        await see(task, Change.Kind.POD)

    assert (await stream.event())["id"] == "6"


async def test_a_stranger_is_refused_before_the_stream_starts(open_: Open, mallory: Client) -> None:
    assert await (await open_(f"{LIST}?since=0&shown=", browser=mallory)).status() == 404


async def test_a_namespace_that_is_not_there_looks_the_same(open_: Open) -> None:
    assert await (await open_("/live/n/nowhere/tasks/?since=0&shown=")).status() == 404


async def test_nobody_is_nobody(open_: Open) -> None:
    assert await (await open_(f"{LIST}?since=0&shown=", browser=Client())).status() == 401


async def test_a_login_that_has_ended_is_cut_at_the_next_heartbeat(open_: Open) -> None:
    stream = await open_(f"{LIST}?since=0&shown=", heartbeat_seconds=0.05)
    await stream.status()
    await Session.objects.all().adelete()

    assert not await stream.event() or not await stream.event()  # at most one heartbeat was under way


async def test_a_right_that_was_taken_away_is_cut_at_the_next_heartbeat(open_: Open) -> None:
    stream = await open_(f"{LIST}?since=0&shown=", heartbeat_seconds=0.05)
    await stream.status()
    await Person.objects.all().aupdate(cluster_user="mallory")

    assert not await stream.event() or not await stream.event()


@pytest.mark.parametrize(
    "query",
    ["", "since=x", "since=-1", "since=1&shown=%00", "since=1&shown=" + ",".join(f"u{i}" for i in range(201))],
)
async def test_a_query_the_page_did_not_write_is_400(open_: Open, query: str) -> None:
    assert await (await open_(f"{LIST}?{query}")).status() == 400


@pytest.mark.parametrize("path", ["/live/", "/live/n/vision/", "/live/n/../tasks/", "/live/n/vision/tasks/a/b/"])
async def test_a_path_that_is_no_stream_is_404(open_: Open, path: str) -> None:
    assert await (await open_(f"{path}?since=0")).status() == 404


async def test_a_full_process_says_so(open_: Open) -> None:
    assert await (await open_(f"{LIST}?since=0&shown=", max_streams=0)).status() == 503


async def test_a_page_that_is_left_ends_its_stream(open_: Open) -> None:
    stream = await open_(f"{LIST}?since=0&shown=")
    await stream.status()
    await stream.communicator.send_input({"type": "http.disconnect"})

    await asyncio.wait_for(stream.communicator.wait(timeout=15), 15)
    assert stream.communicator.future.done()


def test_a_line_break_in_a_value_starts_no_field() -> None:
    assert sse.event(7, "a\rid: 99\u2028b") == b"id: 7\ndata: a\ndata: id: 99\ndata: b\n\n"
