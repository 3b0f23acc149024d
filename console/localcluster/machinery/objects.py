"""Reading and copying objects."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from console.localcluster.store import Object

Clock = Callable[[], datetime]
# Kubernetes' alphabet of generated names: no vowels, so no words.
_SUFFIX_LETTERS = "bcdfghjklmnpqrstvwxz2456789"


def wall_clock() -> datetime:
    return datetime.now(UTC)


def seconds_text(at: datetime) -> str:
    """metav1.Time: "2026-11-23T10:00:00Z"."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def micros_text(at: datetime) -> str:
    """metav1.MicroTime."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parse_time(text: str) -> datetime:
    return datetime.fromisoformat(text)


def clone(value: Any) -> Any:
    """A deep copy of what JSON can hold: 5x faster than copy.deepcopy."""
    if type(value) is dict:
        return {key: clone(inner) if type(inner) in (dict, list) else inner for key, inner in value.items()}
    if type(value) is list:
        return [clone(inner) if type(inner) in (dict, list) else inner for inner in value]
    return value


def new_uid() -> str:
    return str(uuid.uuid4())


def random_suffix(length: int = 5) -> str:
    return "".join(random.choices(_SUFFIX_LETTERS, k=length))  # noqa: S311 - a name, not a secret


def name_of(obj: Object) -> str:
    return str(obj["metadata"]["name"])


def namespace_of(obj: Object) -> str:
    return str(obj["metadata"].get("namespace", ""))


def uid_of(obj: Object) -> str:
    return str(obj["metadata"]["uid"])


def labels_of(obj: Object) -> dict[str, str]:
    return obj["metadata"].get("labels") or {}


def owner_references(obj: Object) -> list[dict[str, Any]]:
    return obj["metadata"].get("ownerReferences") or []


def at_path(obj: Any, path: str) -> Any:
    """The value under dots ("spec.nodeName"); None where something on the way is missing."""
    for part in path.split("."):
        if not isinstance(obj, dict):
            return None
        obj = obj.get(part)
    return obj
