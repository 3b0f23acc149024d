"""What is sent to one browser: rows of its list that changed, or that its task's page is to be fetched again."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

from console.index.models import Change
from console.web import sse
from console.web.hub import Hub, Update
from tasks.live.rows import Rows
from tasks.live.viewer import View

HEARTBEAT_SECONDS = 15.0
SEND_SECONDS = 0.25  # at most four times a second: nobody reads faster
MEMBERSHIP_SECONDS = 1.0
_ROW_CHANGES = frozenset({Change.Kind.TASK.value, Change.Kind.APPEARED.value})
_MEMBERSHIP_CHANGES = frozenset({Change.Kind.APPEARED.value, Change.Kind.VANISHED.value})


class Stream:
    """One open page. `still_admitted` is asked at each heartbeat; the stream ends when it says no."""

    def __init__(
        self,
        view: View,
        hub: Hub,
        rows: Rows,
        still_admitted: Callable[[], Awaitable[bool]],
        *,
        heartbeat_seconds: float = HEARTBEAT_SECONDS,
        send_seconds: float = SEND_SECONDS,
        membership_seconds: float = MEMBERSHIP_SECONDS,
    ) -> None:
        self._view = view
        self._hub = hub
        self._rows = rows
        self._still_admitted = still_admitted
        self._heartbeat_seconds = heartbeat_seconds
        self._send_seconds = send_seconds
        self._membership_seconds = membership_seconds
        self._membership_changed = False
        self._membership_due = 0.0

    async def events(self) -> AsyncIterator[bytes]:
        clock = asyncio.get_running_loop().time
        seq, beat = self._view.since, clock() + self._heartbeat_seconds
        while True:
            wake_at = min(beat, self._membership_due) if self._membership_changed else beat
            try:
                async with asyncio.timeout_at(wake_at):
                    updates = await self._hub.after(seq)
            except TimeoutError:
                if clock() >= beat:
                    if not await self._still_admitted():
                        return
                    beat = clock() + self._heartbeat_seconds
                    yield sse.event(seq)  # a bare "id:" keeps the line open and the cursor fresh
                updates = []
            else:
                seq = self._hub.newest
            events = [sse.event(seq, name="refresh")] if updates is None else await self._events_for(updates, seq)
            if self._membership_changed and clock() >= self._membership_due:
                self._membership_changed, self._membership_due = False, clock() + self._membership_seconds
                events.append(sse.event(seq, name="membership"))
            for event in events:
                yield event
            if events:
                await asyncio.sleep(self._send_seconds)

    async def _events_for(self, updates: Sequence[Update], seq: int) -> list[bytes]:
        ours = [update for update in updates if update.audience == self._view.namespace]
        if self._view.task_uid:
            changed = any(update.subject == self._view.task_uid for update in ours)
            return [sse.event(seq, name="refresh")] if changed else []
        self._membership_changed |= any(update.kind in _MEMBERSHIP_CHANGES for update in ours)
        wanted = {u.subject: u.seq for u in ours if u.kind in _ROW_CHANGES and u.subject in self._view.shown}
        rows = await self._rows.html(wanted, self._view.language, self._hub.newest) if wanted else []
        return [sse.event(seq, "\n".join(rows))] if rows else []
