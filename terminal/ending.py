"""How a terminal or a log ended, in words a page can translate. Pure."""

import re
import signal
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from console.cluster import ClusterError, ClusterUnavailable, Forbidden, NotFound

if TYPE_CHECKING:
    from console.cluster import ExecEnd


class CloseCode(IntEnum):
    """4000-4999 are an application's own (RFC 6455, 7.4.2)."""

    DONE = 1000  # the shell or the log has ended; the status frame says how
    BAD_FRAME = 4400
    SIGNED_OUT = 4401  # no session any more, or a ticket that is not good
    FORBIDDEN = 4403  # the right was withdrawn
    POD_GONE = 4404
    TIME_LIMIT = 4408
    TAKEN_OVER = 4409
    TOO_MANY = 4429
    CLUSTER_FAILED = 4500


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """`reason` is a code the page words: one of static/js/terminal_words.js."""

    reason: str
    close_code: int = CloseCode.DONE
    abnormal: bool = True  # False: the shell ended by itself, or its owner ended it
    exit_code: int | None = None
    signal: str = ""  # what 128 + n usually stands for: "SIGKILL"
    message: str = ""  # the cluster's own words

    def status(self) -> dict[str, Any]:
        return {
            "reason": self.reason,
            "abnormal": self.abnormal,
            "exit_code": self.exit_code,
            "signal": self.signal,
            "message": self.message,
        }


def exited(exit_code: int) -> Ending:
    return Ending(reason="exited", abnormal=False, exit_code=exit_code, signal=_signal_of(exit_code))


def of_exec(end: "ExecEnd") -> Ending:
    """What the exec stream's own end says; `with_container` may know better."""
    if end.lost:
        return LOST
    if end.exit_code is not None:
        return exited(end.exit_code)
    return not_started(str((end.status or {}).get("message", "")))


def of_error(error: ClusterError) -> Ending:
    """Why the cluster did not open the exec or the log."""
    if isinstance(error, Forbidden):
        return replace(FORBIDDEN, message=str(error))
    if isinstance(error, NotFound):
        return replace(POD_GONE, message=str(error))
    reason = "cluster-away" if isinstance(error, ClusterUnavailable) else "failed"
    return Ending(reason=reason, message=str(error), close_code=CloseCode.CLUSTER_FAILED)


def not_started(message: str) -> Ending:
    """Status 500 with the runtime's words; the wording is containerd's and cri-o's (terminal.md B)."""
    if re.search(r"executable file not found|no such file or directory|permission denied", message, re.IGNORECASE):
        return Ending(reason="no-shell", message=message)
    if "container not found" in message:
        return Ending(reason="not-running", message=message)
    return Ending(reason="failed", message=message, close_code=CloseCode.CLUSTER_FAILED)


LOST = Ending(reason="lost", close_code=CloseCode.CLUSTER_FAILED)  # closed without a Status: nobody knows more
ENDED_BY_OWNER = Ending(reason="ended", abnormal=False)
LEFT = Ending(reason="left", abnormal=False)  # the page was closed and did not come back
IDLE = Ending(reason="idle", close_code=CloseCode.TIME_LIMIT)
TIME_LIMIT = Ending(reason="time-limit", close_code=CloseCode.TIME_LIMIT)
SIGNED_OUT = Ending(reason="signed-out", close_code=CloseCode.SIGNED_OUT)
FORBIDDEN = Ending(reason="forbidden", close_code=CloseCode.FORBIDDEN)
POD_GONE = Ending(reason="pod-gone", close_code=CloseCode.POD_GONE)
UNSEEN = Ending(reason="exited-unseen")  # the shell is gone, its exit code never came (unread input holds it back)
# Nobody could say whether the right still holds.
UNVERIFIED = Ending(reason="unverified", close_code=CloseCode.CLUSTER_FAILED)
RELAY_STOPPED = Ending(reason="relay-stopped", close_code=1012)


def needs_explaining(ending: Ending) -> bool:
    """Killed, or lost: what happened to the container says why."""
    return ending.exit_code == 137 or ending.reason == "lost"


def with_container(ending: Ending, container: dict[str, Any] | None) -> Ending:
    """Say why a shell got 137, once the container's own state is known: the exec itself never tells.

    `container` is a containerStatus of the pod, None when the pod is gone or is being deleted.
    """
    if not needs_explaining(ending):
        return ending
    if container is None or container.get("podDeleting"):
        return replace(POD_GONE, exit_code=ending.exit_code, signal=ending.signal)
    ended = container.get("state", {}).get("terminated") or container.get("lastState", {}).get("terminated")
    if "running" not in container.get("state", {}) and ended:
        words = str(ended.get("reason", ""))
        return replace(ending, reason="container-ended", abnormal=True, message=words, close_code=CloseCode.DONE)
    return ending


def _signal_of(exit_code: int) -> str:
    if not 128 < exit_code < 128 + signal.NSIG:
        return ""
    try:
        return signal.Signals(exit_code - 128).name
    except ValueError:
        return ""
