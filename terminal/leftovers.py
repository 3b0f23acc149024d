"""Shells whose terminal process was killed: closing a stream signals nobody, so they would stay in their container."""

import asyncio
import logging
from collections.abc import Callable, Collection
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from console.cluster import ClusterError, Identity
from console.cluster.exec import ExecEnd, ExecStream
from terminal.access import Target
from terminal.models import OpenShell
from terminal.shell import ShellProcess
from terminal.threads import in_thread

BEAT_SECONDS = 20.0
LEFT_AFTER = timedelta(seconds=90)  # without a beat; a process that was only slow loses its shells
_AT_ONCE = 50
_END_SECONDS = 10.0
_log = logging.getLogger(__name__)

OpenExec = Callable[..., AbstractAsyncContextManager[ExecStream]]


class Ledger:
    """What this process looks after, in the database; and the end of what others left there."""

    def __init__(self, open_exec: OpenExec, *, now: Callable[[], datetime] = timezone.now) -> None:
        self._open_exec = open_exec
        self._now = now
        self._mine: set[str] = set()

    async def opened(self, shell: ShellProcess, target: Target) -> None:
        self._mine.add(shell.session)
        await in_thread(_write)(shell, target, self._now())

    async def closed(self, session: str) -> None:
        """The session is over: its shell was ended, or has ended."""
        self._mine.discard(session)
        await in_thread(_forget)(session)

    async def look_after_for_ever(self, *, pause_seconds: float = BEAT_SECONDS) -> None:
        while True:
            try:
                await self.look_after()
            except Exception:  # the database or the cluster is away; nobody would start this again
                _log.exception("Cannot look after open shells; trying again in %g s.", pause_seconds)
            await asyncio.sleep(pause_seconds)

    async def look_after(self) -> None:
        await in_thread(_beat)(frozenset(self._mine), self._now())
        for left in await in_thread(_take_left)(self._now()):
            await self._end(left)

    async def _end(self, left: OpenShell) -> None:
        who = Identity(left.identity["user"], tuple(left.identity["groups"]))
        how: dict[str, Any] = {"container": left.container, "acting_as": who, "tty": False, "stdin": False}
        command = ShellProcess(left.session, left.pid).command_to_end()
        try:
            async with (
                asyncio.timeout(_END_SECONDS),
                self._open_exec(left.namespace, left.pod, command=command, **how) as stream,
            ):
                while not isinstance(await stream.receive(), ExecEnd):
                    pass
            _log.info("terminal %s: ended what a killed process left", left)
        except (ClusterError, TimeoutError) as exc:
            _log.warning("terminal %s: the shell may still run: %s", left, exc)


def _write(shell: ShellProcess, target: Target, now: datetime) -> None:
    OpenShell.objects.update_or_create(
        session=shell.session,
        defaults={
            "pid": shell.pid,
            "identity": {"user": target.identity.user, "groups": list(target.identity.groups)},
            "namespace": target.namespace,
            "pod": target.pod,
            "container": target.container,
            "seen_at": now,
        },
    )


def _forget(session: str) -> None:
    OpenShell.objects.filter(pk=session).delete()


def _beat(sessions: Collection[str], now: datetime) -> None:
    if sessions:
        OpenShell.objects.filter(pk__in=sessions).update(seen_at=now)


def _take_left(now: datetime) -> list[OpenShell]:
    """Those that nobody looks after any more; of several processes one gets each."""
    left = OpenShell.objects.filter(seen_at__lt=now - LEFT_AFTER).order_by("seen_at")[:_AT_ONCE]
    return [one for one in left if OpenShell.objects.filter(pk=one.pk, seen_at=one.seen_at).delete()[0]]
