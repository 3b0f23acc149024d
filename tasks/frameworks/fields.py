from collections.abc import Iterator, Mapping
from typing import Any

from tasks.specification.accepting import DROPPED, join
from tasks.specification.findings import Code, Finding, error
from tasks.specification.kept import Kept, accept
from tasks.specification.refusals import refusal


class Fields:
    """One object inside a manifest, read field by field; `refused` then tells what nobody has taken, and why.

    A field of another type than the one asked for reads as empty, and is refused. So is a required one that is missing.
    """

    def __init__(self, value: object, path: str = "", *, root: "Fields | None" = None) -> None:
        self._left = dict(value) if isinstance(value, dict) else {}
        self._path = path
        self._inner: list[Fields] = []
        self._known: dict[str, str] = {}  # name -> the type that was asked for
        self._refused: list[Finding] = [] if root is None else root._refused
        if not isinstance(value, dict | None):
            self._refused.append(error(Code.FIELD_TYPE, path, wanted="object"))

    def path_of(self, name: str) -> str:
        return join(self._path, name)

    def names(self) -> list[str]:
        return [str(name) for name in self._left]

    def has(self, name: str) -> bool:
        return self._left.get(name) is not None

    def peek(self, name: str) -> Any:
        """The value, whatever it is; it still counts as not taken."""
        return self._left.get(name)

    def take(self, name: str) -> Any:
        return self._left.pop(name, None)

    def ignore(self, *names: str) -> None:
        for name in names:
            self._left.pop(name, None)

    def text(self, name: str, *, required: bool = False) -> str:
        if required and not self.has(name):
            self.refuse(Code.REQUIRED, name)
        value = self._typed(name, str, "text")
        return value if isinstance(value, str) else ""

    def texts(self, name: str) -> tuple[str, ...]:
        self._known[name] = "list"
        value = self.peek(name)
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            self.take(name)
            return tuple(value)
        return ()

    def whole(self, name: str, *, absent: int | None) -> int | None:
        value = self._typed(name, int, "whole")
        return absent if value is None else value

    def flag(self, name: str) -> bool:
        return bool(self._typed(name, bool, "flag"))

    def inside(self, name: str) -> "Fields":
        self._known[name] = "object"
        inner = Fields(self.take(name), self.path_of(name), root=self)
        self._inner.append(inner)
        return inner

    def at(self, path: str, value: object) -> "Fields":
        """An object somewhere in here that `items` has taken."""
        inner = Fields(value, path, root=self)
        self._inner.append(inner)
        return inner

    def items(self, name: str) -> Iterator[tuple[int, str, Any]]:
        """Each item of a list with its index and its path; all count as taken."""
        self._known[name] = "list"
        value = self.peek(name)
        if isinstance(value, list):
            self.take(name)
            for index, item in enumerate(value):
                yield index, f"{self.path_of(name)}[{index}]", item

    def keep(self, at: str, value: Any, path: str, table: Mapping[str, Kept], framework: str) -> dict[str, Any]:
        """A value of this object as what is carried along under `path`: {} when it is not allowed, and then refused."""
        accepted = accept(table, path, value, framework, at=f"{self._path}.{at}", refused=self._refused)
        return {} if accepted is DROPPED else {path: accepted}

    def keep_known(self, prefix: str, table: Mapping[str, Kept], framework: str) -> dict[str, Any]:
        """What is left here and on the list of what may stay: `table` has it as `prefix` + name."""
        kept: dict[str, Any] = {}
        for name in self.names():
            entry = table.get(f"{prefix}{name}")
            if entry is None or (entry.frameworks and framework not in entry.frameworks):
                continue
            value = self.take(name)
            if value not in (None, {}, []):
                kept |= self.keep(name, value, f"{prefix}{name}", table, framework)
        self._known |= {
            path.removeprefix(prefix): ""
            for path, entry in table.items()
            if path.startswith(prefix) and (not entry.frameworks or framework in entry.frameworks)
        }
        return kept

    def refuse(self, code: Code, at: str = "", /, **parameters: str | int) -> None:
        """Refuse a field of this object, or the object itself."""
        self._refused.append(error(code, f"{self._path}.{at}" if at else self._path, **parameters))

    def refused(self) -> tuple[Finding, ...]:
        """Everything refused: in this object and in all objects inside; once each."""
        found = {(finding.path, finding.code): finding for finding in [*self._refused, *self._unread()]}
        return tuple(found.values())

    def _typed(self, name: str, type_: type, wanted: str) -> Any:
        self._known[name] = wanted
        value = self.peek(name)
        return self.take(name) if type(value) is type_ else None  # True is an int, too

    def _unread(self) -> Iterator[Finding]:
        for name, value in self._left.items():
            if value in (None, {}, []):
                continue
            if wanted := self._known.get(name):
                yield error(Code.FIELD_TYPE, self.path_of(name), wanted=wanted)
            else:
                yield refusal(self.path_of(name), str(name), self._known)
        for inner in self._inner:
            yield from inner._unread()
