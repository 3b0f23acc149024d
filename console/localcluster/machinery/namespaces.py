"""The end of a namespace: everything in it goes first."""

from __future__ import annotations

from dataclasses import dataclass

from console.localcluster.machinery.api import Api
from console.localcluster.machinery.errors import ApiError
from console.localcluster.machinery.event_groups import stored_kind
from console.localcluster.machinery.kinds import KINDS, NAMESPACE, Kind
from console.localcluster.machinery.objects import Clock, clone, name_of
from console.localcluster.store import Object


@dataclass(slots=True)
class NamespaceController:
    """Empties namespaces that are marked, and removes them when the last object has gone."""

    api: Api
    clock: Clock

    async def run(self) -> None:
        terminating: set[str] = set()
        for namespace in self.api.list(NAMESPACE):
            self._note(namespace, terminating)
        changes = self.api.watch_all()
        try:
            for name in list(terminating):
                self._empty(name, terminating)
            async for kind, change_type, obj in changes:
                if kind is NAMESPACE and change_type != "DELETED":
                    self._note(obj, terminating)
                    self._empty(name_of(obj), terminating)
                elif obj["metadata"].get("namespace") in terminating:
                    self._empty(obj["metadata"]["namespace"], terminating)
        finally:
            changes.close()

    def _note(self, namespace: Object, terminating: set[str]) -> None:
        if "deletionTimestamp" in namespace["metadata"]:
            terminating.add(name_of(namespace))

    def _empty(self, name: str, terminating: set[str]) -> None:
        namespace = self.api.store.get(NAMESPACE.key, "", name)
        if name not in terminating or namespace is None:
            terminating.discard(name)
            return
        left = 0
        for kind in KINDS:
            if kind.namespaced and stored_kind(kind) is kind:
                left += self._delete_all(kind, name)
        if left == 0:
            terminating.discard(name)
            self._finish(namespace)

    def _delete_all(self, kind: Kind, namespace: str) -> int:
        """How many objects of the kind are still there, on their way out."""
        for obj in self.api.list(kind, namespace):
            if "deletionTimestamp" not in obj["metadata"]:
                try:
                    self.api.delete(kind, namespace, name_of(obj))
                except ApiError:  # somebody else was faster
                    continue
        return len(self.api.list(kind, namespace))

    def _finish(self, namespace: Object) -> None:
        done = clone(namespace)
        done["spec"] = {}
        if done["metadata"].get("finalizers"):
            self.api.update(NAMESPACE, done)
        else:
            self.api.store.put(NAMESPACE.key, done)
            self.api.store.remove(NAMESPACE.key, "", name_of(namespace))
