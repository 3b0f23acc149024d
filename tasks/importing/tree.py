from typing import Any

from tasks.importing.faults import FaultCode, refuse
from tasks.importing.scalars import DEPTH_MAX, NODES_MAX

Mark = tuple[int, int]  # line and column, from 1


class Tree:
    """Builds a document from what a parser meets, one node after the other, and knows where each stood.

    Every step raises Refused as soon as the text is too deep, too long, or says a key twice: a text that was made to do
    harm is never held whole.
    """

    def __init__(self) -> None:
        self.places: dict[int, dict[Any, Mark]] = {}  # id of an object or list -> where each of its members stands
        self.roots: list[tuple[Any, Mark]] = []
        self._stack: list[Any] = []
        self._keys: list[tuple[str, Mark] | None] = []  # of the open objects: the key that waits for its value
        self._nodes = 0

    def open(self, value: dict[str, Any] | list[Any], line: int, column: int) -> None:
        self._add(value, line, column)
        if len(self._stack) >= DEPTH_MAX:
            raise refuse(FaultCode.TOO_DEEP, line, column, maximum=DEPTH_MAX)
        self.places[id(value)] = {}
        self._stack.append(value)
        self._keys.append(None)

    def close(self) -> None:
        self._stack.pop()
        self._keys.pop()

    @property
    def wants_key(self) -> bool:
        return bool(self._stack) and isinstance(self._stack[-1], dict) and self._keys[-1] is None

    def key(self, name: str, line: int, column: int) -> None:
        if name in self._stack[-1]:
            raise refuse(FaultCode.DUPLICATE_KEY, line, column, key=name[:60])
        self._keys[-1] = (name, (line, column))

    def scalar(self, value: Any, line: int, column: int) -> None:
        self._add(value, line, column)

    def _add(self, value: Any, line: int, column: int) -> None:
        self._nodes += 1
        if self._nodes > NODES_MAX:
            raise refuse(FaultCode.TOO_MANY_NODES, line, column, maximum=NODES_MAX)
        if not self._stack:
            self.roots.append((value, (line, column)))
            return
        parent = self._stack[-1]
        if isinstance(parent, list):
            self.places[id(parent)][len(parent)] = (line, column)
            parent.append(value)
            return
        waiting = self._keys[-1]
        if waiting is None:  # an object or a list as a key
            raise refuse(FaultCode.KEY_TYPE, line, column)
        parent[waiting[0]] = value
        self.places[id(parent)][waiting[0]] = waiting[1]
        self._keys[-1] = None
