"""What every write passes, whoever asks: defaults, validity, references, quota."""

from __future__ import annotations

import ipaddress
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from console.localcluster.machinery.decoding import UNCHECKED
from console.localcluster.machinery.defaults import fill_scheduled_pod, qos_class
from console.localcluster.machinery.errors import Finding, forbidden, invalid, namespace_terminating, not_found
from console.localcluster.machinery.faults import check_webhook
from console.localcluster.machinery.kinds import (
    CLAIM,
    CONFIG_MAP,
    DEPLOYMENT,
    EVENT,
    NAMESPACE,
    POD,
    PRIORITY_CLASS,
    REPLICA_SET,
    SECRET,
    SERVICE,
    SERVICE_ACCOUNT,
    Kind,
)
from console.localcluster.machinery.objects import Clock, at_path
from console.localcluster.machinery.selectors import selects
from console.localcluster.machinery.usage import QuotaLedger
from console.localcluster.machinery.users import User
from console.localcluster.machinery.validation.jobs import check_job
from console.localcluster.machinery.validation.names import (
    invalid_value,
    key_findings,
    label_findings,
    metadata_findings,
)
from console.localcluster.machinery.validation.pods import pod_spec_findings
from console.localcluster.store import Object, Store

# Of a pod that exists, no more than these may change (spec.tolerations may only grow: not checked here).
_MUTABLE_POD_FIELDS = ("activeDeadlineSeconds", "tolerations", "terminationGracePeriodSeconds", "schedulingGates")
_UPDATE_REFUSED = (
    "Forbidden: pod updates may not change fields other than `spec.containers[*].image`,"
    "`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing "
    "tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)"
)


@dataclass(frozen=True, slots=True)
class Admission:
    store: Store
    clock: Clock

    def admit_create(self, kind: Kind, obj: Object, user: User) -> None:
        """Completes `obj`, which has its defaults already, in place; raises ApiError."""
        self.check_namespace(kind, obj)
        if kind is POD:
            self._admit_pod(obj)
        elif kind is SERVICE:
            self._give_address(obj)
        self._check(kind, obj, None)

    def admit_update(self, kind: Kind, old: Object, new: Object, subresource: str) -> None:
        """Raises ApiError."""
        if subresource == "status":
            return
        self._check(kind, new, old)

    def charge(self, kind: Kind, obj: Object, *, dry_run: bool) -> None:
        """Counts `obj` into the namespace's quotas (a dry run only looks); raises a 403 when one is exceeded."""
        if kind is EVENT:
            return
        ledger = QuotaLedger(self.store)
        for quota in ledger.check(kind, obj):
            if not dry_run:
                self.store.put("resourcequotas", quota)

    def check_namespace(self, kind: Kind, obj: Object) -> None:
        if not kind.namespaced:
            return
        name = obj["metadata"]["namespace"]
        namespace = self.store.get(NAMESPACE.key, "", name)
        if namespace is None:
            raise not_found(NAMESPACE, name)
        if at_path(namespace, "status.phase") == "Terminating" and kind is not EVENT:
            raise namespace_terminating(kind, obj["metadata"]["name"], name)

    def _admit_pod(self, pod: Object) -> None:
        spec, metadata = pod["spec"], pod["metadata"]
        priority = 0
        if spec.get("priorityClassName"):
            found = self.store.get(PRIORITY_CLASS.key, "", spec["priorityClassName"])
            if found is None:
                why = f"no PriorityClass with name {spec['priorityClassName']} was found"
                raise forbidden(POD, metadata["name"], why)
            priority = found["value"]
            spec.setdefault("preemptionPolicy", found.get("preemptionPolicy", "PreemptLowerPriority"))
        spec["priority"] = priority
        fill_scheduled_pod(spec)
        account = spec["serviceAccountName"]
        if self.store.get(SERVICE_ACCOUNT.key, metadata["namespace"], account) is None:
            where = f"{metadata['namespace']}/{account}"
            why = f'error looking up service account {where}: serviceaccount "{account}" not found'
            raise forbidden(POD, metadata["name"], why)
        pod["status"] = {"phase": "Pending", "qosClass": qos_class(spec)}

    def _give_address(self, service: Object) -> None:
        """A cluster IP of its own. Nothing routes to it here: pods find each other by name."""
        spec = service["spec"]
        if spec.get("clusterIP") or spec["type"] == "ExternalName":
            return
        taken = {at_path(held.object, "spec.clusterIP") for held in self.store.stored(SERVICE.key)}
        number = zlib.crc32(service["metadata"]["uid"].encode())
        while (address := _service_address(number)) in taken:
            number += 1
        spec["clusterIP"], spec["clusterIPs"] = address, [address]

    def _check(self, kind: Kind, obj: Object, old: Object | None) -> None:
        name = obj["metadata"]["name"]
        found = list(metadata_findings(kind, obj))
        if kind.custom:
            if found:
                # As the real server: labels and names leave the schema checkable, sizes do not.
                whole = any(finding.reason == "FieldValueTooLong" for finding in found)
                raise invalid(kind, name, [*found, UNCHECKED] if whole else found)
            if old is not None:
                found += _queue_findings(old, obj)
                if found:
                    raise invalid(kind, name, found)
            check_webhook(self.store, kind)
            if "deletionTimestamp" not in obj["metadata"]:
                check_job(kind, obj)
            return
        if kind is POD and old is not None:
            found += _pod_update_findings(old, obj)
        elif kind is POD:
            found += pod_spec_findings(obj["spec"])
        elif kind in (DEPLOYMENT, REPLICA_SET):
            found += _template_findings(obj, old)
        elif kind is SERVICE:
            found += _service_findings(obj)
        elif kind is CLAIM:
            found += _claim_findings(obj, old)
        elif kind in (CONFIG_MAP, SECRET):
            found += key_findings(obj)
        if found:
            raise invalid(kind, name, found)


