"""RFC 6902, JSON patch."""

from __future__ import annotations

from typing import Any


class PatchError(ValueError):
    """The patch does not fit the object."""


class TestFailed(PatchError):
    """A `test` operation said no."""

    __test__ = False  # no test class, whatever pytest thinks of the name


def json_patch(document: Any, operations: Any) -> Any:
    """`document` after the operations (it may be changed in place)."""
    if not isinstance(operations, list):
        raise PatchError("the patch is no list of operations")
    for operation in operations:
        document = _apply(document, operation)
    return document


def _apply(document: Any, operation: Any) -> Any:
    try:
        name, path = operation["op"], _parts(operation["path"])
        if name in ("add", "replace", "test"):
            value = operation["value"]
        elif name in ("move", "copy"):
            value = _get(document, _parts(operation["from"]))
        elif name == "remove":
            value = None
        else:
            raise PatchError(f"unexpected kind: {name}")
    except (KeyError, TypeError) as error:
        raise PatchError(f"operation is incomplete: {error}") from None
    if name == "test":
        if _get(document, path) != value:
            raise TestFailed(f"testing value {operation['path']} failed: test failed")
        return document
    if name == "move":
        document = _remove(document, _parts(operation["from"]))
    if name == "remove":
        return _remove(document, path)
    return _set(document, path, value, replace=name == "replace")


def _parts(pointer: str) -> list[str]:
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]


def _step(value: Any, part: str) -> Any:
    try:
        return value[int(part)] if isinstance(value, list) else value[part]
    except (KeyError, IndexError, ValueError, TypeError):
        raise PatchError(f"doc is missing path: {part}: missing value") from None


def _get(document: Any, path: list[str]) -> Any:
    for part in path:
        document = _step(document, part)
    return document


def _remove(document: Any, path: list[str]) -> Any:
    if not path:
        return None
    holder = _get(document, path[:-1])
    _step(holder, path[-1])
    del holder[int(path[-1]) if isinstance(holder, list) else path[-1]]
    return document


def _set(document: Any, path: list[str], value: Any, *, replace: bool) -> Any:
    if not path:
        return value
    holder, last = _get(document, path[:-1]), path[-1]
    if replace:
        _step(holder, last)
    if isinstance(holder, list):
        if replace:
            holder[int(last)] = value
        else:
            index = len(holder) if last == "-" else int(last)
            if index > len(holder):
                raise PatchError(f"add operation does not apply: index {index} out of bounds")
            holder.insert(index, value)
    elif isinstance(holder, dict):
        holder[last] = value
    else:
        raise PatchError(f"doc is missing path: {last}")
    return document
