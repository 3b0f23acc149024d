import copy
import re
from collections.abc import Mapping
from typing import Any

_PART = re.compile(r"\[([0-9]+)\]|([^.\[\]]+)")


def place(target: dict[str, Any], kept: Mapping[str, Any]) -> None:
    """Write values into `target` at their paths ("template.spec.hostname", "template.spec.volumes[2]").

    An object is merged into the one that is there, and what is there wins; a list is followed by what else is there; a
    path that ends in an index inserts an item there, or at the end of a shorter list. Lower indexes come first, so that
    a list whose items were taken out by their indexes is the same list again. Raises ValueError for a path through
    something that is neither object nor list.
    """
    for path in sorted(kept, key=_order):
        _place(target, _parts(path), copy.deepcopy(kept[path]))


def _order(path: str) -> list[tuple[int, str]]:
    return [(part, "") if isinstance(part, int) else (-1, part) for part in _parts(path)]


def _parts(path: str) -> list[str | int]:
    return [int(match[1]) if match[1] else match[2] for match in _PART.finditer(path)]


def _place(target: Any, parts: list[str | int], value: Any) -> None:
    for part, following in zip(parts, parts[1:], strict=False):
        if isinstance(part, int):
            target = target[part]
        else:
            target = target.setdefault(part, [] if isinstance(following, int) else {})
        if not isinstance(target, dict | list):
            raise ValueError(f"nothing can be placed inside {part!r}")  # noqa: TRY004  (of the path, not a type)
    last = parts[-1]
    if isinstance(last, int):
        target.insert(last, value)
    elif isinstance(value, dict) and isinstance(target.get(last), dict):
        target[last] = {**value, **target[last]}
    elif isinstance(value, list) and isinstance(target.get(last), list):
        target[last] = value + [item for item in target[last] if item not in value]
    else:
        target[last] = value
