"""The watch against a server that breaks in every way it can. `QUICK` makes its seconds short; no clock is faked."""

import time
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import pytest

from console.cluster import (
    EVENT,
    POD,
    Added,
    Bookmark,
    ClusterUnavailable,
    Deleted,
    Forbidden,
    Listed,
    Modified,
    NotServed,
    Opened,
    Relisting,
    Trouble,
    shapes,
)
from console.cluster.watching import Patience, watch
from tests.cluster.api_server import RESET, Answer, ApiServer, status

QUICK = Patience(silence=0.6, stream=(1, 1), overtime=0.2, at_once=0.4, pause=0.01, pause_max=0.02, not_served=0.01)
PODS = "/api/v1/pods"


def _line(kind: str, name: str, version: int, **more: Any) -> dict[str, Any]:
    metadata = {"name": name, "namespace": "vision", "uid": f"u-{name}", "resourceVersion": str(version)}
    return {"type": kind, "object": {"kind": "Pod", "metadata": metadata, **more}}


def _bookmark(version: int, *, ends_list: bool = False) -> dict[str, Any]:
    annotations = {"annotations": {"k8s.io/initial-events-end": "true"}} if ends_list else {}
    return {"type": "BOOKMARK", "object": {"metadata": {"resourceVersion": str(version), **annotations}}}


def _error(code: int, reason: str) -> dict[str, Any]:
    return {"type": "ERROR", "object": status(code, reason, reason) | {"metadata": {}}}


LIST = [_line("ADDED", "a", 3), _line("ADDED", "b", 7), _bookmark(9, ends_list=True)]
QUIET = Answer(lines=[], then="hang")


async def _first(count: int, *, start: str = "", resource: Any = POD) -> list[Any]:
    """The first happenings, short: ("Added", "a"), ("Listed", "9"). Opened is left out."""
    found: list[Any] = []
    async with aclosing(watch(resource, decoder=shapes.Pod, start=start, patience=QUICK)) as happenings:
        async for happening in _without_opened(happenings):
            found.append(_short(happening))
            if len(found) == count:
                break
    return found


async def _without_opened(happenings: AsyncIterator[Any]) -> AsyncIterator[Any]:
    async for happening in happenings:
        if not isinstance(happening, Opened):
            yield happening


def _short(happening: Any) -> tuple[str, ...]:
    match happening:
        case Added(found) | Modified(found) | Deleted(found):
            return type(happening).__name__, found.metadata.name
        case Listed(version) | Bookmark(version):
            return type(happening).__name__, version
        case Trouble(error):
            return "Trouble", type(error).__name__
        case Relisting() | NotServed():
            return (type(happening).__name__,)
    raise AssertionError(happening)


async def test_a_list_is_streamed_marked_and_gone_on_from(api_server: ApiServer) -> None:
    changes = [_line("MODIFIED", "a", 11), _line("DELETED", "b", 12), _bookmark(20)]
    api_server.on("GET", PODS, Answer(lines=LIST + changes), Answer(lines=[_line("ADDED", "c", 21)], then="hang"))

    happenings = await _first(8)

    assert happenings == [
        ("Relisting",),
        ("Added", "a"),
        ("Added", "b"),
        ("Listed", "9"),
        ("Modified", "a"),
        ("Deleted", "b"),
        ("Bookmark", "20"),
        ("Added", "c"),
    ]
    first, second = (recorded.query for recorded in api_server.recorded)
    assert first["sendInitialEvents"] == "true"
    assert first["resourceVersionMatch"] == "NotOlderThan"
    assert "resourceVersion" not in first
    assert second["resourceVersion"] == "20"
    assert "sendInitialEvents" not in second


async def test_an_object_brings_its_whole_json(api_server: ApiServer) -> None:
    api_server.on("GET", PODS, Answer(lines=[_line("ADDED", "a", 3, spec={"unknown": [1]})], then="hang"))

    async with aclosing(watch(POD, decoder=shapes.Pod, patience=QUICK)) as happenings:
        added = await anext(found async for found in happenings if isinstance(found, Added))

    assert b'"unknown": [1]' in added.raw
    assert added.raw.startswith(b"{")


