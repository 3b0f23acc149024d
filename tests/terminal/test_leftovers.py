"""A terminal process that was killed ends nothing; another one does, within two minutes."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from terminal.access import Target
from terminal.leftovers import LEFT_AFTER, Ledger
from terminal.models import OpenShell
from terminal.session import Cluster
from terminal.sessions import Sessions
from terminal.shell import ShellProcess
from tests.terminal.conftest import QUICK, all_is_well, running
from tests.terminal.exec_streams import PtyCluster, ScriptedCluster

pytestmark = pytest.mark.django_db(transaction=True)
SHELL = ShellProcess("abcdefgh", 77)


def at(ahead: timedelta) -> Callable[[], datetime]:
    return lambda: timezone.now() + ahead


async def noted() -> list[str]:
    return [shell.session async for shell in OpenShell.objects.all()]


async def test_what_a_killed_process_left_is_ended_once_as_who_opened_it(
    scripted: ScriptedCluster, target: Target
) -> None:
    asked: list[dict[str, Any]] = []

    def open_exec(*where: str, **how: Any) -> Any:
        asked.append({"where": where, **how})
        return scripted.open_exec(*where, **how)

    await Ledger(scripted.open_exec).opened(SHELL, target)
    for _ in range(2):
        await Ledger(open_exec, now=at(LEFT_AFTER * 2)).look_after()

    assert [(one["where"], one["acting_as"]) for one in asked] == [(("vision", "mnist-worker-0"), target.identity)]
    assert "CONSOLE_SESSION=abcdefgh" in asked[0]["command"][-1]
    assert await noted() == []


async def test_what_a_living_process_looks_after_is_left_alone(scripted: ScriptedCluster, target: Target) -> None:
    living = Ledger(scripted.open_exec, now=at(LEFT_AFTER * 2))
    await living.opened(SHELL, target)
    await OpenShell.objects.aupdate(seen_at=timezone.now())
    await living.look_after()
    await Ledger(scripted.open_exec, now=at(LEFT_AFTER * 2.5)).look_after()

    assert await noted() == [SHELL.session]
    assert scripted.commands == []


async def test_a_right_that_is_gone_ends_the_trying(scripted: ScriptedCluster, target: Target) -> None:
    await Ledger(scripted.open_exec).opened(SHELL, target)
    scripted.refused = True

    await Ledger(scripted.open_exec, now=at(LEFT_AFTER * 2)).look_after()

    assert await noted() == []


async def test_a_shell_is_noted_down_while_it_runs(scripted: ScriptedCluster, open_shell: Any) -> None:
    cluster = Cluster(open_exec=scripted.open_exec, recheck=all_is_well, container_of=running)
    sessions = Sessions(cluster, QUICK, Ledger(scripted.open_exec))
    session, browser = await open_shell(sessions)
    while await noted() != [session.id]:
        await browser.until(lambda: True)
    scripted.shell.exit(0)
    await browser.until(lambda: len(sessions) == 0)

    while await noted():
        await browser.until(lambda: True)


async def test_a_real_shell_that_was_left_is_gone_afterwards(pty: PtyCluster, target: Target, open_shell: Any) -> None:
    ledger = Ledger(pty.open_exec)
    sessions = Sessions(Cluster(open_exec=pty.open_exec, recheck=all_is_well, container_of=running), QUICK, ledger)
    _, browser = await open_shell(sessions)
    while not await noted():
        await browser.until(lambda: True)

    await Ledger(pty.open_exec, now=at(LEFT_AFTER * 2)).look_after()

    await browser.until(lambda: browser.code is not None)
    assert browser.status is not None
