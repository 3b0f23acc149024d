"""Deleting: at once, or by mark (deletionTimestamp) until finalizers, the kubelet or the garbage collector are done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from console.localcluster.machinery.errors import bad_request, conflict, not_found
from console.localcluster.machinery.kinds import NAMESPACE, POD, Kind
from console.localcluster.machinery.objects import Clock, at_path, clone, seconds_text
from console.localcluster.store import Object, Store

FOREGROUND = "foregroundDeletion"
ORPHAN = "orphan"
FINISHED = ("Succeeded", "Failed")
# The kinds that Kubernetes deletes with their dependents orphaned or not by default: all served here are "background".
_FINALIZER = {"Foreground": FOREGROUND, "Orphan": ORPHAN, "Background": ""}


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteOptions:
    uid: str = ""
    resource_version: str = ""
    propagation: str = "Background"
    grace_seconds: int | None = None
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Deletion:
    store: Store
    clock: Clock

    def delete(self, kind: Kind, namespace: str, name: str, options: DeleteOptions) -> Object:
        """The marked object while something is still to be done, else a Status of success."""
        held = self.store.get(kind.key, namespace, name)
        if held is None:
            raise not_found(kind, name)
        _check_preconditions(kind, held, options)
        grace = _grace_seconds(kind, held, options.grace_seconds)
        finalizers = _finalizers(held, options.propagation)
        waits = bool(finalizers) or kind is NAMESPACE or (kind is POD and grace > 0)
        if options.dry_run:
            return self._marked(kind, held, finalizers, grace) if waits else _success(kind, held)
        if not waits:
            self.store.remove(kind.key, namespace, name)
            return _success(kind, held)
        marked = self._marked(kind, held, finalizers, grace)
        return held if marked == held else self.store.put(kind.key, marked)

    def finish(self, kind: Kind, namespace: str, name: str, uid: str) -> None:
        """Removes an object whose own work (the kubelet's, the namespace's) is done; finalizers keep it, marked."""
        held = self.store.get(kind.key, namespace, name)
        if held is None or held["metadata"]["uid"] != uid:
            return
        if not held["metadata"].get("finalizers"):
            self.store.remove(kind.key, namespace, name)
            return
        marked = self._marked(kind, held, held["metadata"]["finalizers"], 0)
        if marked != held:
            self.store.put(kind.key, marked)

    def _marked(self, kind: Kind, held: Object, finalizers: list[str], grace: int) -> Object:
        marked: Object = clone(held)
        metadata = marked["metadata"]
        if finalizers:
            metadata["finalizers"] = finalizers
        known = metadata.get("deletionGracePeriodSeconds")
        if "deletionTimestamp" not in metadata or (known is not None and grace < known):
            metadata["deletionTimestamp"] = seconds_text(self.clock() + timedelta(seconds=grace))
            metadata["deletionGracePeriodSeconds"] = grace
            if "generation" in metadata:
                metadata["generation"] += 1
        if kind is NAMESPACE:
            metadata.pop("deletionGracePeriodSeconds", None)
            marked.setdefault("status", {})["phase"] = "Terminating"
        return marked


def ready_to_go(kind: Kind, obj: Object) -> bool:
    """An update took the last finalizer off a marked object that nobody else is still working on."""
    metadata = obj["metadata"]
    if "deletionTimestamp" not in metadata or metadata.get("finalizers"):
        return False
    if kind is NAMESPACE:
        return not at_path(obj, "spec.finalizers")
    return not metadata.get("deletionGracePeriodSeconds")


def _check_preconditions(kind: Kind, held: Object, options: DeleteOptions) -> None:
    metadata = held["metadata"]
    name = metadata["name"]
    if options.propagation not in _FINALIZER:
        raise bad_request(f'invalid propagationPolicy "{options.propagation}"')
    if options.uid and options.uid != metadata["uid"]:
        why = f"Precondition failed: UID in precondition: {options.uid}, UID in object meta: {metadata['uid']}"
        raise conflict(kind, name, why)
    if options.resource_version and options.resource_version != metadata["resourceVersion"]:
        why = (
            f"Precondition failed: ResourceVersion in precondition: {options.resource_version}, "
            f"ResourceVersion in object meta: {metadata['resourceVersion']}"
        )
        raise conflict(kind, name, why)


def _grace_seconds(kind: Kind, held: Object, asked: int | None) -> int:
    if kind is not POD:
        return 0
    if not at_path(held, "spec.nodeName") or at_path(held, "status.phase") in FINISHED:
        return 0
    if asked is not None:
        return max(asked, 0)
    grace = at_path(held, "spec.terminationGracePeriodSeconds")
    return 30 if grace is None else int(grace)


def _finalizers(held: Object, propagation: str) -> list[str]:
    kept = [one for one in held["metadata"].get("finalizers") or [] if one not in (FOREGROUND, ORPHAN)]
    if "deletionTimestamp" in held["metadata"]:
        kept = list(held["metadata"].get("finalizers") or [])
    wanted = _FINALIZER[propagation]
    return [*kept, wanted] if wanted and wanted not in kept else kept


def _success(kind: Kind, held: Object) -> Object:
    details: dict[str, Any] = {"name": held["metadata"]["name"], "kind": kind.plural, "uid": held["metadata"]["uid"]}
    if kind.group:
        details["group"] = kind.group
    return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details}
