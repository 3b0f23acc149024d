"""Shapes that a value of a manifest must have to be carried along; what has no place in them is refused by its path."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from tasks.specification.findings import Code, Finding, Parameter, error
from tasks.specification.quantities import parse_quantity
from tasks.specification.refusals import refusal
from tasks.specification.text import bad_character

DROPPED: Final = object()
# (value, its path, what is refused so far) -> the part of the value that may stay, or DROPPED.
Shape = Callable[[Any, str, list[Finding]], Any]
_DEPTH_MAX = 12
_ITEMS_MAX = 1000
_WHOLE_MAX = 2**31 - 1  # of every whole number in a pod that is not bounded here for a reason of its own


def join(path: str, name: str) -> str:
    """The path of a field; of a key that has dots itself in brackets, as Kubernetes writes it."""
    name = str(name)
    if not path:
        return name
    return f"{path}[{name}]" if re.search(r"[./\[\]]", name) else f"{path}.{name}"


def _refuse(refused: list[Finding], code: Code, path: str, **parameters: Parameter) -> Any:
    refused.append(error(code, path, **parameters))
    return DROPPED


def text(pattern: str = "", *, maximum: int = 1024) -> Shape:
    """Text without invisible characters that matches the whole pattern."""
    compiled = re.compile(pattern, re.ASCII) if pattern else None

    def shape(value: Any, path: str, refused: list[Finding]) -> Any:
        if not isinstance(value, str):
            return _refuse(refused, Code.FIELD_TYPE, path, wanted="text")
        if len(value) > maximum:
            return _refuse(refused, Code.TOO_LONG, path, maximum=maximum, length=len(value))
        if bad := bad_character(value):
            return _refuse(refused, Code.INVALID_CHARACTER, path, character=bad)
        if compiled and not compiled.fullmatch(value):
            return _refuse(refused, Code.FIELD_VALUE, path, value=value[:80])
        return value

    return shape


def words(*allowed: str) -> Shape:
    def shape(value: Any, path: str, refused: list[Finding]) -> Any:
        if not isinstance(value, str):
            return _refuse(refused, Code.FIELD_TYPE, path, wanted="text")
        return value if value in allowed else _refuse(refused, Code.INVALID_CHOICE, path, value=value[:80])

    return shape


def whole(minimum: int, maximum: int = _WHOLE_MAX) -> Shape:
    def shape(value: Any, path: str, refused: list[Finding]) -> Any:
        if type(value) is not int:  # True is an int, too
            return _refuse(refused, Code.FIELD_TYPE, path, wanted="whole")
        if value < minimum:
            return _refuse(refused, Code.TOO_SMALL, path, minimum=minimum)
        return value if value <= maximum else _refuse(refused, Code.TOO_LARGE, path, maximum=maximum)

    return shape


def flag(*, only: bool | None = None, because: Code = Code.FIELD_RIGHTS) -> Shape:
    """True or false; where one of them would give rights, only the other."""

    def shape(value: Any, path: str, refused: list[Finding]) -> Any:
        if not isinstance(value, bool):
            return _refuse(refused, Code.FIELD_TYPE, path, wanted="flag")
        return value if only in (None, value) else _refuse(refused, because, path)

    return shape


def quantity(value: Any, path: str, refused: list[Finding]) -> Any:
    if type(value) not in (str, int) or parse_quantity(value) is None:
        return _refuse(refused, Code.QUANTITY, path)
    return value


def either(*shapes: Shape) -> Shape:
    """The first shape that takes the value; otherwise what the last one says."""

    def shape(value: Any, path: str, refused: list[Finding]) -> Any:
        for attempt in shapes[:-1]:
            said: list[Finding] = []
            if (kept := attempt(value, path, said)) is not DROPPED and not said:
                return kept
        return shapes[-1](value, path, refused)

    return shape


def fields(shapes: Mapping[str, Shape], *, required: tuple[str, ...] = (), one_of: tuple[str, ...] = ()) -> Shape:
    """An object with these fields and no others. Of `one_of` there must be exactly one."""

    def shape(value: Any, path: str, refused: list[Finding]) -> Any:
        if not isinstance(value, dict):
            return _refuse(refused, Code.FIELD_TYPE, path, wanted="object")
        kept = {}
        before = len(refused)
        for name, item in value.items():
            if item is None:
                continue
            if name not in shapes:
                refused.append(refusal(join(path, name), str(name), shapes))
            elif (part := shapes[name](item, join(path, name), refused)) is not DROPPED:
                kept[name] = part
        for name in required:
            if name not in kept and len(refused) == before:
                refused.append(error(Code.REQUIRED, join(path, name)))
        if one_of and len(kept.keys() & set(one_of)) != 1 and len(refused) == before:
            refused.append(error(Code.FIELD_ONE_OF, path, fields=", ".join(one_of)))
        broken = any(name not in kept for name in required) or (one_of and len(kept.keys() & set(one_of)) != 1)
        return DROPPED if broken else kept

    return shape


def complete(shape: Shape) -> Shape:
    """The whole value or nothing of it: what is left of a mount without its sub-path would mount something else."""

    def whole_or_none(value: Any, path: str, refused: list[Finding]) -> Any:
        before = len(refused)
        kept = shape(value, path, refused)
        return kept if len(refused) == before else DROPPED

    return whole_or_none


def items(shape_of_item: Shape, *, minimum: int = 0, maximum: int = 100) -> Shape:
    def shape(value: Any, path: str, refused: list[Finding]) -> Any:
        if not isinstance(value, list):
            return _refuse(refused, Code.FIELD_TYPE, path, wanted="list")
        if len(value) < minimum:
            return _refuse(refused, Code.REQUIRED, path)
        if len(value) > maximum:
            return _refuse(refused, Code.TOO_MANY, path, maximum=maximum)
        found = (shape_of_item(item, f"{path}[{index}]", refused) for index, item in enumerate(value))
        return [item for item in found if item is not DROPPED]

    return shape


def mapping(key_pattern: str, shape_of_value: Shape, *, maximum: int = 100) -> Shape:
    """An object whose names are the writer's own."""
    key = text(key_pattern, maximum=317)

    def shape(value: Any, path: str, refused: list[Finding]) -> Any:
        if not isinstance(value, dict):
            return _refuse(refused, Code.FIELD_TYPE, path, wanted="object")
        if len(value) > maximum:
            return _refuse(refused, Code.TOO_MANY, path, maximum=maximum)
        kept = {}
        for name, item in value.items():
            here = join(path, name)
            if key(name, here, refused) is DROPPED:
                continue
            if (part := shape_of_value(item, here, refused)) is not DROPPED:
                kept[name] = part
        return kept

    return shape


