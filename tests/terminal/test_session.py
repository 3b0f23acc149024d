"""A session between a scripted shell and a scripted browser."""

import asyncio
import random
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from console.cluster import ClusterUnavailable
from terminal import ending
from terminal.access import Target
from terminal.flow import AHEAD_BYTES, WINDOW_BYTES
from terminal.session import Cluster
from terminal.sessions import PER_PERSON, Sessions, TooMany
from tests.terminal.browser import Browser, SlowBrowser, attach
from tests.terminal.conftest import QUICK, all_is_well, running
from tests.terminal.exec_streams import ScriptedCluster


async def test_what_the_shell_says_is_shown_and_what_is_typed_arrives(
    sessions: Sessions, scripted: ScriptedCluster, open_shell: Any
) -> None:
    session, browser = await open_shell(sessions, cols=100, rows=30)
    await session.type(b"ls\r")
    scripted.shell.say("你".encode()[:2])
    scripted.shell.say("你".encode()[2:] + b"\r\n")
    await browser.until(lambda: browser.text.endswith(b"\r\n") and scripted.shell.typed == b"ls\r")

    assert browser.text.decode() == "你\r\n"
    assert scripted.shell.sizes == [(100, 30)]
    assert browser.hello["resumed"] is False
    assert "CONSOLE_SESSION=" + session.id in scripted.commands[0][-1]


async def test_input_waits_for_the_shell_to_run(sessions: Sessions, target: Target, open_shell: Any) -> None:
    scripted = ScriptedCluster(mark=b"")
    sessions.cluster = replace(sessions.cluster, open_exec=scripted.open_exec)
    session, browser = await open_shell(sessions)
    await session.type(b"early")
    await asyncio.sleep(0.05)
    assert scripted.shell.typed == b""

    await browser.until(lambda: scripted.shell.typed == b"early")  # after `mark` seconds it is passed on anyhow


async def test_a_browser_that_does_not_ack_gets_one_window_and_the_shell_waits(
    sessions: Sessions, scripted: ScriptedCluster, open_shell: Any
) -> None:
    _, browser = await open_shell(sessions, Browser(acks=False))
    for _ in range(100):
        scripted.shell.say(b"x" * 4096)
    await browser.until(lambda: len(browser.text) == WINDOW_BYTES)
    await asyncio.sleep(0.05)

    assert len(browser.text) == WINDOW_BYTES
    assert scripted.shell.delivered <= WINDOW_BYTES + AHEAD_BYTES + 4096

    await browser.until(lambda: scripted.shell.delivered == 100 * 4096)  # after `ack` seconds it runs on regardless
    browser.acks = True
    browser.ack()
    await browser.until(lambda: browser.offset == 100 * 4096)
    assert browser.text == b"x" * (100 * 4096)


async def test_a_flood_comes_back_at_once_on_interrupt(
    sessions: Sessions, scripted: ScriptedCluster, open_shell: Any
) -> None:
    session, browser = await open_shell(sessions, Browser(acks=False))
    flooding = True

    async def flood() -> None:
        while flooding:
            scripted.shell.say(b"y\n" * 2048)
            await asyncio.sleep(0.001)
        scripted.shell.say(b"^C\n$ ")

    task = asyncio.create_task(flood())
    await browser.until(lambda: len(browser.text) == WINDOW_BYTES)
    began = asyncio.get_running_loop().time()
    await session.type(b"\x03")
    await browser.until(lambda: scripted.shell.typed == b"\x03")
    flooding = False
    await browser.until(lambda: bool(session._outbox) or bool(browser.gaps))
    browser.acks = True
    browser.ack()
    await browser.until(lambda: browser.text.endswith(b"$ "))
    await task

    assert asyncio.get_running_loop().time() - began < 1
    assert browser.gaps[0]["why"] == "interrupted"
    assert len(browser.text) <= WINDOW_BYTES + 4096


