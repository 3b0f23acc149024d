import json
import re
from bisect import bisect_right

from tasks.importing.faults import FaultCode, Refused, refuse
from tasks.importing.scalars import real, whole
from tasks.importing.tree import Tree

_TOKEN = re.compile(
    r"""[ \t\r\n]*(?:
        (?P<open>[\[{]) | (?P<close>[\]}]) | (?P<comma>,) | (?P<colon>:)
        | (?P<string>"(?:[^"\\\x00-\x1f]|\\.)*")
        | (?P<number>-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?)(?![0-9A-Za-z_.])
        | (?P<word>true|false|null)(?![0-9A-Za-z_])
        | (?P<end>\Z)
    )""",
    re.VERBOSE | re.ASCII,
)
_WORDS = {"true": True, "false": False, "null": None}


def read_json(text: str) -> Tree:
    """The one document of a text of JSON (RFC 8259). Raises Refused."""
    return _Json(text).read()


class _Json:
    def __init__(self, text: str) -> None:
        self.text = text
        self.lines = [0, *(match.end() for match in re.finditer("\n", text))]
        self.tree = Tree()
        self.closers: list[str] = []
        self.expected = "value"  # or "key", "colon", "comma", "end"

    def read(self) -> Tree:
        position = 0
        while True:
            match = _TOKEN.match(self.text, position)
            start = match.start(match.lastgroup) if match and match.lastgroup else self._rest(position)
            if match is None:
                raise self._wrong(start)
            if match.lastgroup == "end":
                if self.expected != "end":
                    raise self._wrong(start)
                return self.tree
            self._take(str(match.lastgroup), match[str(match.lastgroup)], start)
            position = match.end()

    def _take(self, kind: str, token: str, start: int) -> None:
        line, column = self._place(start)
        if kind == "open" and self.expected in ("value", "value or close"):
            is_object = token == "{"  # noqa: S105
            self.tree.open({} if is_object else [], line, column)
            self.closers.append("}" if is_object else "]")
            self.expected = "key or close" if is_object else "value or close"
        elif (
            kind == "close"
            and self.closers[-1:] == [token]
            and self.expected
            in (
                "comma",
                "key or close",
                "value or close",
            )
        ):
            self.closers.pop()
            self.tree.close()
            self._after_value()
        elif kind == "comma" and self.expected == "comma":
            self.expected = "key" if self.closers[-1] == "}" else "value"
        elif kind == "colon" and self.expected == "colon":
            self.expected = "value"
        elif kind == "string" and self.expected in ("key", "key or close"):
            self.tree.key(self._string(token, start), line, column)
            self.expected = "colon"
        elif kind in ("string", "number", "word") and self.expected in ("value", "value or close"):
            self.tree.scalar(self._value(kind, token, start), line, column)
            self._after_value()
        else:
            raise self._wrong(start)

    def _value(self, kind: str, token: str, start: int) -> object:
        line, column = self._place(start)
        if kind == "string":
            return self._string(token, start)
        if kind == "word":
            return _WORDS[token]
        if any(char in token for char in ".eE"):
            return real(token, line, column)
        if len(token) > 20:  # noqa: PLR2004  (more than 64 bits)
            raise refuse(FaultCode.NUMBER, line, column, value=token[:40])
        return whole(token, line, column)

    def _string(self, token: str, start: int) -> str:
        try:
            value: str = json.loads(token)
        except ValueError:
            raise self._wrong(start) from None
        for char in value:
            if char == "\0" or "\ud800" <= char <= "\udfff":
                raise refuse(FaultCode.CHARACTER, *self._place(start), character=f"U+{ord(char):04X}")
        return value

    def _after_value(self) -> None:
        self.expected = "comma" if self.closers else "end"

    def _place(self, offset: int) -> tuple[int, int]:
        line = bisect_right(self.lines, offset)
        return line, offset - self.lines[line - 1] + 1

    def _rest(self, position: int) -> int:
        """Where the blanks after a position end."""
        return position + len(self.text[position:]) - len(self.text[position:].lstrip(" \t\r\n"))

    def _wrong(self, start: int) -> Refused:
        found = self.text[start : start + 20].split("\n")[0]
        return refuse(FaultCode.SYNTAX, *self._place(start), problem=f"“{found}”" if found else "…")
