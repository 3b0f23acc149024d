"""A container's log, beyond the end of one stream: through restarts, waiting and a cluster that was away."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from itertools import count
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
        self._there_is_more = False
        self.ending: Ending | None = None

    async def pieces(self) -> AsyncIterator[bytes | Note]:
        while self.ending is None:
            for part in (self._one_stream(), self._until_there_is_more()):
                async with aclosing(part):
                    async for piece in part:
                        if isinstance(piece, Note):
                            if piece == self._noted:
                                continue
                            self._noted = piece
                        yield piece
                if self.ending is not None:
                    return

    async def _one_stream(self) -> AsyncGenerator[bytes | Note]:
        try:
            if self._restarts is None and not self._request.previous:
                self._restarts = (await self._container_of(self._request.target) or {}).get("restartCount", 0)
            async with aclosing(self._open()) as chunks:  # type: ignore[type-var]
                async for chunk in chunks:
                    yield self._lines.feed(chunk)
            yield self._lines.finish()
            if self._request.previous:
                self.ending = Ending(reason="log-end", abnormal=False)
        except ClusterUnavailable as exc:
            yield Note("reconnecting", {"message": str(exc)})
        except Rejected as exc:  # "… is waiting to start"; without a run before, `previous` is refused, too
            if self._request.previous:
                # The kubelet's words, on every version alike: tests/verification/log.
                never_ran = str(exc).startswith("previous terminated container")
                self.ending = (
                    Ending(reason="no-run-before") if never_ran else Ending(reason="log-end", message=str(exc))
                )
            else:
                yield Note("waiting", {"message": str(exc)})
        except ClusterError as exc:
            self.ending = endings.POD_GONE if isinstance(exc, NotFound) else endings.of_error(exc)

    async def _until_there_is_more(self) -> AsyncGenerator[bytes | Note]:
        """Until the container runs (again), or it is known that it never will: then `ending` is set."""
        for looks in count():
            await asyncio.sleep(self._pauses[min(looks, len(self._pauses) - 1)])
            try:
                status = await self._container_of(self._request.target)
            except ClusterUnavailable as exc:
                yield Note("reconnecting", {"message": str(exc)})
                continue
            except ClusterError as exc:
                self.ending = endings.of_error(exc)
                return
            if (note := self._judge(status)) is not None:
                yield note
            if self.ending is not None or self._there_is_more:
                return

    def _judge(self, status: dict[str, Any] | None) -> Note | None:
        """What to say of the container; sets `ending`, or `_there_is_more` when the log can be followed on."""
        self._there_is_more = False
        if status is None:
            self.ending = endings.POD_GONE
            return None
        state, restarts = status.get("state", {}), status.get("restartCount", 0)
        if restarts != (self._restarts or 0):  # it may have ended again already: its log is there all the same
            self._restarts, self._there_is_more = restarts, True
            return Note("restarted", {"restarts": restarts})
        if ended := state.get("terminated"):
            if not _starts_again(status):
                code, reason = ended.get("exitCode", 0), str(ended.get("reason", ""))
                self.ending = Ending(reason="container-ended", abnormal=code != 0, exit_code=code, message=reason)
            return None
        self._there_is_more = "running" in state
        return None if self._there_is_more else Note("waiting", {"message": state_in_words(status)})

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


def _starts_again(status: dict[str, Any]) -> bool:
    """Whether the kubelet will start a container that has ended once more."""
    if status.get("podEnded") or status.get("podDeleting"):
        return False
    policy, code = status.get("restartPolicy"), status["state"]["terminated"].get("exitCode", 0)
    return policy == "Always" or (policy == "OnFailure" and code != 0)
