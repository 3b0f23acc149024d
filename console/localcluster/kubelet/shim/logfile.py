"""A container's output as Kubernetes keeps it: a record a line, with time, stream and a mark for pieces of lines.

Files are `<attempt>.<number>.log`, written in the CRI format: `<RFC 3339 with nanoseconds> stdout F <text>`, `P` in
place of `F` for a piece that goes on in the next record. The newest number is the one that can be read; older ones are
kept for followers that are still inside them.
"""

import os
import time

ROTATE_AT_BYTES = 10 * 1024 * 1024  # containerLogMaxSize of a kubelet
KEPT_FILES = 3
LONGEST_PIECE = 16 * 1024  # of containerd's CRI logger


def log_path(folder: str, attempt: int, number: int) -> str:
    """Return the path of one log file."""
    return f"{folder}/{attempt}.{number}.log"


def log_numbers(folder: str, attempt: int) -> list[int]:
    """Return the numbers of an attempt's log files, oldest first; empty when it never wrote."""
    found = []
    try:
        names = os.listdir(folder)
    except FileNotFoundError:
        return []
    for name in names:
        parts = name.split(".")
        if len(parts) == 3 and parts[0] == str(attempt) and parts[2] == "log" and parts[1].isdigit():
            found.append(int(parts[1]))
    return sorted(found)


def timestamp(nanoseconds: int) -> str:
    """Return RFC 3339 in UTC with nine digits, as the runtime writes it."""
    seconds, rest = divmod(nanoseconds, 1_000_000_000)
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + f".{rest:09d}Z"


class LogFile:
    """Takes raw output and appends records; rotates by size. Lines of one read differ by a nanosecond each."""

    def __init__(self, folder: str, attempt: int, *, rotate_at_bytes: int = ROTATE_AT_BYTES) -> None:
        os.makedirs(folder, exist_ok=True)
        self._folder, self._attempt, self._rotate_at = folder, attempt, rotate_at_bytes
        self._number = (log_numbers(folder, attempt) or [0])[-1]
        self._file = self._open()
        self._rest = b""
        self._last = 0

    def _open(self) -> int:
        path = log_path(self._folder, self._attempt, self._number)
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o640)

    def write(self, data: bytes) -> None:
        """Append all complete lines of what has come so far; what is left waits for its newline or 16 KiB."""
        lines = (self._rest + data).split(b"\n")
        self._rest = lines.pop()
        records: list[bytes] = []
        clock = max(time.time_ns(), self._last + 1)
        prefix = timestamp(clock)[:20].encode()
        within = clock % 1_000_000_000
        for line in lines:
            if within > 999_999_990 or len(line) > LONGEST_PIECE:
                self._last = clock = max(time.time_ns(), clock + 1)
                prefix, within = timestamp(clock)[:20].encode(), clock % 1_000_000_000
            while len(line) > LONGEST_PIECE:
                records.append(b"%s%09dZ stdout P %s\n" % (prefix, within, line[:LONGEST_PIECE]))
                line = line[LONGEST_PIECE:]
            records.append(b"%s%09dZ stdout F %s\n" % (prefix, within, line))
            within += 1
            clock += 1
        while len(self._rest) >= LONGEST_PIECE:
            records.append(b"%s%09dZ stdout P %s\n" % (prefix, within, self._rest[:LONGEST_PIECE]))
            self._rest = self._rest[LONGEST_PIECE:]
        self._last = clock
        self._append(b"".join(records))

    def _append(self, data: bytes) -> None:
        if not data:
            return
        os.write(self._file, data)
        if os.fstat(self._file).st_size >= self._rotate_at:
            os.close(self._file)
            self._number += 1
            self._file = self._open()
            for number in log_numbers(self._folder, self._attempt)[:-KEPT_FILES]:
                os.unlink(log_path(self._folder, self._attempt, number))

    def close(self) -> None:
        """Write what has no newline: a piece, as the runtime does, so that it is read back without one."""
        if self._rest:
            self._append(f"{timestamp(time.time_ns())} stdout P ".encode() + self._rest + b"\n")
            self._rest = b""
        os.close(self._file)
