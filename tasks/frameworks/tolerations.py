"""Tolerations as the API writes them, and back without loss: what would not come back the same is not read."""

from typing import Any

from console.cluster.resources import Manifest
from tasks.specification.flavor import Toleration

_EFFECTS = ("", "NoSchedule", "PreferNoSchedule", "NoExecute")


def written_toleration(toleration: Toleration) -> Manifest:
    fields = {
        "key": toleration.key,
        "operator": toleration.operator,
        "value": toleration.value,
        "effect": toleration.effect,
    }
    manifest: Manifest = {name: value for name, value in fields.items() if value}
    if toleration.seconds is not None:
        manifest["tolerationSeconds"] = toleration.seconds
    return manifest


def read_tolerations(value: Any) -> tuple[Toleration, ...] | None:
    """The list of a pod; None when it is none, or has an entry that we would write differently."""
    if not isinstance(value, list):
        return None
    found = tuple(map(_read, value))
    return tuple(toleration for toleration in found if toleration) if all(found) else None


def _read(entry: Any) -> Toleration | None:
    if not isinstance(entry, dict) or entry.get("operator") not in ("Equal", "Exists"):
        return None
    seconds = entry.get("tolerationSeconds")
    words = {name: entry.get(name, "") for name in ("key", "operator", "value", "effect")}
    if not all(isinstance(word, str) for word in words.values()) or words["effect"] not in _EFFECTS:
        return None
    if seconds is not None and (not isinstance(seconds, int) or isinstance(seconds, bool)):
        return None
    toleration = Toleration(**words, seconds=seconds)
    return toleration if written_toleration(toleration) == entry else None
