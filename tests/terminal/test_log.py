"""A pod's log: cut into lines, gone on with after a restart, and sent as far as the page draws it."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.cluster import ClusterUnavailable, NotFound, Rejected
from terminal import log_consumer, protocol
from terminal.access import Target
from terminal.log_consumer import LogConsumer
from terminal.log_following import LogFollowing, LogRequest, Note
from terminal.log_lines import LINE_BYTES, LogLines
from terminal.protocol import Kind
from tests.terminal.websocket import Websocket

RUNNING = {"state": {"running": {}}, "restartCount": 0}
Script = list[list[bytes] | Exception]


def stamped(second: int, text: str, *, fraction: str = "") -> bytes:
    return f"2026-11-25T02:49:{second:02d}{fraction}Z {text}\n".encode()


@given(st.lists(st.integers(0, 400), max_size=8))
def test_any_cut_gives_the_same_lines(cuts: list[int]) -> None:
    text = b"".join(stamped(number, f"épÖque {number}") for number in range(12)) + b"no newline"
    lines, found = LogLines(), b""
    places = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    for start, end in zip(places, places[1:], strict=False):
        found += lines.feed(text[start:end])

    assert found + lines.finish() == text + b"\n"


def test_a_long_line_is_cut_and_says_by_how_much() -> None:
    lines = LogLines()
    found = lines.feed(b"x" * 10_000) + lines.feed(b"x" * 10_000 + b"\nnext\n")

    first, second, _ = found.split(b"\n")
    assert first == b"x" * LINE_BYTES + f" … (+{20_000 - LINE_BYTES} B)".encode()
    assert second == b"next"


def test_lines_shown_before_a_restart_are_not_shown_again() -> None:
    lines = LogLines()
    lines.feed(stamped(1, "a") + stamped(2, "b", fraction=".5") + stamped(2, "c", fraction=".50"))
    lines.finish()

    assert lines.since_time == "2026-11-25T02:49:02.5Z"
    again = stamped(2, "earlier", fraction=".25") + stamped(2, "b", fraction=".5") + stamped(2, "c", fraction=".50")
    new = stamped(2, "d", fraction=".5") + stamped(3, "e")
    assert lines.feed(again + new) == new


class Log:
    """`follow` for LogFollowing: each call plays the next part of the script."""

    def __init__(self, script: Script, states: list[dict[str, Any] | None]) -> None:
        self.script, self.states = script, states
        self.asked: list[dict[str, Any]] = []

    async def follow(self, namespace: str, pod: str, **asked: Any) -> AsyncIterator[bytes]:
        self.asked.append(asked)
        part = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        if isinstance(part, Exception):
            raise part
        for chunk in part:
            yield chunk

    async def container_of(self, target: Target) -> dict[str, Any] | None:
        return self.states.pop(0) if len(self.states) > 1 else self.states[0]


async def followed(log: Log, target: Target, *, previous: bool = False) -> tuple[list[Any], LogFollowing]:
    request = LogRequest(target=target, tail_lines=100, previous=previous)
    following = LogFollowing(request, follow=log.follow, container_of=log.container_of, pauses=(0,))
    async with asyncio.timeout(5):
        return [piece async for piece in following.pieces() if piece], following


async def test_a_log_goes_on_through_a_restart_and_says_how_it_ended(target: Target) -> None:
    first, second = stamped(1, "before"), stamped(5, "after")
    ended = {"state": {"terminated": {"exitCode": 3, "reason": "Error"}}, "restartCount": 1}
    back_off = {"state": {"waiting": {"reason": "CrashLoopBackOff"}}, "restartCount": 0, "restartPolicy": "OnFailure"}
    states = [
        RUNNING,
        {**ended, "restartCount": 0, "restartPolicy": "OnFailure"},
        back_off,
        {**RUNNING, "restartCount": 1},
        {**ended, "restartPolicy": "Never"},
    ]
    log = Log([[first], [first + second], [second]], states)

    pieces, following = await followed(log, target)

    assert pieces == [
        first,
        Note("waiting", {"message": "CrashLoopBackOff"}),
        Note("restarted", {"restarts": 1}),
        second,
    ]
    assert (log.asked[0]["tail_lines"], log.asked[0]["since_time"]) == (100, None)
    assert (log.asked[1]["tail_lines"], log.asked[1]["since_time"]) == (None, "2026-11-25T02:49:01Z")
    assert following.ending is not None
    assert (following.ending.reason, following.ending.exit_code) == ("container-ended", 3)


async def test_a_container_that_waits_is_waited_for(target: Target) -> None:
    line = stamped(1, "up")
    refusal = Rejected('container "main" in pod "mnist" is waiting to start: ContainerCreating')
    creating = {"state": {"waiting": {"reason": "ContainerCreating"}}}
    log = Log([refusal, [line]], [{}, creating, RUNNING, None])

    pieces, following = await followed(log, target)

    assert pieces == [
        Note("waiting", {"message": str(refusal)}),
        Note("waiting", {"message": "ContainerCreating"}),
        line,
    ]
    assert following.ending is not None
    assert following.ending.reason == "pod-gone"


async def test_a_cluster_that_is_away_is_asked_again(target: Target) -> None:
    line = stamped(1, "up")
    log = Log([ClusterUnavailable("no answer"), [line], NotFound("gone")], [RUNNING])

    pieces, following = await followed(log, target)

    assert pieces == [Note("reconnecting", {"message": "no answer"}), line]
    assert following.ending is not None
    assert following.ending.reason == "pod-gone"


async def test_the_run_before_is_read_once(target: Target) -> None:
    log = Log([[stamped(1, "old")]], [RUNNING])

    pieces, following = await followed(log, target, previous=True)

    assert pieces == [stamped(1, "old")]
    assert log.asked[0]["previous"]
    assert following.ending is not None
    assert following.ending.reason == "log-end"


async def test_a_container_that_was_never_restarted_is_told(target: Target) -> None:
    refusal = 'previous terminated container "main" in pod "a" not found'
    log = Log([Rejected(refusal)], [RUNNING])

    pieces, following = await followed(log, target, previous=True)

    assert pieces == []
    assert following.ending is not None
    assert following.ending.reason == "no-run-before"


class OpenLog(LogConsumer):
    """A log consumer for somebody who was let in already."""

    let_in: Target

    async def target(self, *_: Any, **__: Any) -> Target:
        return self.let_in


async def opened(target: Target, follow: Callable[..., AsyncIterator[bytes]], **options: Any) -> Websocket:
    async def all_is_well(target: Target) -> None:
        return None

    async def container_of(target: Target) -> dict[str, Any] | None:
        return None

    OpenLog.let_in = target
    application = OpenLog.as_asgi(follow=follow, recheck=all_is_well, container_of=container_of, **options)
    socket = Websocket(application, "/ws/log/x/?container=main&tail=7", [], [protocol.LOG_SUBPROTOCOL])
    assert await socket.connect() == (True, protocol.LOG_SUBPROTOCOL)
    return socket


@pytest.mark.django_db(transaction=True)  # Channels closes old connections
async def test_a_page_gets_lines_and_then_the_end(target: Target) -> None:
    log = Log([[stamped(1, "a"), stamped(2, "b")]], [None])
    socket = await opened(target, log.follow)

    text = b""
    while (frame := await socket.receive_from())[0] == Kind.OUTPUT:
        text += frame[1:]

    assert text == stamped(1, "a") + stamped(2, "b")
    assert json.loads(frame[1:])["reason"] == "pod-gone"
    assert (await socket.receive_output(5))["code"] == 4404
    assert log.asked[0]["tail_lines"] == 7


@pytest.mark.django_db(transaction=True)  # Channels closes old connections
async def test_a_page_that_does_not_draw_gets_a_window_then_newer_lines_and_is_told(
    target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_consumer, "BEHIND_SECONDS", 0.001)
    line = stamped(1, "x" * 1000)
    chunks = [line * 100 for _ in range(40)]
    socket = await opened(target, Log([chunks], [None]).follow)

    received = 0
    while received < log_consumer.WINDOW_BYTES:
        frame = await socket.receive_from()
        received += len(frame) - 1
    assert await socket.receive_nothing(0.3)
    frames: list[bytes] = []
    while not frames or frames[-1][0] != Kind.STATUS:
        await socket.send_to(bytes_data=b"\x05" + received.to_bytes(8, "big"))
        frames.append(await socket.receive_from())
        if frames[-1][0] == Kind.GAP:
            received = json.loads(frames[-1][1:])["to"]
        elif frames[-1][0] == Kind.OUTPUT:
            received += len(frames[-1]) - 1

    assert any(frame[0] == Kind.GAP for frame in frames)
    assert received == 40 * 100 * len(line)


@pytest.mark.django_db(transaction=True)  # Channels closes old connections
async def test_a_log_takes_acks_only(target: Target) -> None:
    socket = await opened(target, Log([[]], [RUNNING]).follow)
    await socket.send_to(bytes_data=b"\x00rm -rf /\r")

    while (answer := await socket.receive_output(5))["type"] != "websocket.close":
        pass
    assert answer["code"] == 4400
