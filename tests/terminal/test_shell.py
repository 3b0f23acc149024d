"""The start and end commands, run by this machine's own shells on a real pty."""

import asyncio
import os
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal import ending
from terminal.sessions import Sessions
from terminal.shell import PidMark, ShellProcess, command_to_start
from tests.terminal.exec_streams import PID_MARK


@given(st.lists(st.integers(0, 200), max_size=6), st.binary(max_size=60).filter(lambda data: b"\x1b]" not in data))
def test_the_process_id_is_taken_out_wherever_the_output_is_cut(cuts: list[int], after: bytes) -> None:
    text = b"hi\x1b[0m" + PID_MARK + after
    mark, shown = PidMark(), b""
    places = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    for start, end in zip(places, places[1:], strict=False):
        shown += mark.feed(text[start:end])

    assert mark.pid == 77
    assert shown + mark.rest() == b"hi\x1b[0m" + after


def test_an_output_without_the_mark_is_shown_whole() -> None:
    mark = PidMark()
    shown = mark.feed(b"\x1b]1337;consol") + mark.feed(b"e! ") + mark.feed(b"x" * 5000)

    assert shown == b"\x1b]1337;console! " + b"x" * 5000
    assert mark.done
    assert mark.pid is None


def test_a_session_id_cannot_become_a_command() -> None:
    with pytest.raises(ValueError, match="session id"):
        command_to_start("a; rm -rf /", cols=80, rows=24)


async def test_a_shell_begins_with_the_size_of_the_window_and_ends_with_its_own_code(
    pty_sessions: Sessions, open_shell: Any
) -> None:
    session, browser = await open_shell(pty_sessions, cols=133, rows=41)
    await session.type(b"stty size; echo $TERM; exit 5\r")
    await browser.until(lambda: browser.code is not None)

    assert b"41 133" in browser.text
    assert b"xterm-256color" in browser.text
    assert b"console-pid" not in browser.text
    assert browser.status is not None
    assert (browser.status["reason"], browser.status["exit_code"], browser.code) == ("exited", 5, 1000)


async def test_the_end_takes_the_shells_children_along(pty_sessions: Sessions, open_shell: Any, tmp_path: Path) -> None:
    session, browser = await open_shell(pty_sessions)
    for line in (b"sleep 9999 &", b"nohup sleep 8888 >/dev/null 2>&1 &", b"echo ready; sleep 7777"):
        await session.type(line + b"\r")
    await browser.until(lambda: b"ready\r\n" in browser.text)
    await asyncio.sleep(0.3)
    assert len(left_of(session.id)) >= 3

    session.end(ending.ENDED_BY_OWNER)
    await browser.until(lambda: browser.code is not None)

    assert browser.status is not None
    assert browser.status["reason"] == "ended"
    left = left_of(session.id)
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    assert list(left.values()) == ["sleep 8888"], "nohup asks to stay"


async def test_a_shell_is_ended_when_its_page_was_closed(pty_sessions: Sessions, open_shell: Any) -> None:
    session, browser = await open_shell(pty_sessions)
    await session.type(b"echo ready; sleep 7777\r")
    await browser.until(lambda: b"ready\r\n" in browser.text)

    session.detach(browser, for_good=True)

    await browser.until(lambda: not left_of(session.id))
    await browser.until(lambda: len(pty_sessions) == 0)


@pytest.mark.parametrize("shell", [path for path in ("/bin/bash", "/bin/dash", "/bin/busybox") if shutil.which(path)])
def test_the_guarded_commands_work_in_every_shell(shell: str) -> None:
    def in_shell(command: tuple[str, ...]) -> list[str]:
        return [shell, *(["sh"] if shell.endswith("busybox") else []), "-c", command[-1]]

    victim = subprocess.Popen(["sleep", "9999"], env={"CONSOLE_SESSION": "session-one"}, start_new_session=True)
    ours = ShellProcess("session-one", victim.pid)
    other = ShellProcess("session-two", victim.pid)

    assert subprocess.run(in_shell(other.command_to_ask_whether_it_lives())).returncode == 1
    assert subprocess.run(in_shell(other.command_to_end())).returncode == 0
    assert victim.poll() is None, "a process of another session is left alone"
    assert subprocess.run(in_shell(ours.command_to_ask_whether_it_lives())).returncode == 0
    assert subprocess.run(in_shell(ours.command_to_end())).returncode == 0
    assert victim.wait(timeout=5) == -1  # SIGHUP


def left_of(session: str) -> dict[int, str]:
    """What still runs with this session's variable: process id to command line."""
    found = {}
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and f"CONSOLE_SESSION={session}".encode() in (entry / "environ").read_bytes():
                found[int(entry.name)] = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
        except OSError:
            continue
    return found