def _service_address(number: int) -> str:
    """In 10.96.0.0/12, as by default; the first 256 are left to services with fixed addresses."""
    offset = 256 + number % ((1 << 20) - 512)
    return str(ipaddress.IPv4Address("10.96.0.0") + offset)


def _pod_update_findings(old: Object, new: Object) -> Iterator[Finding]:
    if _fixed_parts(old["spec"]) != _fixed_parts(new["spec"]):
        yield Finding("spec", "FieldValueForbidden", _UPDATE_REFUSED)


def _fixed_parts(spec: Object) -> Object:
    fixed = {key: value for key, value in spec.items() if key not in (*_MUTABLE_POD_FIELDS, "nodeName")}
    for group in ("containers", "initContainers"):
        fixed[group] = [{**one, "image": ""} for one in spec.get(group) or []]
    return fixed


def _template_findings(obj: Object, old: Object | None) -> Iterator[Finding]:
    spec = obj["spec"]
    template = spec.get("template") or {}
    labels = (template.get("metadata") or {}).get("labels") or {}
    if not spec.get("selector"):
        yield Finding("spec.selector", "FieldValueRequired", "Required value")
    elif not selects(spec["selector"], labels):
        why = "`selector` does not match template `labels`"
        yield invalid_value("spec.template.metadata.labels", _go_map(labels), why)
    if old is not None and old["spec"].get("selector") != spec.get("selector"):
        yield invalid_value("spec.selector", _go_map(spec.get("selector") or {}), "field is immutable")
    if (spec.get("replicas") or 0) < 0:
        yield invalid_value("spec.replicas", spec["replicas"], "must be greater than or equal to 0")
    yield from label_findings(labels, "spec.template.labels")
    yield from pod_spec_findings(template.get("spec") or {}, "spec.template.spec")


def _service_findings(obj: Object) -> Iterator[Finding]:
    spec = obj["spec"]
    ports = spec.get("ports") or []
    if not ports and spec.get("clusterIP") != "None" and spec["type"] != "ExternalName":
        yield Finding("spec.ports", "FieldValueRequired", "Required value")
    for index, port in enumerate(ports):
        number = port.get("port", 0)
        if not isinstance(number, int) or not 1 <= number <= 65535:
            yield invalid_value(f"spec.ports[{index}].port", number, "must be between 1 and 65535, inclusive")
        if len(ports) > 1 and not port.get("name"):
            yield Finding(f"spec.ports[{index}].name", "FieldValueRequired", "Required value")


def _claim_findings(obj: Object, old: Object | None) -> Iterator[Finding]:
    spec = obj["spec"]
    if not spec.get("accessModes"):
        why = "Required value: at least 1 access mode is required"
        yield Finding("spec.accessModes", "FieldValueRequired", why)
    if not at_path(spec, "resources.requests.storage"):
        yield Finding("spec.resources[storage]", "FieldValueRequired", "Required value")
    if old is not None:
        fixed = ("accessModes", "storageClassName", "volumeMode", "selector")
        if any(old["spec"].get(field) != spec.get(field) for field in fixed):
            why = "Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName "
            yield Finding("spec", "FieldValueForbidden", why + "for bound claims")


def _queue_findings(old: Object, new: Object) -> Iterator[Finding]:
    path = "spec.runPolicy.schedulingPolicy.queue"
    before, after = at_path(old, path), at_path(new, path)
    if before is not None and after is not None and before != after:
        yield invalid_value(path, "string", f"{path} is immutable")


def _go_map(labels: Object) -> str:
    return "{" + ", ".join(f'"{key}":"{value}"' for key, value in labels.items()) + "}"
