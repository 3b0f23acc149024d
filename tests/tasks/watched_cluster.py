"""As much of an API server as a watch sees: WatchList, changes from a version on, and a line that can be cut."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from console.cluster.resources import (
    CLAIM,
    DEPLOYMENT,
    EVENT,
    JOB_KINDS,
    NAMESPACE,
    NODE,
    POD,
    QUOTA,
    SERVICE,
    Resource,
)
from tests.cluster.api_server import Answer, ApiServer, Recorded, status

WATCHED = (NAMESPACE, NODE, QUOTA, CLAIM, SERVICE, DEPLOYMENT, POD, EVENT, *JOB_KINDS)
_PATHS = {f"/{'apis' if r.group else 'api'}/{r.api_version}/{r.plural}": r for r in WATCHED}


class WatchedCluster(ApiServer):
    def __init__(self, folder: Path, *, cluster_uid: str = "cluster-1") -> None:
        super().__init__(folder)
        self.version = 100
        self.away = False
        self._objects: dict[str, dict[str, Any]] = {resource.key: {} for resource in WATCHED}
        self._history: list[tuple[int, str, dict[str, Any]]] = []  # (version, resource, line)
        self._changed = threading.Condition()
        self._line = 0  # a stream ends when this is no longer what it began with
        self.put(NAMESPACE, {"metadata": {"name": "kube-system", "uid": cluster_uid}})

    def put(self, resource: Resource, found: dict[str, Any], *, type_: str = "") -> None:
        """Add or change an object, or with `type_` "DELETED" delete it; all watches hear of it."""
        with self._changed:
            self.version += 1
            uid = found["metadata"]["uid"]
            found["metadata"]["resourceVersion"] = str(self.version)
            known = self._objects[resource.key]
            type_ = type_ or ("MODIFIED" if uid in known else "ADDED")
            if type_ == "DELETED":
                known.pop(uid, None)
            else:
                known[uid] = found
            self._history.append((self.version, resource.key, {"type": type_, "object": found}))
            self._changed.notify_all()

    def cut(self) -> None:
        """End every stream that is open."""
        with self._changed:
            self._line += 1
            self._changed.notify_all()

    def forget(self) -> None:
        """Compaction: versions before now are gone."""
        with self._changed:
            self._history.clear()
            self.version += 1

    def watches(self, resource: Resource) -> list[dict[str, str]]:
        """The queries of the watches that were begun of it, in order."""
        return [one.query for one in list(self.recorded) if _PATHS.get(one.path) == resource]

    def answer(self, recorded: Recorded) -> Answer:
        self.recorded.append(recorded)
        if self.away:
            return Answer(503, status(503, "ServiceUnavailable", "the server is starting"))
        resource = _PATHS.get(recorded.path)
        if resource is None or recorded.query.get("watch") != "1":
            return Answer(404, status(404, "NotFound", f"{recorded.path} not found"))
        start = recorded.query.get("resourceVersion", "")
        oldest = self._history[0][0] if self._history else self.version
        if start and int(start) < oldest - 1:
            return Answer(lines=[{"type": "ERROR", "object": status(410, "Expired", "too old resource version")}])
        return Answer(lines=self._lines(resource, start))

    def _lines(self, resource: Resource, start: str) -> Iterator[dict[str, Any]]:
        with self._changed:
            line, at = self._line, self.version
            listed = list(self._objects[resource.key].values())
        if start:
            at = int(start)
        else:
            yield from ({"type": "ADDED", "object": found} for found in listed)
            yield _bookmark(at, initial=True)
        while True:
            with self._changed:
                if self.version == at and not self.over.is_set() and self._line == line:
                    self._changed.wait(0.2)
                news = [entry for entry in self._history if entry[0] > at]
                at = max([at, *(version for version, _, _ in news)])
                if self.over.is_set() or self._line != line:
                    return
            yield from (change for _, key, change in news if key == resource.key)


def _bookmark(version: int, *, initial: bool) -> dict[str, Any]:
    annotations = {"k8s.io/initial-events-end": "true"} if initial else {}
    return {"type": "BOOKMARK", "object": {"metadata": {"resourceVersion": str(version), "annotations": annotations}}}