async def test_a_paste_into_a_program_that_does_not_read_is_bounded_and_dropped_by_interrupt(
    sessions: Sessions, scripted: ScriptedCluster, open_shell: Any
) -> None:
    session, browser = await open_shell(sessions)
    await browser.until(lambda: session.shell is not None)
    scripted.shell.reads = False

    async def paste() -> None:
        for _ in range(64):
            await session.type(b"p" * 16384)

    pasting = asyncio.create_task(paste())
    await asyncio.sleep(0.05)
    assert session.stdin.size <= 96 * 1024
    session.resize(10, 10)
    await browser.until(lambda: (10, 10) in scripted.shell.sizes)
    pasting.cancel()

    await session.type(b"\x03")
    scripted.shell.read_again()
    await browser.until(lambda: scripted.shell.typed.endswith(b"\x03"))

    assert len(scripted.shell.typed) <= 16384 + 1
    assert {"code": "input-dropped"} in browser.notices


async def test_an_interrupt_that_the_program_cannot_read_is_sent_as_a_signal(
    sessions: Sessions, scripted: ScriptedCluster, open_shell: Any
) -> None:
    session, browser = await open_shell(sessions)
    await browser.until(lambda: session.shell is not None)
    await session.type(b"p" * 16384)
    await browser.until(lambda: len(scripted.shell.typed) == 16384)

    await session.type(b"\x03")

    await browser.until(lambda: any("kill -INT" in command[-1] for command in scripted.commands))


async def test_the_browser_hears_how_much_of_a_paste_was_taken(
    sessions: Sessions, scripted: ScriptedCluster, open_shell: Any
) -> None:
    session, browser = await open_shell(sessions)
    for _ in range(4):
        await session.type(b"p" * 8192)
    await browser.until(lambda: len(scripted.shell.typed) == 4 * 8192)

    await browser.until(lambda: [n["taken"] for n in browser.notices if n["code"] == "stdin"] == [16384, 32768])


async def test_a_dropped_network_comes_back_to_the_same_shell_without_a_byte_lost_or_doubled(
    sessions: Sessions, scripted: ScriptedCluster, target: Target, open_shell: Any
) -> None:
    chance = random.Random(7)
    source = bytes(chance.randrange(256) for _ in range(300_000))
    session, browser = await open_shell(sessions)
    received, sent = b"", 0
    while sent < len(source):
        step = source[sent : sent + chance.randrange(1, 9000)]
        scripted.shell.say(step)
        sent += len(step)
        if chance.random() < 0.5:
            await asyncio.sleep(0)
        if chance.random() < 0.3:
            browser.gone = True
            session.detach(browser, for_good=False)
            received += browser.text
            browser = Browser()
            browser.session = session
            again = await sessions.attach(browser, target, attach(session.id, len(received)))
            assert again is session
            assert browser.hello["base_offset"] == len(received)
            assert browser.hello["reset"] is False
    await browser.until(lambda: len(received) + len(browser.text) == len(source))

    assert received + browser.text == source


async def test_a_reloaded_page_gets_the_screen_again(
    sessions: Sessions, scripted: ScriptedCluster, target: Target, open_shell: Any
) -> None:
    session, browser = await open_shell(sessions)
    scripted.shell.say(b"$ vi\r\n~\r\n")
    await browser.until(lambda: browser.text == b"$ vi\r\n~\r\n")
    session.detach(browser, for_good=True)

    page = Browser()
    assert await sessions.attach(page, target, attach(session.id, None, cols=80, rows=24)) is session
    await page.until(lambda: page.text == b"$ vi\r\n~\r\n")

    assert (page.hello["resumed"], page.hello["reset"], page.hello["replay_until"]) == (True, True, 9)
    await page.until(lambda: scripted.shell.sizes[-2:] == [(80, 23), (80, 24)])  # full-screen programs draw again


async def test_a_second_page_takes_the_shell_over(sessions: Sessions, target: Target, open_shell: Any) -> None:
    session, first = await open_shell(sessions)
    second = Browser()
    await sessions.attach(second, target, attach(session.id))

    assert first.status is not None
    assert (first.status["reason"], first.code) == ("taken-over", 4409)
    session.detach(first, for_good=True)  # its socket closes now; the shell does not mind
    assert session.attached


