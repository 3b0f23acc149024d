"""What is wrong with a job's active pods, passed on as Warning events of the job."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Object = dict[str, Any]
Trouble = tuple[str, str]  # reason, message


def troubles_of(pod: Object) -> Iterator[Trouble]:
    """Of its containers when they have a status, else of its init containers, else its newest condition if not True."""
    status = pod.get("status") or {}
    name = pod["metadata"]["name"]
    for key in ("containerStatuses", "initContainerStatuses"):
        if status.get(key):
            for entry in status[key]:
                yield from _container_troubles(name, entry)
            return
    conditions = status.get("conditions") or []
    if conditions:
        # The first of the newest: sorting is stable.
        newest = max(conditions, key=lambda condition: condition.get("lastTransitionTime") or "")
        if newest["status"] != "True":
            yield newest.get("reason") or "", f"Error pod {name} condition message: {newest.get('message', '')}"


def _container_troubles(pod: str, entry: Object) -> Iterator[Trouble]:
    state = entry.get("state") or {}
    ended, waiting = state.get("terminated"), state.get("waiting")
    if ended and ended.get("exitCode"):
        message = (
            f"Error pod {pod} container {entry['name']} exitCode: {ended['exitCode']} "
            f"terminated message: {ended.get('message', '')}"
        )
        yield ended.get("reason") or "", message
    if waiting and waiting.get("message"):
        yield waiting["reason"], f"Error pod {pod} container {entry['name']} waiting message: {waiting['message']}"
