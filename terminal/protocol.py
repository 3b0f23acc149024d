"""The terminal's wire, `console.terminal.v1`: binary frames both ways, one type byte, then the payload. Pure.

    browser -> relay   0 stdin   4 resize (u16 cols, u16 rows)   5 ack (u64)   6 ping (u32)   7 attach (JSON)   8 end
    relay -> browser   1 output  3 status (JSON)   6 pong (u32)   7 hello (JSON)   9 gap (JSON)   10 notice (JSON)

Numbers are big-endian. Output carries no offset: the first byte after hello has hello's `base_offset`, the first after
a gap has the gap's `to`. An ack is the absolute offset up to which the browser has parsed, so a lost or doubled one
does no harm. docs/terminal.md tells the rest.
"""

import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import msgspec

SUBPROTOCOL = "console.terminal.v1"
LOG_SUBPROTOCOL = "console.log.v1"  # the same frames; a log uses ack, output, status, gap and notice
MAX_STDIN_BYTES = 16 * 1024  # a longer paste comes in several frames, so that ^C never waits behind a large one
MAX_CELLS = 1000  # columns or rows; the API server takes 65535, but a shell that believes it is useless


class Kind(IntEnum):
    STDIN = 0
    OUTPUT = 1
    STATUS = 3
    RESIZE = 4
    ACK = 5
    PING = 6  # pong on the way back
    ATTACH = 7  # hello on the way back
    END = 8
    GAP = 9
    NOTICE = 10


class BadFrame(ValueError):
    """The browser sent something this protocol does not have; the socket is closed."""


@dataclass(frozen=True, slots=True)
class Stdin:
    data: bytes


@dataclass(frozen=True, slots=True)
class Resize:
    cols: int
    rows: int


@dataclass(frozen=True, slots=True)
class Ack:
    offset: int


@dataclass(frozen=True, slots=True)
class Ping:
    token: bytes  # 4 bytes, sent back as they are


class Attach(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The first frame. `session` "" asks for a new shell; `have_offset` None for the screen from the start."""

    ticket: str
    cols: int
    rows: int
    session: str = ""
    have_offset: int | None = None


@dataclass(frozen=True, slots=True)
class End:
    pass


Incoming = Stdin | Resize | Ack | Ping | Attach | End


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    idle_seconds: int  # without input
    ends_at: float  # Unix time at which the session ends whatever happens


@dataclass(frozen=True, slots=True, kw_only=True)
class Hello:
    session: str
    base_offset: int  # of the next output byte
    replay_until: int  # output before this offset is old: the terminal must not answer its queries again
    window: int  # bytes that may be sent and not acked
    resumed: bool
    started: bool  # False: the shell is still being started; the notice "started" follows
    reset: bool  # the browser's screen is not ours: clear it first
    limits: Limits
    stdin_offset: int = 0  # of the next byte typed; the notice "stdin" counts from the same beginning
    recording: bool = False
    read_only: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Output from `start` up to `to` will not be sent: "interrupted" by ^C, or "overwritten" while nobody read it."""

    start: int
    to: int
    why: str


_attach = msgspec.json.Decoder(Attach)


def decode(frame: bytes) -> Incoming:
    """What the browser said. Raises BadFrame."""
    if not frame:
        raise BadFrame("empty frame")
    kind, payload = frame[0], frame[1:]
    if kind == Kind.STDIN:
        if len(payload) > MAX_STDIN_BYTES:
            raise BadFrame(f"stdin of {len(payload)} bytes; at most {MAX_STDIN_BYTES}")
        return Stdin(payload)
    if kind == Kind.ACK:
        return Ack(*_unpack(">Q", payload))
    if kind == Kind.RESIZE:
        return Resize(*_cells(*_unpack(">HH", payload)))
    if kind == Kind.PING:
        _unpack(">I", payload)
        return Ping(payload)
    if kind == Kind.ATTACH:
        return _decode_attach(payload)
    if kind == Kind.END and not payload:
        return End()
    raise BadFrame(f"unknown frame {kind} of {len(payload)} bytes")


def _unpack(layout: str, payload: bytes) -> tuple[int, ...]:
    try:
        return struct.unpack(layout, payload)
    except struct.error as exc:
        raise BadFrame(str(exc)) from exc


def _cells(cols: int, rows: int) -> tuple[int, int]:
    """A size a tty can have. The API server stops listening to resizes for good after one that it cannot read."""
    if not (1 <= cols <= MAX_CELLS and 1 <= rows <= MAX_CELLS):
        raise BadFrame(f"size {cols}x{rows}")
    return cols, rows


def _decode_attach(payload: bytes) -> Attach:
    try:
        attach = _attach.decode(payload)
    except (msgspec.MsgspecError, UnicodeDecodeError) as exc:
        raise BadFrame(str(exc)) from exc
    _cells(attach.cols, attach.rows)
    if attach.have_offset is not None and attach.have_offset < 0:
        raise BadFrame("negative offset")
    return attach


def output(data: bytes) -> bytes:
    return b"\x01" + data


def pong(token: bytes) -> bytes:
    return b"\x06" + token


def hello(message: Hello) -> bytes:
    return bytes([Kind.ATTACH]) + msgspec.json.encode(message)


def gap(message: Gap) -> bytes:
    body = {"from": message.start, "to": message.to, "why": message.why}
    return bytes([Kind.GAP]) + msgspec.json.encode(body)


def status(message: dict[str, Any]) -> bytes:
    """How the session ended: the last frame of a socket. Keys: reason, abnormal, exit_code, signal, message."""
    return bytes([Kind.STATUS]) + msgspec.json.encode(message)


def notice(code: str, **details: int | float | str) -> bytes:
    """Something the person should know while the session goes on. The page words the codes."""
    return bytes([Kind.NOTICE]) + msgspec.json.encode({"code": code, **details})
