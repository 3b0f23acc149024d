from collections.abc import Iterator
from typing import Any

from console.cluster.resources import Manifest


class Fields:
    """One object inside a manifest, read field by field; `left_over` then tells what nobody has asked for.

    A field of another type than the one asked for counts as not asked for, and reads as empty.
    """

    def __init__(self, value: object, *, path: str = "", root: "Fields | None" = None) -> None:
        self._left: Manifest = dict(value) if isinstance(value, dict) else {}
        self._path = path
        self._inner: list[Fields] = []
        self._refused: list[str] = [] if root is None else root._refused
        if not isinstance(value, dict | None):
            self._refused.append(path)

    def names(self) -> list[str]:
        return [name for name in self._left if isinstance(name, str)]

    def has(self, name: str) -> bool:
        return self._left.get(name) is not None

    def peek(self, name: str) -> Any:
        """The value, whatever it is; it still counts as not asked for."""
        return self._left.get(name)

    def peek_text(self, name: str) -> str:
        value = self.peek(name)
        return value if isinstance(value, str) else ""

    def take(self, name: str) -> Any:
        return self._left.pop(name, None)

    def ignore(self, *names: str) -> None:
        for name in names:
            self._left.pop(name, None)

    def text(self, name: str) -> str:
        return str(self.take(name)) if isinstance(self.peek(name), str) else ""

    def texts(self, name: str) -> tuple[str, ...]:
        value = self.peek(name)
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return tuple(self.take(name))
        return ()

    def whole(self, name: str, *, absent: int | None) -> int | None:
        value = self.peek(name)
        if type(value) is not int:  # True is an int, too
            return absent
        self.take(name)
        return value

    def flag(self, name: str) -> bool:
        return bool(self.take(name)) if isinstance(self.peek(name), bool) else False

    def inside(self, name: str) -> "Fields":
        inner = Fields(self.take(name), path=self._join(name), root=self)
        self._inner.append(inner)
        return inner

    def each(self, name: str) -> Iterator["Fields"]:
        value = self.peek(name)
        if not isinstance(value, list):
            return
        self.take(name)
        inner = [Fields(item, path=f"{self._join(name)}[{index}]", root=self) for index, item in enumerate(value)]
        self._inner += inner
        yield from inner

    def only(self, name: str) -> "Fields":
        """The first object of a list; further ones are refused."""
        items = list(self.each(name))
        for item in items[1:]:
            self._inner.remove(item)
            self.refuse(item._path)
        return items[0] if items else Fields(None, path=self._join(name), root=self)

    def refuse(self, path: str) -> None:
        self._refused.append(path)

    def left_over(self) -> tuple[str, ...]:
        """The paths that nobody has asked for, this object's and those of all objects inside."""
        return tuple(dict.fromkeys([*self._refused, *self._unread()]))

    def _unread(self) -> Iterator[str]:
        for name, value in self._left.items():
            if value not in (None, {}, []):
                yield self._join(str(name))
        for inner in self._inner:
            yield from inner._unread()

    def _join(self, name: str) -> str:
        return f"{self._path}.{name}" if self._path else name
