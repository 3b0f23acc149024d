"""Reading a container's log back: tail, since, timestamps, limits, and following through rotations."""

from __future__ import annotations

import asyncio
import os
import re
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from console.localcluster.kubelet.shim.logfile import log_numbers, log_path, timestamp

_STAMP = len("2026-11-23T21:14:18.123456789Z")
_BLOCK = 64 * 1024
_QUICKEST_LOOK, _SLOWEST_LOOK = 0.02, 0.25  # seconds between two looks at a quiet log that is followed
_FRACTION = re.compile(r"\.(\d{1,9})\d*")


class LogRefused(Exception):
    """The log cannot be read; `code` is the HTTP status (204: not scheduled yet, an empty body)."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


@dataclass(frozen=True, slots=True, kw_only=True)
class LogOptions:
    """What to read. `since` is a timestamp in the log's own format (inclusive), "" for all."""

    follow: bool = False
    tail_lines: int | None = None
    since: str = ""
    timestamps: bool = False
    limit_bytes: int | None = None


def since_text(since_time: str | None, since_seconds: int | None) -> str:
    """Return either bound in the log's format; "" for neither. Raises LogRefused (400) for a malformed time."""
    if since_seconds is not None:
        return timestamp(time.time_ns() - since_seconds * 1_000_000_000)
    if not since_time:
        return ""
    fraction = _FRACTION.search(since_time)
    try:
        moment = datetime.fromisoformat(_FRACTION.sub("", since_time).replace("Z", "+00:00"))
        seconds = int(moment.timestamp())
    except ValueError as error:
        raise LogRefused(400, f'parsing time "{since_time}": cannot parse') from error
    return timestamp(seconds * 1_000_000_000 + int((fraction[1] if fraction else "0").ljust(9, "0")))


def _records(file: int, offset: int) -> Iterator[tuple[bytes, int]]:
    """Yield (record without its newline, offset behind it) for each complete record from `offset`."""
    rest = b""
    while True:
        block = os.pread(file, _BLOCK, offset + len(rest))
        if not block:
            return
        lines = (rest + block).split(b"\n")
        rest = lines.pop()
        for line in lines:
            offset += len(line) + 1
            yield line, offset


def _tail_offset(file: int, lines: int) -> int:
    """Return where the last `lines` records begin."""
    end = os.fstat(file).st_size
    if lines <= 0:
        return end
    found, position, block = 0, end, b""
    while position > 0:
        size = min(_BLOCK, position)
        position -= size
        block = os.pread(file, size, position)
        count = block.count(b"\n")
        # The newline that ends the last record does not begin one.
        needed = lines + 1 - found
        if count >= needed:
            cut = len(block)
            for _ in range(needed):
                cut = block.rfind(b"\n", 0, cut)
            return position + cut + 1
        found += count
    return 0


class LogReader:
    """Reads one run's log. `running` tells whether the run can still write."""

    def __init__(self, folder: str, attempt: int, options: LogOptions, running: Callable[[], bool]) -> None:
        self._folder, self._attempt, self._options, self._running = folder, attempt, options, running
        self._left = options.limit_bytes
        self._continues = False  # the last record was a piece of a longer line

    async def read(self) -> AsyncIterator[bytes]:
        """Yield what the client gets, in blocks of whole lines."""
        numbers = log_numbers(self._folder, self._attempt)
        number = numbers[-1] if numbers else 0
        offset: int | None = None
        pause = _QUICKEST_LOOK
        while True:
            # Both asked before looking: what was written until the end, or into the older file, is then surely seen.
            last_look = not (self._options.follow and self._running())
            rotated = number < (log_numbers(self._folder, self._attempt) or [0])[-1]
            file = self._open(number)
            if file is not None:
                try:
                    if offset is None:
                        tail = self._options.tail_lines
                        offset = 0 if tail is None else _tail_offset(file, tail)
                    for block, behind in self._blocks(file, offset):
                        offset, pause = behind, _QUICKEST_LOOK
                        yield block
                        if self._left == 0:
                            return
                        await asyncio.sleep(0)
                finally:
                    os.close(file)
            if rotated:
                number, offset = number + 1, 0
                continue
            if last_look:
                return
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, _SLOWEST_LOOK)

    def _open(self, number: int) -> int | None:
        try:
            return os.open(log_path(self._folder, self._attempt, number), os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return None

    def _blocks(self, file: int, offset: int) -> Iterator[tuple[bytes, int]]:
        """Yield (bytes for the client, offset behind them) in pieces of about 64 KiB."""
        pieces: list[bytes] = []
        size = 0
        behind = offset
        for record, behind in _records(file, offset):
            shown = self._shown(record)
            pieces.append(shown)
            size += len(shown)
            if size >= _BLOCK:
                yield self._limited(b"".join(pieces)), behind
                pieces, size = [], 0
        if pieces:
            yield self._limited(b"".join(pieces)), behind

    def _shown(self, record: bytes) -> bytes:
        stamp, mark, text = record[:_STAMP], record[_STAMP + 8 : _STAMP + 9], record[_STAMP + 10 :]
        beginning, self._continues = not self._continues, mark == b"P"
        if self._options.since and stamp.decode(errors="replace") < self._options.since:
            return b""
        if self._options.timestamps and beginning:
            text = stamp + b" " + text
        return text if self._continues else text + b"\n"

    def _limited(self, data: bytes) -> bytes:
        if self._left is None:
            return data
        data = data[: self._left]
        self._left -= len(data)
        return data
