"""What every write passes, whoever asks: defaults, validity, references, quota."""

from __future__ import annotations

from dataclasses import dataclass

from console.localcluster.machinery.errors import namespace_terminating, not_found
from console.localcluster.machinery.kinds import EVENT, NAMESPACE, Kind
from console.localcluster.machinery.objects import Clock, at_path
from console.localcluster.machinery.users import User
from console.localcluster.store import Object, Store


@dataclass(frozen=True, slots=True)
class Admission:
    store: Store
    clock: Clock

    def admit_create(self, kind: Kind, obj: Object, user: User, *, dry_run: bool) -> None:
        """Completes `obj` in place; raises ApiError. Quota is charged last, and not by a dry run."""
        self.check_namespace(kind, obj)

    def admit_update(self, kind: Kind, old: Object, new: Object, subresource: str) -> None:
        """Completes `new` in place; raises ApiError."""

    def check_namespace(self, kind: Kind, obj: Object) -> None:
        if not kind.namespaced:
            return
        name = obj["metadata"]["namespace"]
        namespace = self.store.get(NAMESPACE.key, "", name)
        if namespace is None:
            raise not_found(NAMESPACE, name)
        if at_path(namespace, "status.phase") == "Terminating" and kind is not EVENT:
            raise namespace_terminating(kind, obj["metadata"]["name"], name)

    def charge(self, kind: Kind, obj: Object) -> None:
        """Counts `obj` into the namespace's quotas; raises a 403 when one is exceeded."""