async def test_of_two_pages_that_come_back_at_once_the_later_is_shown_the_shell(
    sessions: Sessions, scripted: ScriptedCluster, target: Target, open_shell: Any
) -> None:
    session, first = await open_shell(sessions)
    first.gone = True
    session.detach(first, for_good=False)
    slow, quick = SlowBrowser(), Browser()
    quick.session = session
    slowly = asyncio.create_task(sessions.attach(slow, target, attach(session.id)))
    await slow.sending.wait()
    await sessions.attach(quick, target, attach(session.id))
    slow.goes_on.set()
    await slowly
    for _ in range(20):
        scripted.shell.say(b"0123456789")
        await asyncio.sleep(0)

    await quick.until(lambda: quick.text == b"0123456789" * 20)

    assert slow.text == b""
    assert slow.code == 4409
    assert session.attached


async def test_a_page_that_goes_while_it_is_let_in_leaves_no_shell_behind(sessions: Sessions, target: Target) -> None:
    browser = Browser()
    browser.gone = True

    with pytest.raises(ConnectionResetError):
        await sessions.attach(browser, target, attach())

    await browser.until(lambda: len(sessions) == 0)  # after `grace`, not after half an hour without a key


async def test_somebody_elses_session_cannot_be_taken(sessions: Sessions, target: Target, open_shell: Any) -> None:
    session, _ = await open_shell(sessions)

    other = await sessions.attach(Browser(), replace(target, user_id=2), attach(session.id))

    assert other is not session


async def test_a_shell_that_nobody_comes_back_to_is_ended(
    sessions: Sessions, scripted: ScriptedCluster, open_shell: Any
) -> None:
    session, browser = await open_shell(sessions)
    await browser.until(lambda: session.shell is not None)
    session.detach(browser, for_good=False)

    await browser.until(lambda: len(sessions) == 0)

    assert any("kill -HUP" in command[-1] for command in scripted.commands)
    assert scripted.shell.closed


async def test_a_program_runs_on_while_nobody_looks(
    sessions: Sessions, scripted: ScriptedCluster, target: Target, open_shell: Any
) -> None:
    sessions.timing = replace(QUICK, grace=30)
    session, browser = await open_shell(sessions)
    session.detach(browser, for_good=False)
    for number in range(400):
        scripted.shell.say(b"%06d " % number * 1000)
    await browser.until(lambda: scripted.shell.delivered == 400 * 7000)

    back = Browser()
    back.session = session
    await sessions.attach(back, target, attach(session.id, 0))
    await back.until(lambda: back.text.endswith(b"000399 "))
    assert back.hello["reset"]


@pytest.mark.parametrize(
    ("why", "code"),
    [(ending.FORBIDDEN, 4403), (ending.SIGNED_OUT, 4401), (ending.POD_GONE, 4404)],
)
async def test_an_idle_viewer_is_cut_off_when_the_right_goes(
    scripted: ScriptedCluster, target: Target, open_shell: Any, why: ending.Ending, code: int
) -> None:
    verdicts: list[ending.Ending | None] = [None]

    async def recheck(target: Target) -> ending.Ending | None:
        return verdicts[0]

    sessions = Sessions(Cluster(open_exec=scripted.open_exec, recheck=recheck, container_of=running), QUICK)
    _, browser = await open_shell(sessions)
    scripted.shell.say(b"tick\r\n")
    await asyncio.sleep(0.2)
    assert browser.code is None

    verdicts[0] = why
    scripted.refused = True  # a second exec is refused as well: the shell is ended through the open stream
    await browser.until(lambda: browser.code is not None)
    scripted.shell.say(b"secret\r\n")
    await browser.until(lambda: scripted.shell.typed.endswith(b"\x04"))
    scripted.shell.exit(0)
    await browser.until(lambda: len(sessions) == 0)

    assert (browser.code, browser.status and browser.status["reason"]) == (code, why.reason)
    assert b"secret" not in browser.text


async def test_input_stops_while_nobody_can_say_and_the_shell_ends_when_that_lasts(
    scripted: ScriptedCluster, target: Target, open_shell: Any
) -> None:
    async def recheck(target: Target) -> None:
        raise ClusterUnavailable("no answer")

    sessions = Sessions(Cluster(open_exec=scripted.open_exec, recheck=recheck, container_of=running), QUICK)
    session, browser = await open_shell(sessions)
    await browser.until(lambda: {"code": "unverified"} in browser.notices)
    await session.type(b"rm -rf\r")
    await browser.until(lambda: browser.code is not None)

    assert scripted.shell.typed == b""
    assert browser.status is not None
    assert browser.status["reason"] == "unverified"