def any_object(value: Any, path: str, refused: list[Finding]) -> Any:
    """An object of a bounded size with any JSON in it, where nothing can do harm and the API server judges the fields.

    Numbers it does not judge: it stores what is beyond 32 bits, and an operator that then cannot read one MPIJob reads
    none any more (kubeflow.md 0.4). Nothing in a pod that comes here has fractions.
    """
    if not isinstance(value, dict):
        return _refuse(refused, Code.FIELD_TYPE, path, wanted="object")
    level, count = [value], 0
    for _ in range(_DEPTH_MAX):
        deeper: list[Any] = []
        for item in level:
            count += 1
            if isinstance(item, dict):
                deeper += [*item, *item.values()]
            elif isinstance(item, list):
                deeper += item
            elif (kept := _plain(item, path, refused)) is DROPPED:
                return kept
        if count + len(deeper) > _ITEMS_MAX:
            return _refuse(refused, Code.FIELD_TOO_LARGE, path)
        level = deeper
    return _refuse(refused, Code.FIELD_TOO_LARGE, path) if level else value


_any_text = text()


def _plain(item: Any, path: str, refused: list[Finding]) -> Any:
    if isinstance(item, str):
        return _any_text(item, path, refused)
    if isinstance(item, float):
        return _refuse(refused, Code.FIELD_TYPE, path, wanted="whole")
    if isinstance(item, int) and abs(item) > _WHOLE_MAX:
        return _refuse(refused, Code.TOO_LARGE, path, maximum=_WHOLE_MAX)
    return item


def without_nulls(value: Any) -> Any:
    """JSON without what says nothing: to Kubernetes a field that is null is not there."""
    if isinstance(value, dict):
        return {name: without_nulls(item) for name, item in value.items() if item is not None}
    return [without_nulls(item) for item in value] if isinstance(value, list) else value
