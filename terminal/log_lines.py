"""A pod's log on its way to a page: whole lines, none too long, none twice. Pure."""

import re
from collections.abc import Iterator

LINE_BYTES = 16 * 1024  # the runtime stores longer lines in pieces of this size; a page draws no longer ones
# RFC 3339 with up to nine decimals, as the kubelet puts before each line; Go drops trailing zeros.
_STAMP = re.compile(rb"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d) ")


class LogLines:
    """Cuts chunks into lines that begin with a time stamp, and knows where to go on after a restart."""

    def __init__(self) -> None:
        self._rest = b""
        self._cut_bytes = 0  # of the line being read, beyond LINE_BYTES
        self._newest: tuple[bytes, bytes] = (b"", b"")  # sorts by time
        self._at_newest: set[bytes] = set()  # lines shown that bear the newest stamp: the next follow repeats them
        self._resuming = False
        self.since_time = ""  # the newest stamp as written, for sinceTime

    def feed(self, chunk: bytes) -> bytes:
        """The whole lines that are complete now, each ending in a newline."""
        return b"".join(self._new(line) for line in self._split(chunk))

    def finish(self) -> bytes:
        """The stream has ended: what is left of a line, and the next stream goes on after it."""
        line = self._take(b"") if self._rest else b""
        self._resuming = True
        return self._new(line) if line else b""

    def _split(self, chunk: bytes) -> Iterator[bytes]:
        *ends, rest = chunk.split(b"\n")
        for end in ends:
            yield self._take(end)
        self._keep(rest)

    def _keep(self, part: bytes) -> None:
        room = LINE_BYTES - len(self._rest)
        self._rest += part[:room]
        self._cut_bytes += max(0, len(part) - room)

    def _take(self, part: bytes) -> bytes:
        self._keep(part)
        line, cut = self._rest, self._cut_bytes
        self._rest, self._cut_bytes = b"", 0
        return line + (f" … (+{cut} B)\n".encode() if cut else b"\n")

    def _new(self, line: bytes) -> bytes:
        """The line, or nothing when the stream before has shown it."""
        match = _STAMP.match(line)
        if match is None:
            return line
        stamp = (match[1], (match[2] or b"").ljust(9, b"0"))
        if self._resuming:
            if stamp < self._newest or (stamp == self._newest and line in self._at_newest):
                return b""
            if stamp > self._newest:
                self._resuming = False
        if stamp > self._newest:
            self._newest, self.since_time = stamp, match[0].strip().decode()
            self._at_newest.clear()
        if stamp == self._newest:
            self._at_newest.add(line)
        return line
