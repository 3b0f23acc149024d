"""Whose login has ended? One question each two seconds for all sockets of the process: signing out cuts them off."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Iterator
from contextlib import contextmanager

from django.contrib.sessions.models import Session
from django.utils import timezone

from terminal.threads import in_thread

Alive = Callable[[Collection[str]], Awaitable[set[str]]]
PAUSE_SECONDS = 2.0
_log = logging.getLogger(__name__)


class Logins:
    """Wakes whoever watches a login that is gone. What it means, `terminal.access.recheck` decides."""

    def __init__(self, alive: Alive, *, pause_seconds: float = PAUSE_SECONDS) -> None:
        self._alive = alive
        self._pause_seconds = pause_seconds
        self._watchers: dict[asyncio.Event, Callable[[], str]] = {}
        self._asking: asyncio.Task[None] | None = None

    @contextmanager
    def watched(self, session_key: Callable[[], str]) -> Iterator[asyncio.Event]:
        """An event that is set while the login of `session_key()` is gone; a socket may pass on to a newer login."""
        gone = asyncio.Event()
        self._watchers[gone] = session_key
        if self._asking is None:
            self._asking = asyncio.create_task(self._ask_for_ever())
        try:
            yield gone
        finally:
            del self._watchers[gone]
            if not self._watchers and self._asking is not None:
                self._asking.cancel()
                self._asking = None

    async def _ask_for_ever(self) -> None:
        while True:
            await asyncio.sleep(self._pause_seconds)
            keys = {gone: session_key() for gone, session_key in self._watchers.items()}
            try:
                alive = await self._alive(set(keys.values()))
            except Exception:  # nobody would start it again; the slower look of each socket says what to do
                _log.exception("Cannot look at the logins; trying again in %g s.", self._pause_seconds)
                continue
            for gone, key in keys.items():
                if key not in alive:
                    gone.set()


def living(session_keys: Collection[str]) -> set[str]:
    """Those of the logins that have neither been signed out nor expired."""
    found = Session.objects.filter(pk__in=session_keys, expire_date__gt=timezone.now())
    return set(found.values_list("pk", flat=True))


logins = Logins(in_thread(living))