async def test_a_saved_version_is_resumed_from_without_a_list(api_server: ApiServer) -> None:
    api_server.on("GET", PODS, Answer(lines=[_line("MODIFIED", "a", 43)], then="hang"))

    assert await _first(1, start="42") == [("Modified", "a")]
    assert api_server.recorded[0].query["resourceVersion"] == "42"


async def test_a_version_that_is_gone_lists_again(api_server: ApiServer) -> None:
    api_server.on("GET", PODS, Answer(lines=[_error(410, "Expired")]), Answer(lines=LIST, then="hang"))

    assert await _first(4, start="1") == [("Relisting",), ("Added", "a"), ("Added", "b"), ("Listed", "9")]


async def test_a_410_in_the_middle_of_a_stream_lists_again(api_server: ApiServer) -> None:
    api_server.on("GET", PODS, Answer(lines=[*LIST, _error(410, "Expired")]), Answer(lines=LIST, then="hang"))

    happenings = await _first(8)

    assert happenings[3:5] == [("Listed", "9"), ("Relisting",)]
    assert happenings[-1] == ("Listed", "9")


async def test_another_error_in_a_stream_is_told_and_lists_again(api_server: ApiServer) -> None:
    api_server.on("GET", PODS, Answer(lines=[_error(500, "InternalError")]), Answer(lines=LIST, then="hang"))

    assert await _first(3, start="5") == [("Trouble", "ClusterUnavailable"), ("Relisting",), ("Added", "a")]


@pytest.mark.parametrize("then", ["reset", "tear", "end", "hang"])
async def test_however_a_stream_breaks_nothing_is_missed_or_doubled(api_server: ApiServer, then: str) -> None:
    api_server.on(
        "GET",
        PODS,
        Answer(lines=[*LIST, _line("MODIFIED", "a", 11)], then=then),
        Answer(lines=[_line("MODIFIED", "b", 12)], then="hang"),
    )

    happenings = [found for found in await _first(7 if then == "reset" else 6) if found[0] != "Trouble"]

    assert happenings[-2:] == [("Modified", "a"), ("Modified", "b")]
    assert api_server.recorded[1].query["resourceVersion"] == "11"


async def test_a_list_torn_in_the_middle_is_begun_again_as_a_whole(api_server: ApiServer) -> None:
    api_server.on("GET", PODS, Answer(lines=LIST[:1], then="reset"), Answer(lines=LIST, then="hang"))

    happenings = await _first(7)

    assert happenings == [
        ("Relisting",),
        ("Added", "a"),
        ("Trouble", "ClusterUnavailable"),
        ("Relisting",),
        ("Added", "a"),
        ("Added", "b"),
        ("Listed", "9"),
    ]
    assert "resourceVersion" not in api_server.recorded[1].query


async def test_a_version_of_the_future_is_silent_twice_and_then_listed(api_server: ApiServer) -> None:
    api_server.on("GET", PODS, QUIET, QUIET, Answer(lines=LIST, then="hang"))

    assert await _first(2, start="999999999") == [("Relisting",), ("Added", "a")]
    assert [recorded.query.get("resourceVersion") for recorded in api_server.recorded] == ["999999999"] * 2 + [None]


async def test_events_may_be_silent_for_as_long_as_their_stream_lasts(api_server: ApiServer) -> None:
    """They have no bookmarks: 0.6 s of silence end a stream of pods here, one of events goes on until 1.2 s."""
    api_server.on("GET", "/api/v1/events", QUIET, Answer(lines=[_line("ADDED", "e", 8)], then="hang"))

    began = time.monotonic()
    assert await _first(1, start="5", resource=EVENT) == [("Added", "e")]
    assert time.monotonic() - began > 1
    assert len(api_server.recorded) == 2


async def test_a_server_without_streamed_lists_is_listed_in_pages(api_server: ApiServer) -> None:
    objects = [_line("ADDED", name, version)["object"] for name, version in (("a", 3), ("b", 7))]
    api_server.on(
        "GET",
        PODS,
        Answer(422, status(422, "Invalid", "sendInitialEvents: Forbidden")),
        Answer(200, {"metadata": {"resourceVersion": "9", "continue": "t"}, "items": objects[:1]}),
        Answer(200, {"metadata": {"resourceVersion": "9"}, "items": objects[1:]}),
        Answer(lines=[_line("ADDED", "c", 10)], then="hang"),
    )

    happenings = await _first(6)

    assert happenings[-5:] == [("Relisting",), ("Added", "a"), ("Added", "b"), ("Listed", "9"), ("Added", "c")]
    assert api_server.recorded[1].query["limit"] == "500"
    assert "resourceVersion" not in api_server.recorded[1].query
    assert api_server.recorded[2].query["continue"] == "t"
    assert api_server.recorded[3].query["resourceVersion"] == "9"


