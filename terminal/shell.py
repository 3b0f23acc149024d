"""The commands we run in a container: start a shell, ask whether it lives, end it. Pure.

Only what every shell has built in is used (slim images lack ps, grep, cat and /bin/kill), and `CONSOLE_SESSION` in the
environment guards each signal: after a container restart the same number may be somebody else's process.
"""

import re
from dataclasses import dataclass, field

# A container without a locale gets a UTF-8 one, or bash would show typed Chinese as octal numbers.
# No login shell is guessed from /etc/passwd: bash where there is one, else sh. A new tty is 0x0 and the first resize
# often comes after the first prompt, so the size is set here, too; containerd sets TERM=xterm, hence ours.
_START = """\
export CONSOLE_SESSION={session} TERM=xterm-256color COLORTERM=truecolor
[ -n "$LC_ALL$LC_CTYPE$LANG" ] || export LANG=C.UTF-8
stty rows {rows} cols {cols} 2>/dev/null
printf '\\033]1337;console-pid=%d\\007' $$
if command -v bash >/dev/null 2>&1; then exec bash -l; fi
exec sh"""

# ours PID: is it a process of this session? `read` drops the NULs between variables.
_OURS = """\
ours() {{
  while IFS= read -r line || [ -n "$line" ]; do
    case "$line" in *CONSOLE_SESSION={session}*) return 0;; esac
  done 2>/dev/null <"/proc/$1/environ"
  return 1
}}
"""

# fields PID: $state $group $tty_session $foreground from /proc/PID/stat, whose second field may hold blanks.
_FIELDS = """\
fields() {{
  IFS= read -r line 2>/dev/null <"/proc/$1/stat" || return 1
  set -- ${{line##*) }}
  group=$3 tty_session=$4 foreground=$6
}}
"""

# HUP to everything in the shell's tty session: a shell that is not bash leaves its background jobs alone. Those that
# ignore HUP (nohup) or left the session (setsid, tmux) stay, as their owner asked; the shell itself does not.
_END = (
    _OURS
    + _FIELDS
    + """\
ours {pid} || exit 0
for entry in /proc/[0-9]*; do
  p=${{entry#/proc/}}
  if [ "$p" != {pid} ] && fields "$p" && [ "$tty_session" = {pid} ] && ours "$p"; then
    kill -HUP "$p" 2>/dev/null; kill -CONT "$p" 2>/dev/null
  fi
done
kill -HUP {pid}; kill -CONT {pid}
i=0
while [ $i -lt 20 ] && ours {pid}; do i=$((i+1)); sleep 0.1 2>/dev/null || sleep 1 || break; done
ours {pid} && kill -KILL {pid}
exit 0"""
)

_ALIVE = _OURS + "ours {pid}"

# A program that does not read its input leaves ^C stuck behind a paste: signal the foreground group from beside.
_INTERRUPT = (
    _OURS
    + _FIELDS
    + """\
ours {pid} && fields {pid} && [ "$foreground" -gt 1 ] && [ "$foreground" != {pid} ] && kill -INT -- "-$foreground\""""
)


@dataclass(frozen=True, slots=True)
class ShellProcess:
    """A shell of ours in a container."""

    session: str  # the value of CONSOLE_SESSION: letters, digits, - and _
    pid: int

    def command_to_end(self) -> tuple[str, ...]:
        return self._command(_END)

    def command_to_interrupt(self) -> tuple[str, ...]:
        return self._command(_INTERRUPT)

    def command_to_ask_whether_it_lives(self) -> tuple[str, ...]:
        """Exit code 0: it lives."""
        return self._command(_ALIVE)

    def _command(self, script: str) -> tuple[str, ...]:
        return ("/bin/sh", "-c", script.format(session=_safe(self.session), pid=int(self.pid)))


def command_to_start(session: str, *, cols: int, rows: int) -> tuple[str, ...]:
    return ("/bin/sh", "-c", _START.format(session=_safe(session), cols=int(cols), rows=int(rows)))


def _safe(session: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_-]{8,64}", session):
        raise ValueError("not a session id")
    return session


_MARK = re.compile(rb"\x1b\]1337;console-pid=(\d{1,10})\x07")
_MARK_BEGIN = b"\x1b]1337;console-pid="
_MARK_WITHIN_BYTES = 4096  # it is the first thing our start command prints


@dataclass(slots=True)
class PidMark:
    """Takes the shell's process id out of the start of its output; what else there is goes through unchanged."""

    pid: int | None = None
    _held: bytes = b""
    _seen: int = 0
    _done: bool = field(default=False)

    @property
    def done(self) -> bool:
        """The mark was found, or will not come any more."""
        return self._done

    def feed(self, data: bytes) -> bytes:
        """The part of the output to show now. A beginning that may still become the mark is held back."""
        if self._done:
            return data
        text = self._held + data
        self._seen += len(data)
        if match := _MARK.search(text):
            self.pid, self._done, self._held = int(match[1]), True, b""
            return text[: match.start()] + text[match.end() :]
        if self._seen > _MARK_WITHIN_BYTES:
            return self.rest(text)
        keep = _possible_start(text)
        self._held = text[keep:]
        return text[:keep]

    def rest(self, text: bytes | None = None) -> bytes:
        """Stop looking; what was held back."""
        text, self._held, self._done = self._held if text is None else text, b"", True
        return text


def _possible_start(text: bytes) -> int:
    """Where the mark may have begun; the length of `text` when it cannot have."""
    at = text.find(_MARK_BEGIN)
    if at >= 0 and text[at + len(_MARK_BEGIN) :].isdigit() or at >= 0 and at + len(_MARK_BEGIN) == len(text):
        return at
    for length in range(min(len(_MARK_BEGIN), len(text)), 0, -1):
        if text.endswith(_MARK_BEGIN[:length]):
            return len(text) - length
    return len(text)