async def test_an_idle_shell_is_warned_of_and_then_ended(
    sessions: Sessions, scripted: ScriptedCluster, open_shell: Any
) -> None:
    sessions.timing = replace(QUICK, idle=0.4, warn=0.2)
    _, browser = await open_shell(sessions)
    scripted.shell.say(b"output is no input")
    await browser.until(lambda: browser.code is not None)

    assert [notice.get("reason") for notice in browser.notices if notice["code"] == "closing"] == ["idle"]
    assert browser.code == 4408


async def test_no_shell_outlives_the_login(sessions: Sessions, target: Target) -> None:
    browser = Browser()
    short = replace(target, login_ends_at=timezone.now() + timedelta(seconds=0.3))
    await sessions.attach(browser, short, attach())
    await browser.until(lambda: browser.code is not None)

    assert browser.status is not None
    assert (browser.status["reason"], browser.code) == ("time-limit", 4408)


@pytest.mark.parametrize(
    ("code", "lost", "message", "reason"),
    [
        (0, False, "", "exited"),
        (130, False, "", "exited"),
        (None, True, "", "lost"),
        (None, False, 'exec: "/bin/sh": stat /bin/sh: no such file or directory', "no-shell"),
        (None, False, 'container not found ("main")', "not-running"),
        (None, False, "something else", "failed"),
    ],
)
async def test_how_the_shell_ended_is_said(
    sessions: Sessions,
    scripted: ScriptedCluster,
    open_shell: Any,
    code: int | None,
    lost: bool,
    message: str,
    reason: str,
) -> None:
    _, browser = await open_shell(sessions)
    scripted.shell.say(b"last words")
    scripted.shell.exit(code, lost=lost, message=message)
    await browser.until(lambda: browser.code is not None)

    assert browser.text == b"last words"
    assert browser.status is not None
    assert (browser.status["reason"], browser.status["exit_code"]) == (reason, code)


@pytest.mark.parametrize(
    ("container", "reason"),
    [
        (None, "pod-gone"),
        ({"state": {"terminated": {"reason": "OOMKilled"}}}, "container-ended"),
        ({"state": {"running": {}}}, "exited"),
    ],
)
async def test_a_137_is_explained_by_the_container(
    scripted: ScriptedCluster, open_shell: Any, container: dict[str, Any] | None, reason: str
) -> None:
    async def container_of(target: Target) -> dict[str, Any] | None:
        return container

    sessions = Sessions(Cluster(open_exec=scripted.open_exec, recheck=all_is_well, container_of=container_of), QUICK)
    _, browser = await open_shell(sessions)
    scripted.shell.exit(137)
    await browser.until(lambda: browser.code is not None)

    assert browser.status is not None
    assert browser.status["reason"] == reason


async def test_a_shell_whose_exit_hides_behind_unread_input_is_found_gone(
    sessions: Sessions, scripted: ScriptedCluster, open_shell: Any
) -> None:
    session, browser = await open_shell(sessions)
    await browser.until(lambda: session.shell is not None)
    scripted.beside_code = 1  # "it does not live"
    for _ in range(3):
        await session.type(b"p" * 16384)
    await browser.until(lambda: browser.code is not None)

    assert browser.status is not None
    assert browser.status["reason"] == "exited-unseen"


async def test_one_person_has_at_most_so_many_shells(sessions: Sessions, open_shell: Any) -> None:
    for _ in range(PER_PERSON):
        await open_shell(sessions)

    with pytest.raises(TooMany):
        await open_shell(sessions)


async def test_a_stopping_relay_ends_every_shell(
    sessions: Sessions, scripted: ScriptedCluster, open_shell: Any
) -> None:
    session, browser = await open_shell(sessions)
    await browser.until(lambda: session.shell is not None)
    await sessions.end_all()

    assert len(sessions) == 0
    assert browser.status is not None
    assert browser.status["reason"] == "relay-stopped"


async def test_the_cluster_is_pinged(sessions: Sessions, scripted: ScriptedCluster, open_shell: Any) -> None:
    sessions.timing = replace(QUICK, ping=0.02)
    _, browser = await open_shell(sessions)

    await browser.until(lambda: scripted.shell.pings > 2)
