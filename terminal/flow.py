"""What of a shell's output has gone to the browser, and what may go next. Pure: no sockets, no clock."""

from terminal import protocol
from terminal.protocol import Gap
from terminal.scrollback import Scrollback

WINDOW_BYTES = 128 * 1024  # sent and not acked: with it, ^C comes back in 0.1 s in a browser that parses 1 MiB/s
AHEAD_BYTES = 64 * 1024  # read from the shell and not sent; then the reader waits
FRAME_BYTES = 32 * 1024  # small outputs are joined up to this: best for the keys of the other sessions
TAIL_BYTES = 4 * 1024  # what is still shown of a flood that ^C cut short
SCROLLBACK_BYTES = 1024 * 1024


class OutputFlow:
    """One stream of output on its way to one browser after another.

    The browser acks what it has *parsed*, so that a flood piles up in the shell's own pty and not in the browser,
    where ^C would come after it.
    """

    def __init__(self, *, window: int = WINDOW_BYTES, capacity: int = SCROLLBACK_BYTES) -> None:
        self.window = window
        self.scrollback = Scrollback(capacity)
        self.sent = 0
        self.acked = 0
        self._gaps: list[Gap] = []  # announced, not yet acked: their bytes are not in flight

    @property
    def pending(self) -> int:
        """Bytes read from the shell that the browser has not been sent."""
        return self.scrollback.end - self.sent

    @property
    def unparsed(self) -> int:
        """Bytes between the shell and the browser's screen."""
        return self.pending + self.in_flight

    @property
    def in_flight(self) -> int:
        return self.sent - self.acked - sum(gap.to - max(gap.start, self.acked) for gap in self._gaps)

    def append(self, data: bytes) -> None:
        self.scrollback.append(data)

    def ack(self, offset: int) -> bool:
        """The browser has parsed up to `offset`; old, doubled and future ones change nothing. True: there was news."""
        if not self.acked < offset <= self.sent:
            return False
        self.acked = offset
        self._gaps = [gap for gap in self._gaps if gap.to > offset]
        return True

    def attach(self, have_offset: int | None) -> tuple[int, bool]:
        """A browser begins to read: where, and whether it must clear its screen first."""
        held = self.scrollback
        reset = have_offset is None or not held.start <= have_offset <= held.end
        self.sent = held.line_start(held.start) if reset or have_offset is None else have_offset
        self.acked = self.sent
        self._gaps = []
        return self.sent, reset

    def skip_to_tail(self) -> bytes:
        """Give up what has not been sent but for the last lines: the frame that says so. Empty: nothing to skip."""
        return self._skip(max(self.scrollback.end - TAIL_BYTES, self.sent), "interrupted")

    def next_frame(self, *, unbounded: bool = False) -> bytes:
        """The next frame for the browser; empty when there is nothing, or the window is full.

        `unbounded`: the shell has ended, what is left is at most one scrollback, acks no longer matter.
        """
        room = FRAME_BYTES if unbounded else min(FRAME_BYTES, self.window - self.in_flight)
        if room <= 0 or not self.pending:
            return b""
        if self.sent < self.scrollback.start:
            return self._skip(self.scrollback.start, "overwritten")
        data = self.scrollback.read(self.sent, room)
        self.sent += len(data)
        return protocol.output(data)

    def _skip(self, at_least: int, why: str) -> bytes:
        to = self.scrollback.line_start(at_least)
        if to <= self.sent:
            return b""
        gap = Gap(start=self.sent, to=to, why=why)
        self._gaps.append(gap)
        self.sent = to
        return protocol.gap(gap)
