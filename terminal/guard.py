import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress

from django.db import DatabaseError

from console.cluster import ClusterError
from terminal import ending as endings
from terminal.ending import Ending
from terminal.timing import Timing

_UNSURE_CHECK_SECONDS = 3.0


async def until_forbidden(
    look: Callable[[], Awaitable[Ending | None]],
    timing: Timing,
    unsure: Callable[[bool], None],
    *,
    sooner: asyncio.Event,
) -> Ending:
    """Look again and again, whatever the traffic and at once when `sooner` is set, and say why the socket must close.

    An idle viewer reads as much as a typist, so this does not wait for frames (CVE-2024-41666). `unsure` hears when
    nobody can say whether the right holds, and when somebody can again; after `timing.unsure` seconds it is over.
    """
    unsure_since: float | None = None
    while True:
        with suppress(TimeoutError):
            async with asyncio.timeout(
                timing.check if unsure_since is None else min(timing.check, _UNSURE_CHECK_SECONDS)
            ):
                await sooner.wait()
        sooner.clear()
        try:
            async with asyncio.timeout(timing.check_limit):
                why = await look()
        except (ClusterError, DatabaseError, TimeoutError):
            if unsure_since is None:
                unsure_since = time.monotonic()
                unsure(True)
            elif time.monotonic() - unsure_since >= timing.unsure:
                return endings.UNVERIFIED
            continue
        if why is not None:
            return why
        if unsure_since is not None:
            unsure_since = None
            unsure(False)