async def test_pages_that_expire_in_the_middle_are_begun_again(api_server: ApiServer) -> None:
    first = {"metadata": {"continue": "t"}, "items": [_line("ADDED", "a", 3)["object"]]}
    api_server.on(
        "GET",
        PODS,
        Answer(400, status(400, "BadRequest", "no such parameter")),
        Answer(200, first),
        Answer(410, status(410, "Expired", "too old")),
        Answer(200, {"metadata": {"resourceVersion": "9"}, "items": []}),
        QUIET,
    )

    happenings = await _first(5)

    assert happenings[-4:] == [("Relisting",), ("Added", "a"), ("Relisting",), ("Listed", "9")]


async def test_a_kind_that_is_not_served_is_asked_for_again(api_server: ApiServer) -> None:
    api_server.on("GET", PODS, Answer(404, "404 page not found"), Answer(404, "404"), Answer(lines=LIST, then="hang"))

    happenings = await _first(7)

    assert happenings[:4] == [("Relisting",), ("NotServed",), ("Relisting",), ("NotServed",)]
    assert happenings[4:] == [("Relisting",), ("Added", "a"), ("Added", "b")]


async def test_a_missing_right_is_told_each_time_and_asked_for_again(api_server: ApiServer) -> None:
    words = 'pods is forbidden: User "console-watch" cannot list'
    api_server.on("GET", PODS, Answer(403, status(403, "Forbidden", words)), Answer(lines=LIST, then="hang"))

    async with aclosing(watch(POD, decoder=shapes.Pod, start="5", patience=QUICK)) as happenings:
        trouble = await anext(happenings)
        after = await anext(found async for found in happenings if not isinstance(found, Opened))

    assert isinstance(trouble, Trouble)
    assert isinstance(trouble.error, Forbidden)
    assert trouble.pause_seconds > 0
    assert isinstance(after, Added)


async def test_a_busy_server_is_left_alone_for_as_long_as_it_asks(api_server: ApiServer) -> None:
    api_server.on("GET", PODS, Answer(429, status(429, "TooManyRequests", "busy"), {"Retry-After": "7"}))

    async with aclosing(watch(POD, decoder=shapes.Pod, start="5", patience=QUICK)) as happenings:
        trouble = await anext(happenings)

    assert isinstance(trouble, Trouble)
    assert isinstance(trouble.error, ClusterUnavailable)
    assert trouble.pause_seconds >= 7


async def test_an_object_of_a_strange_form_hides_no_other(api_server: ApiServer) -> None:
    strange = _line("ADDED", "strange", 4, status={"containerStatuses": "none"})
    api_server.on("GET", PODS, Answer(lines=[LIST[0], strange, *LIST[1:]], then="hang"))

    happenings = await _first(5)

    assert happenings[1:] == [("Added", "a"), ("Trouble", "ClusterError"), ("Added", "b"), ("Listed", "9")]


async def test_a_stream_that_ends_at_once_is_not_asked_for_in_a_circle(api_server: ApiServer) -> None:
    api_server.on("GET", PODS, Answer(lines=[]))

    assert await _first(2, start="5") == [("Trouble", "ClusterUnavailable"), ("Relisting",)]


async def test_the_watch_outlives_a_server_that_is_away(api_server: ApiServer) -> None:
    api_server.on("GET", PODS, RESET, RESET, RESET, Answer(lines=LIST, then="hang"))

    happenings = await _first(4, start="5")

    assert happenings[:3] == [("Trouble", "ClusterUnavailable")] * 3
    assert happenings[3] == ("Added", "a")


async def test_a_watch_is_made_with_its_own_credential_and_for_nobody(api_server: ApiServer) -> None:
    api_server.on("GET", PODS, Answer(lines=LIST, then="hang"))
    await _first(1 + len(LIST))

    [recorded] = api_server.recorded
    assert recorded.header("Authorization") == ["Bearer the-console"]
    assert not [name for name, _ in recorded.headers if name.lower().startswith("impersonate")]
