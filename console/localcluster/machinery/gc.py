"""Garbage collection by ownerReferences: background, foreground, orphan."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from console.localcluster.machinery.api import Api
from console.localcluster.machinery.deletion import FOREGROUND, ORPHAN
from console.localcluster.machinery.errors import ApiError
from console.localcluster.machinery.kinds import Kind
from console.localcluster.machinery.objects import Clock, clone, name_of, namespace_of, owner_references, uid_of
from console.localcluster.store import Object

Place = tuple[Kind, str, str]  # kind, namespace, name


@dataclass(slots=True)
class GarbageCollector:
    """Follows every object. An owner that never existed counts as gone, as for the real collector."""

    api: Api
    clock: Clock
    _places: dict[str, Place] = field(default_factory=dict)  # by uid, of what exists
    _dependents: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    async def run(self) -> None:
        changes = self.api.watch_all(initial=True)
        try:
            started = changes.waiting
            async for kind, change_type, obj in changes:
                if change_type == "DELETED":
                    self._gone(obj)
                else:
                    self._note(kind, obj)
                started -= 1
                if started == 0:
                    self._look_at_everything()
                elif started < 0 and change_type != "DELETED":
                    self._look_at(obj)
        finally:
            changes.close()

    def _note(self, kind: Kind, obj: Object) -> None:
        uid = uid_of(obj)
        self._places[uid] = (kind, namespace_of(obj), name_of(obj))
        for reference in owner_references(obj):
            self._dependents[reference["uid"]].add(uid)

    def _look_at_everything(self) -> None:
        for place in list(self._places.values()):
            held = self._held(place)
            if held is not None:
                self._look_at(held)

    def _look_at(self, obj: Object) -> None:
        metadata = obj["metadata"]
        if "deletionTimestamp" in metadata:
            finalizers = metadata.get("finalizers") or []
            if ORPHAN in finalizers:
                self._orphan(obj)
            elif FOREGROUND in finalizers:
                self._delete_dependents_first(obj)
        elif metadata.get("ownerReferences"):
            self._collect(obj)

    def _collect(self, obj: Object) -> None:
        """Deletes `obj` when none of its owners exists any more, or when they wait for it in the foreground."""
        owners = [self._held_by_uid(reference["uid"]) for reference in owner_references(obj)]
        solid = [owner for owner in owners if owner is not None]
        waiting = [owner for owner in solid if FOREGROUND in (owner["metadata"].get("finalizers") or [])]
        if solid and len(waiting) < len(solid):
            return
        kind, namespace, name = self._places[uid_of(obj)]
        has_own = bool(self._dependents.get(uid_of(obj)))
        propagation = "Foreground" if waiting and has_own else "Background"
        try:
            self.api.delete(kind, namespace, name, uid=uid_of(obj), propagation=propagation)
        except ApiError:
            return  # gone, or replaced by another of that name

    def _delete_dependents_first(self, owner: Object) -> None:
        blocking = 0
        for dependent in self._dependents_of(owner):
            reference = next(one for one in owner_references(dependent) if one["uid"] == uid_of(owner))
            blocking += bool(reference.get("blockOwnerDeletion"))
            if "deletionTimestamp" not in dependent["metadata"]:
                self._collect(dependent)
        if blocking == 0 or not self._dependents_of(owner):
            self._take_finalizer(owner, FOREGROUND)

    def _orphan(self, owner: Object) -> None:
        for dependent in self._dependents_of(owner):
            freed = clone(dependent)
            kept = [one for one in owner_references(freed) if one["uid"] != uid_of(owner)]
            freed["metadata"]["ownerReferences"] = kept
            if not kept:
                del freed["metadata"]["ownerReferences"]
            self.api.store.put(self._places[uid_of(dependent)][0].key, freed)
        self._dependents.pop(uid_of(owner), None)
        self._take_finalizer(owner, ORPHAN)

    def _take_finalizer(self, owner: Object, finalizer: str) -> None:
        place = self._places.get(uid_of(owner))
        held = self._held(place) if place else None
        if held is None or place is None or uid_of(held) != uid_of(owner):
            return
        changed = clone(held)
        changed["metadata"]["finalizers"] = [one for one in changed["metadata"]["finalizers"] if one != finalizer]
        if not changed["metadata"]["finalizers"]:
            del changed["metadata"]["finalizers"]
        self.api.update(place[0], changed)

    def _gone(self, obj: Object) -> None:
        uid = uid_of(obj)
        self._places.pop(uid, None)
        for dependent in self._dependents_of(obj):
            self._look_at(dependent)
        self._dependents.pop(uid, None)
        for reference in owner_references(obj):
            self._dependents[reference["uid"]].discard(uid)
            owner = self._held_by_uid(reference["uid"])
            if owner is not None and FOREGROUND in (owner["metadata"].get("finalizers") or []):
                self._delete_dependents_first(owner)

    def _dependents_of(self, owner: Object) -> list[Object]:
        found = (self._held_by_uid(uid) for uid in sorted(self._dependents.get(uid_of(owner), ())))
        return [
            one
            for one in found
            if one is not None and any(ref["uid"] == uid_of(owner) for ref in owner_references(one))
        ]

    def _held_by_uid(self, uid: str) -> Object | None:
        place = self._places.get(uid)
        held = self._held(place) if place else None
        return held if held is not None and uid_of(held) == uid else None

    def _held(self, place: Place) -> Object | None:
        kind, namespace, name = place
        return self.api.store.get(kind.key, namespace, name)
