"""What a watch tells: the list's beginning and end, changes, and how the watch itself fares."""

from dataclasses import dataclass
from typing import Generic, TypeVar

import msgspec

from console.cluster.errors import ClusterError
from console.cluster.shapes import Watched

T = TypeVar("T", bound=Watched)


class Envelope(msgspec.Struct):
    """A watch's line, with its object left as JSON."""

    type: str
    object: msgspec.Raw


@dataclass(frozen=True, slots=True)
class Relisting:
    """A list begins: what is not Added before the next Listed is gone."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class Listed:
    """The list is complete, as of this version."""

    resource_version: str


@dataclass(frozen=True, slots=True)
class _Change(Generic[T]):
    object: T
    line: bytes  # as it came

    @property
    def raw(self) -> bytes:
        """The whole object's JSON, as sent. Cut out when it is asked for: of most objects nobody needs it."""
        return bytes(msgspec.json.decode(self.line, type=Envelope).object)


@dataclass(frozen=True, slots=True)
class Added(_Change[T]):
    pass


@dataclass(frozen=True, slots=True)
class Modified(_Change[T]):
    pass


@dataclass(frozen=True, slots=True)
class Deleted(_Change[T]):
    """The object in its last state."""


@dataclass(frozen=True, slots=True)
class Bookmark:
    """Nothing happened up to this version; it may be saved."""

    resource_version: str


@dataclass(frozen=True, slots=True)
class Opened:
    """The server has taken the watch; what was missed comes now. After Trouble: it is over."""


@dataclass(frozen=True, slots=True)
class NotServed:
    """The cluster has no such kind. It is asked again from time to time."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """What went wrong; the watch goes on after the pause (0: at once)."""

    error: ClusterError
    pause_seconds: float = 0


Happening = Relisting | Listed | Added[T] | Modified[T] | Deleted[T] | Bookmark | Opened | NotServed | Trouble
