"""The API's verbs on objects, the same for HTTP, controllers and kubelet."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any, Protocol

from console.localcluster.machinery.admission import Admission
from console.localcluster.machinery.defaults import fill
from console.localcluster.machinery.deletion import DeleteOptions, Deletion, ready_to_go
from console.localcluster.machinery.errors import (
    ApiError,
    Finding,
    already_exists,
    bad_request,
    conflict,
    invalid,
    not_found,
)
from console.localcluster.machinery.events import EventRecorder, reference_to
from console.localcluster.machinery.kinds import CONFIG_MAP, NAMESPACE, POD, SERVICE_ACCOUNT, Kind
from console.localcluster.machinery.objects import (
    Clock,
    clone,
    name_of,
    namespace_of,
    new_uid,
    random_suffix,
    seconds_text,
    wall_clock,
)
from console.localcluster.machinery.patching import MERGE_PATCH, patched_object
from console.localcluster.machinery.patching.apply import applied, note_update
from console.localcluster.machinery.selectors import selects
from console.localcluster.machinery.tokens import ServiceAccountTokens
from console.localcluster.machinery.users import SYSTEM, User
from console.localcluster.machinery.watching import EverySubscription, Subscription
from console.localcluster.store import Object, Store


class Check(Protocol):
    """What HTTP adds to a write: `manager` owns the changed fields; the call prunes and checks types, or raises."""

    @property
    def manager(self) -> str: ...

    def __call__(self, obj: Object) -> None: ...


# In every namespace: what verifies this server, for pods.
ROOT_CA_NAME = "kube-root-ca.crt"
# Set once, by the server.
_FIXED_METADATA = ("uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generateName")


class Api:
    """Objects handed out are the store's own: never mutate one, clone it first. Failures are ApiError."""

    def __init__(
        self,
        store: Store,
        clock: Clock = wall_clock,
        *,
        tokens: ServiceAccountTokens | None = None,
        root_ca: str = "",
    ) -> None:
        self.store = store
        self.root_ca = root_ca
        self.tokens = tokens or ServiceAccountTokens(store, secrets.token_bytes(32))
        self.clock = clock
        self.admission = Admission(store, clock)
        self.deletion = Deletion(store, clock)
        self.events = EventRecorder(store, clock)

    def get(self, kind: Kind, namespace: str, name: str) -> Object:
        held = self.store.get(kind.key, namespace, name)
        if held is None:
            raise not_found(kind, name)
        return held

    def list(
        self, kind: Kind, namespace: str | None = None, *, label_selector: Mapping[str, str] | None = None
    ) -> list[Object]:
        """Sorted by namespace, name; of all namespaces where `namespace` is None. `label_selector`: labels to have."""
        found = [held.object for held in self.store.stored(kind.key, namespace)]
        if label_selector is None:
            return found
        wanted = {"matchLabels": label_selector}
        return [obj for obj in found if selects(wanted, obj["metadata"].get("labels") or {})]

    def watch(self, kind: Kind, namespace: str | None = None) -> Subscription:
        """Every object there is as ADDED, then each change."""
        return Subscription(self.store, kind.key, namespace)

    def watch_all(self, *, initial: bool = False) -> EverySubscription:
        """The changes of every kind; with `initial`, first every object there is as ADDED."""
        return EverySubscription(self.store, initial=initial)

    def create(
        self,
        kind: Kind,
        namespace: str,
        obj: Object,
        *,
        user: User = SYSTEM,
        dry_run: bool = False,
        check: Check | None = None,
    ) -> Object:
        """Returns the stored object. `check`: see Check; the cluster's own parts pass none."""
        created: Object = {"apiVersion": kind.api_version, "kind": kind.kind, **clone(obj)}
        if check:
            check(created)
        self._name(kind, namespace, created)
        metadata = created["metadata"]
        for field in (*_FIXED_METADATA[:4], "resourceVersion", "selfLink"):
            metadata.pop(field, None)
        metadata["uid"] = new_uid()
        metadata["creationTimestamp"] = seconds_text(self.clock())
        if "spec" in created or kind.custom:
            metadata["generation"] = 1
        if kind.status_subresource:
            created.pop("status", None)
        fill(kind, created)
        if check:
            note_update(kind, None, created, manager=check.manager, subresource="", now=self.clock())
        self.admission.admit_create(kind, created, user)
        held = self.store.get(kind.key, namespace_of(created), name_of(created))
        if held is not None:
            raise already_exists(kind, name_of(created), leaving="deletionTimestamp" in held["metadata"])
        self.admission.charge(kind, created, dry_run=dry_run)
        if dry_run:
            return created
        stored = self.store.put(kind.key, created)
        if kind is NAMESPACE:
            self._furnish(stored)
        return stored

    def update(
        self,
        kind: Kind,
        obj: Object,
        *,
        subresource: str = "",
        dry_run: bool = False,
        user: User = SYSTEM,
        check: Check | None = None,
    ) -> Object:
        """Replaces the object of that name; 409 when `obj` holds another resourceVersion than the stored one."""
        old = self.get(kind, namespace_of(obj), name_of(obj))
        given = clone(obj)
        if check:
            check(given)
        new = _overlaid(kind, old, given, subresource)
        metadata = new["metadata"]
        if metadata.get("uid", old["metadata"]["uid"]) != old["metadata"]["uid"]:
            why = (
                f"Precondition failed: UID in precondition: {metadata['uid']}, "
                f"UID in object meta: {old['metadata']['uid']}"
            )
            raise conflict(kind, name_of(obj), why)
        if metadata.get("resourceVersion", "") not in ("", old["metadata"]["resourceVersion"]):
            raise conflict(kind, name_of(obj))
        for field in _FIXED_METADATA:
            metadata.pop(field, None)
            if field in old["metadata"]:
                metadata[field] = old["metadata"][field]
        if not subresource:
            fill(kind, new)
        if check:
            note_update(kind, old, new, manager=check.manager, subresource=subresource, now=self.clock())
        self.admission.admit_update(kind, old, new, subresource)
        return self._write(kind, old, new, dry_run=dry_run)

    def apply(
        self,
        kind: Kind,
        namespace: str,
        name: str,
        config: Object,
        *,
        manager: str,
        force: bool = False,
        subresource: str = "",
        user: User = SYSTEM,
        dry_run: bool = False,
        check: Check,
    ) -> tuple[Object, bool]:
        """Server-side apply; True when it made the object."""
        metadata = config.setdefault("metadata", {})
        if metadata.setdefault("name", name) != name:
            raise bad_request(f"metadata.name {metadata['name']} does not match the name on the URL ({name})")
        if kind.namespaced and metadata.setdefault("namespace", namespace) != namespace:
            raise bad_request("the namespace of the provided object does not match the namespace sent on the request")
        if metadata.get("managedFields"):
            raise bad_request("metadata.managedFields must be nil")
        config = {"apiVersion": kind.api_version, "kind": kind.kind, **config}
        check(config)
        old = self.store.get(kind.key, namespace, name)
        merged = applied(kind, old, config, manager=manager, force=force, subresource=subresource, now=self.clock())
        if old is None:
            return self.create(kind, namespace, merged, user=user, dry_run=dry_run), True
        new = _overlaid(kind, old, clone(merged), subresource)
        new["metadata"]["managedFields"] = merged["metadata"]["managedFields"]
        if not subresource:
            fill(kind, new)
        self.admission.admit_update(kind, old, new, subresource)
        return self._write(kind, old, new, dry_run=dry_run), False

    def update_status(self, kind: Kind, obj: Object) -> Object:
        """Only the status of `obj` is written; a resourceVersion in it is checked."""
        return self.update(kind, obj, subresource="status")

    def patch(
        self,
        kind: Kind,
        namespace: str,
        name: str,
        patch: Any,
        *,
        content_type: str = MERGE_PATCH,
        subresource: str = "",
        user: User = SYSTEM,
        dry_run: bool = False,
        check: Check | None = None,
    ) -> Object:
        """`patch` is the decoded body; `content_type` says how to read it (not apply: see apply())."""
        old = self.get(kind, namespace, name)
        patched = patched_object(kind, old, patch, content_type)
        if not isinstance(patched, dict) or not isinstance(patched.get("metadata"), dict):
            raise bad_request("the patch does not leave an object")
        if patched["metadata"].get("name") != name:
            finding = Finding("metadata.name", "FieldValueInvalid", "Invalid value: field is immutable")
            raise invalid(kind, name, [finding])
        return self.update(kind, patched, subresource=subresource, dry_run=dry_run, user=user, check=check)

    def delete(
        self,
        kind: Kind,
        namespace: str,
        name: str,
        *,
        uid: str = "",
        resource_version: str = "",
        propagation: str = "Background",
        grace_seconds: int | None = None,
        user: User = SYSTEM,
        dry_run: bool = False,
    ) -> Object:
        """A Status when the object is gone; the object, marked, while finalizers or (pods) the kubelet work."""
        options = DeleteOptions(
            uid=uid,
            resource_version=resource_version,
            propagation=propagation,
            grace_seconds=grace_seconds,
            dry_run=dry_run,
        )
        return self.deletion.delete(kind, namespace, name, options)

    def finish_pod_deletion(self, namespace: str, name: str, uid: str) -> None:
        """The kubelet's last word: the pod's processes are gone. Harmless when the pod of that uid is gone already."""
        self.deletion.finish(POD, namespace, name, uid)

    def service_account_token(self, namespace: str, name: str, pod: str = "") -> str:
        """A bearer token for that service account, good while the pod exists; raises LookupError for no account."""
        return self.tokens.token(namespace, name, pod)

    def emit_event(
        self,
        involved: Object,
        *,
        type: str,
        reason: str,
        message: str,
        component: str,
        host: str = "",
        field_path: str = "",
        scheduler_shape: bool = False,
    ) -> None:
        """Writes or counts up an event about `involved` (an object or a reference to one); never fails."""
        reference = reference_to(involved, field_path=field_path)
        namespace = self.store.get(NAMESPACE.key, "", reference.get("namespace") or "default")
        if namespace is None or "deletionTimestamp" in namespace["metadata"]:
            return
        if scheduler_shape:
            self.events.record_in_series(reference, type=type, reason=reason, message=message, component=component)
            return
        source = {"component": component, "host": host} if host else {"component": component}
        self.events.record(reference, type=type, reason=reason, message=message, source=source)

    def _furnish(self, namespace: Object) -> None:
        """What controllers put into every namespace of a real cluster, here at once: pods need it."""
        name = name_of(namespace)
        self.create(SERVICE_ACCOUNT, name, {"metadata": {"name": "default"}})
        self.create(CONFIG_MAP, name, {"metadata": {"name": ROOT_CA_NAME}, "data": {"ca.crt": self.root_ca}})

    def _write(self, kind: Kind, old: Object, new: Object, *, dry_run: bool) -> Object:
        metadata = new["metadata"]
        metadata["resourceVersion"] = old["metadata"]["resourceVersion"]
        if old.get("spec") != new.get("spec") and "generation" in old["metadata"]:
            metadata["generation"] = old["metadata"]["generation"] + 1
        elif "generation" in old["metadata"]:
            metadata["generation"] = old["metadata"]["generation"]
        if dry_run:
            return new
        if ready_to_go(kind, new):
            self.store.put(kind.key, new)
            return self.store.remove(kind.key, namespace_of(new), name_of(new))
        return old if new == old else self.store.put(kind.key, new)

    def _name(self, kind: Kind, namespace: str, obj: Object) -> None:
        metadata = obj.setdefault("metadata", {})
        if kind.namespaced:
            if metadata.setdefault("namespace", namespace) != namespace:
                raise bad_request(
                    "the namespace of the provided object does not match the namespace sent on the request"
                )
        else:
            metadata.pop("namespace", None)
        if not metadata.get("name") and metadata.get("generateName"):
            metadata["name"] = metadata["generateName"] + random_suffix()
        if not metadata.get("name"):
            finding = Finding("metadata.name", "FieldValueRequired", "Required value: name or generateName is required")
            raise invalid(kind, "", [finding])


def _overlaid(kind: Kind, old: Object, given: Object, subresource: str) -> Object:
    """What may change: by way of "status" the status alone, otherwise all but a status that has its own way."""
    given["apiVersion"], given["kind"] = kind.api_version, kind.kind
    if subresource == "status":
        kept = {**old, "metadata": {**old["metadata"]}}
        for field in ("resourceVersion", "uid"):
            if field in given["metadata"]:
                kept["metadata"][field] = given["metadata"][field]
        if "status" in given:
            kept["status"] = given["status"]
        return kept
    if kind.status_subresource:
        given.pop("status", None)
        if "status" in old:
            given["status"] = old["status"]
    return given


__all__ = ["Api", "ApiError"]
