"""Strings as they were typed, read as words, numbers and lists: what cannot be read becomes a finding."""

import json
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Any, TypeVar

from tasks.specification.findings import Code, Finding, error
from tasks.specification.numbers import parse_whole
from tasks.specification.text import normal_lines

Entries = Mapping[str, Any]
_Word = TypeVar("_Word", bound=StrEnum)


def group(entries: Entries, name: str) -> Entries:
    value = entries.get(name)
    return value if isinstance(value, Mapping) else {}


def groups(entries: Entries, name: str) -> Iterator[tuple[int, Entries]]:
    """The rows of a list, each with its index; what is no row is left out."""
    rows = entries.get(name)
    for index, row in enumerate(rows if isinstance(rows, list) else []):
        if isinstance(row, Mapping):
            yield index, row


def text(entries: Entries, name: str, default: str = "") -> str:
    value = entries.get(name, default)
    return value if isinstance(value, str) else default


def name(entries: Entries, key: str) -> str:
    return text(entries, key).strip(" ")


def names(entries: Entries, key: str) -> tuple[str, ...]:
    """A list of names; empty ones are none."""
    values = entries.get(key)
    found = (value.strip(" ") for value in (values if isinstance(values, list) else []) if isinstance(value, str))
    return tuple(filter(None, found))


def lines(typed: str) -> tuple[str, ...]:
    """One item a line, exactly as typed; empty lines are none.

    A line that is a string of JSON ("...") stands for what is in it, so that an item may have line breaks.
    """
    return tuple(_item(line) for line in normal_lines(typed).split("\n") if line.strip())


def as_lines(items: Iterable[str]) -> str:
    """The inverse of `lines`."""
    return "\n".join(item if lines(item) == (item,) else json.dumps(item, ensure_ascii=False) for item in items)


def _item(line: str) -> str:
    if line.startswith('"') and line.endswith('"'):
        try:
            value = json.loads(line)
        except ValueError:
            return line
        return value if isinstance(value, str) else line
    return line


def whole(
    entries: Entries, name: str, path: str, findings: list[Finding], *, default: str = "", required: bool = False
) -> int | None:
    typed = text(entries, name, default).strip(" ")
    if not typed:
        if required:
            findings.append(error(Code.REQUIRED, path))
        return None
    value = parse_whole(typed)
    if value is None:
        findings.append(error(Code.NOT_A_WHOLE_NUMBER, path))
    return value


def word(words: type[_Word], typed: str, path: str, findings: list[Finding]) -> _Word | None:
    try:
        return words(typed)
    except ValueError:
        findings.append(error(Code.INVALID_CHOICE, path, value=typed) if typed else error(Code.NOT_CHOSEN, path))
        return None
