"""A container's log, beyond the end of one stream: through restarts, waiting and a cluster that was away."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from console.cluster import ClusterError, ClusterUnavailable, NotFound, Rejected
from terminal import ending as endings
from terminal.access import Target, state_in_words
from terminal.ending import Ending
from terminal.log_lines import LogLines

_PAUSES_SECONDS = (0.5, 1, 1, 2, 5)  # between two looks at a container that does not run; the last one for good


@dataclass(frozen=True, slots=True)
class Note:
    """Something that happened between two lines: "restarted", "waiting", "reconnecting"."""

    code: str
    details: dict[str, int | str]


Follow = Callable[..., AsyncIterator[bytes]]


@dataclass(frozen=True, slots=True, kw_only=True)
class LogRequest:
    target: Target
    tail_lines: int
    previous: bool  # the run before the last restart; it does not grow


class LogFollowing:
    """Lines and notes in their order, until there will be no more; `ending` then says why."""

    def __init__(
        self,
        request: LogRequest,
        *,
        follow: Follow,
        container_of: Callable[[Target], Awaitable[dict[str, Any] | None]],
        pauses: tuple[float, ...] = _PAUSES_SECONDS,
    ) -> None:
        self._request = request
        self._follow = follow
        self._container_of = container_of
        self._pauses = pauses
        self._lines = LogLines()
        self._restarts: int | None = None
        self._noted = Note("", {})
        self.ending: Ending | None = None

    async def pieces(self) -> AsyncIterator[bytes | Note]:
        looks = 0
        while True:
            spoke = False
            try:
                if self._restarts is None and not self._request.previous:
                    self._restarts = (await self._container_of(self._request.target) or {}).get("restartCount", 0)
                async with aclosing(self._open()) as chunks:  # type: ignore[type-var]
                    async for chunk in chunks:
                        lines = self._lines.feed(chunk)
                        spoke = spoke or bool(lines)
                        yield lines
                yield self._lines.finish()
                if self._request.previous:
                    self.ending = Ending(reason="log-end", abnormal=False)
                    return
                looks = 0 if spoke else looks + 1
                note = await self._look()
            except ClusterUnavailable as exc:
                looks += 1
                note = Note("reconnecting", {"message": str(exc)})
            except Rejected as exc:  # "… is waiting to start"; without a run before, `previous` is refused, too
                looks += 1
                note = Note("waiting", {"message": str(exc)})
                if self._request.previous:
                    self.ending = Ending(reason="log-end", message=str(exc))
                    return
            except ClusterError as exc:
                self.ending = endings.POD_GONE if isinstance(exc, NotFound) else endings.of_error(exc)
                return
            if self.ending is not None:
                return
            if note is not None and note != self._noted:
                self._noted = note
                yield note
            await asyncio.sleep(self._pauses[min(looks, len(self._pauses) - 1)])

    def _open(self) -> AsyncIterator[bytes]:
        target, resuming = self._request.target, self._lines.since_time
        return self._follow(
            target.namespace,
            target.pod,
            container=target.container,
            acting_as=target.identity,
            tail_lines=None if resuming else self._request.tail_lines,
            since_time=resuming or None,
            timestamps=True,
            previous=self._request.previous,
        )

    async def _look(self) -> Note | None:
        """Why the stream ended; sets `ending` when there is nothing more to wait for."""
        status = await self._container_of(self._request.target)
        if status is None:
            self.ending = endings.POD_GONE
            return None
        state, restarts = status.get("state", {}), status.get("restartCount", 0)
        before, self._restarts = self._restarts, restarts
        ended = state.get("terminated")
        if ended and not _starts_again(status):
            exit_code = ended.get("exitCode", 0)
            reason = str(ended.get("reason", ""))
            self.ending = Ending(reason="container-ended", abnormal=exit_code != 0, exit_code=exit_code, message=reason)
            return None
        if "running" in state and restarts != before:
            return Note("restarted", {"restarts": restarts})
        if not ended and "running" not in state:
            return Note("waiting", {"message": state_in_words(status)})
        return None


def _starts_again(status: dict[str, Any]) -> bool:
    """Whether the kubelet will start a container that has ended once more."""
    if status.get("podEnded") or status.get("podDeleting"):
        return False
    policy, code = status.get("restartPolicy"), status["state"]["terminated"].get("exitCode", 0)
    return policy == "Always" or (policy == "OnFailure" and code != 0)
