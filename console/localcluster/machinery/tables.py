"""`kubectl get`: the columns and cells of each kind, as the real server prints them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from console.localcluster.machinery.durations import age
from console.localcluster.machinery.kinds import JOB_KINDS, Kind
from console.localcluster.machinery.objects import at_path
from console.localcluster.machinery.pod_status import pod_cells
from console.localcluster.store import Object

Cells = list[Any]
# (columns, the cells of one object). A column: name; "*" in front: only in wide output; "=type" behind: not a string.
Printer = tuple[str, Callable[[Object, datetime], Cells]]
_MODES = {"ReadWriteOnce": "RWO", "ReadOnlyMany": "ROX", "ReadWriteMany": "RWX", "ReadWriteOncePod": "RWOP"}


def table(kind: Kind, objects: list[Object], metadata: dict[str, Any], include: str, now: datetime) -> Object:
    """A meta.k8s.io/v1 Table; `include`: None, Metadata or Object, what each row carries of its object."""
    columns, cells_of = PRINTERS.get(kind.key, _DEFAULT)
    rows = [{"cells": cells_of(obj, now), **_carried(obj, include)} for obj in objects]
    return {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": metadata,
        "columnDefinitions": [_column(column) for column in columns.split("|")],
        "rows": rows,
    }


def _carried(obj: Object, include: str) -> dict[str, Any]:
    if include == "None":
        return {}
    if include == "Object":
        return {"object": obj}
    partial = {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": obj["metadata"]}
    return {"object": partial}


def _column(text: str) -> dict[str, Any]:
    name, _, type_ = text.removeprefix("*").partition("=")
    return {
        "name": name,
        "type": type_ or "string",
        "format": "name" if name == "Name" else "",
        "description": "",
        "priority": 1 if text.startswith("*") else 0,
    }


def _name(obj: Object) -> str:
    return str(obj["metadata"]["name"])


def _age(obj: Object, now: datetime) -> str:
    return age(obj["metadata"].get("creationTimestamp"), now)


def _joined(parts: Iterable[object]) -> str:
    return ",".join(str(part) for part in parts)


def _labels(labels: dict[str, str] | None) -> str:
    return _joined(f"{key}={value}" for key, value in sorted((labels or {}).items())) or "<none>"


def _selector(selector: dict[str, Any] | None) -> str:
    return _labels((selector or {}).get("matchLabels"))


def _node(obj: Object, now: datetime) -> Cells:
    status = obj.get("status") or {}
    ready = next((one for one in status.get("conditions") or [] if one["type"] == "Ready"), None)
    state = "Unknown" if ready is None else "Ready" if ready["status"] == "True" else "NotReady"
    if at_path(obj, "spec.unschedulable"):
        state += ",SchedulingDisabled"
    prefix = "node-role.kubernetes.io/"
    roles = _joined(label[len(prefix) :] for label in obj["metadata"].get("labels") or {} if label.startswith(prefix))
    addresses = {one["type"]: one["address"] for one in status.get("addresses") or []}
    info = status.get("nodeInfo") or {}
    return [
        _name(obj),
        state,
        roles or "<none>",
        _age(obj, now),
        info.get("kubeletVersion", ""),
        addresses.get("InternalIP", "<none>"),
        addresses.get("ExternalIP", "<none>"),
        info.get("osImage", "<unknown>"),
        info.get("kernelVersion", "<unknown>"),
        info.get("containerRuntimeVersion", "<unknown>"),
    ]


def _service(obj: Object, now: datetime) -> Cells:
    spec = obj.get("spec") or {}
    ports = []
    for port in spec.get("ports") or []:
        node_port = f":{port['nodePort']}" if port.get("nodePort") else ""
        ports.append(f"{port['port']}{node_port}/{port.get('protocol', 'TCP')}")
    cluster_ip = spec.get("clusterIP") or "<none>"
    external = _joined(spec.get("externalIPs") or []) or spec.get("externalName") or "<none>"
    selector = _labels(spec.get("selector"))
    type_ = spec.get("type", "ClusterIP")
    return [_name(obj), type_, cluster_ip, external, _joined(ports) or "<none>", _age(obj, now), selector]


def _volume(obj: Object, now: datetime) -> Cells:
    spec, status = obj.get("spec") or {}, obj.get("status") or {}
    claim = spec.get("claimRef")
    return [
        _name(obj),
        at_path(spec, "capacity.storage") or "",
        _joined(_MODES.get(mode, mode) for mode in spec.get("accessModes") or []),
        spec.get("persistentVolumeReclaimPolicy", "Retain"),
        status.get("phase", ""),
        f"{claim['namespace']}/{claim['name']}" if claim else "",
        spec.get("storageClassName", ""),
        "<unset>",
        status.get("reason", ""),
        _age(obj, now),
        spec.get("volumeMode", "Filesystem"),
    ]


def _claim(obj: Object, now: datetime) -> Cells:
    spec, status = obj.get("spec") or {}, obj.get("status") or {}
    phase = "Terminating" if "deletionTimestamp" in obj["metadata"] else status.get("phase", "")
    bound = bool(spec.get("volumeName"))
    return [
        _name(obj),
        phase,
        spec.get("volumeName", ""),
        (at_path(status, "capacity.storage") or "") if bound else "",
        _joined(_MODES.get(mode, mode) for mode in status.get("accessModes") or []) if bound else "",
        spec.get("storageClassName", ""),
        "<unset>",
        _age(obj, now),
        spec.get("volumeMode", "Filesystem"),
    ]


def _quota(obj: Object, now: datetime) -> Cells:
    status = obj.get("status") or {}
    used = status.get("used") or {}
    pairs = {name: f"{name}: {used.get(name, 0)}/{hard}" for name, hard in sorted((status.get("hard") or {}).items())}
    limits = ", ".join(text for name, text in pairs.items() if name.startswith("limits"))
    requests = ", ".join(text for name, text in pairs.items() if not name.startswith("limits"))
    return [_name(obj), requests, limits, _age(obj, now)]


def _event(obj: Object, now: datetime) -> Cells:
    first = obj.get("firstTimestamp") or obj.get("eventTime")
    series = obj.get("series") or {}
    last = series.get("lastObservedTime") or obj.get("lastTimestamp") or first
    count = series.get("count") or obj.get("count") or 1
    involved = obj["involvedObject"]
    source = obj.get("source") or {}
    component = source.get("component") or obj.get("reportingComponent", "")
    host = source.get("host") or obj.get("reportingInstance", "")
    from_where = f"{component}, {host}" if host and host != component else component
    return [
        age(last, now),
        obj.get("type", ""),
        obj.get("reason", ""),
        f"{involved.get('kind', '').lower()}/{involved.get('name', '')}",
        involved.get("fieldPath", ""),
        from_where,
        obj.get("message", "").strip(),
        age(first, now),
        count,
        _name(obj),
    ]


def _images(obj: Object) -> tuple[str, str]:
    containers = at_path(obj, "spec.template.spec.containers") or []
    return _joined(one["name"] for one in containers), _joined(one.get("image", "") for one in containers)


def _deployment(obj: Object, now: datetime) -> Cells:
    spec, status = obj.get("spec") or {}, obj.get("status") or {}
    return [
        _name(obj),
        f"{status.get('readyReplicas', 0)}/{spec.get('replicas', 1)}",
        str(status.get("updatedReplicas", 0)),
        str(status.get("availableReplicas", 0)),
        _age(obj, now),
        *_images(obj),
        _selector(spec.get("selector")),
    ]


def _replica_set(obj: Object, now: datetime) -> Cells:
    spec, status = obj.get("spec") or {}, obj.get("status") or {}
    counts = [spec.get("replicas", 1), status.get("replicas", 0), status.get("readyReplicas", 0)]
    return [_name(obj), *counts, _age(obj, now), *_images(obj), _selector(spec.get("selector"))]


def _binding(obj: Object, now: datetime) -> Cells:
    role, by_kind = obj["roleRef"], {"User": [], "Group": [], "ServiceAccount": []}  # type: ignore[var-annotated]
    for subject in obj.get("subjects") or []:
        name = subject["name"]
        is_account = subject["kind"] == "ServiceAccount"
        by_kind[subject["kind"]].append(f"{subject.get('namespace', '')}/{name}" if is_account else name)
    subjects = [", ".join(names) for names in by_kind.values()]
    return [_name(obj), f"{role['kind']}/{role['name']}", _age(obj, now), *subjects]


def _job_state(obj: Object) -> str:
    conditions = at_path(obj, "status.conditions") or []
    return str(conditions[-1]["type"]) if conditions else ""


def _priority_class(obj: Object, now: datetime) -> Cells:
    policy = obj.get("preemptionPolicy", "PreemptLowerPriority")
    return [_name(obj), obj["value"], obj.get("globalDefault", False), _age(obj, now), policy]


def _created_at(obj: Object, now: datetime) -> Cells:
    return [_name(obj), obj["metadata"].get("creationTimestamp", "")]


_DEFAULT: Printer = ("Name|Created At=date", _created_at)
_EVENT: Printer = (
    "Last Seen|Type|Reason|Object|*Subobject|*Source|Message|*First Seen|*Count|*Name",
    _event,
)
_BINDING: Printer = ("Name|Role|Age|*Users|*Groups|*ServiceAccounts", _binding)
PRINTERS: dict[str, Printer] = {
    "pods": ("Name|Ready|Status|Restarts|Age|*IP|*Node|*Nominated Node|*Readiness Gates", pod_cells),
    "namespaces": (
        "Name|Status|Age",
        lambda obj, now: [_name(obj), at_path(obj, "status.phase") or "", _age(obj, now)],
    ),
    "nodes": (
        "Name|Status|Roles|Age|Version|*Internal-IP|*External-IP|*OS-Image|*Kernel-Version|*Container-Runtime",
        _node,
    ),
    "services": ("Name|Type|Cluster-IP|External-IP|Port(s)|Age|*Selector", _service),
    "configmaps": (
        "Name|Data|Age",
        lambda obj, now: [
            _name(obj),
            str(len(obj.get("data") or {}) + len(obj.get("binaryData") or {})),
            _age(obj, now),
        ],
    ),
    "secrets": (
        "Name|Type|Data|Age",
        lambda obj, now: [_name(obj), obj.get("type", "Opaque"), str(len(obj.get("data") or {})), _age(obj, now)],
    ),
    "serviceaccounts": (
        "Name|Secrets|Age",
        lambda obj, now: [_name(obj), str(len(obj.get("secrets") or [])), _age(obj, now)],
    ),
    "persistentvolumes": (
        "Name|Capacity|Access Modes|Reclaim Policy|Status|Claim|StorageClass|VolumeAttributesClass|Reason|Age|"
        "*VolumeMode",
        _volume,
    ),
    "persistentvolumeclaims": (
        "Name|Status|Volume|Capacity|Access Modes|StorageClass|VolumeAttributesClass|Age|*VolumeMode",
        _claim,
    ),
    "resourcequotas": ("Name|Request|Limit|Age", _quota),
    "events": _EVENT,
    "events.events.k8s.io": _EVENT,
    "deployments.apps": ("Name|Ready|Up-to-date|Available|Age|*Containers|*Images|*Selector", _deployment),
    "replicasets.apps": (
        "Name|Desired=integer|Current=integer|Ready=integer|Age|*Containers|*Images|*Selector",
        _replica_set,
    ),
    "priorityclasses.scheduling.k8s.io": (
        "Name|Value=integer|Global-Default=boolean|Age|PreemptionPolicy",
        _priority_class,
    ),
    "leases.coordination.k8s.io": (
        "Name|Holder|Age",
        lambda obj, now: [_name(obj), at_path(obj, "spec.holderIdentity") or "", _age(obj, now)],
    ),
    "rolebindings.rbac.authorization.k8s.io": _BINDING,
    "clusterrolebindings.rbac.authorization.k8s.io": _BINDING,
    "mpijobs.kubeflow.org": (
        "Name|Age=date|State",
        lambda obj, now: [_name(obj), _age(obj, now), _job_state(obj)],
    ),
}
for _kind in JOB_KINDS:
    PRINTERS.setdefault(
        _kind.key, ("Name|State|Age=date", lambda obj, now: [_name(obj), _job_state(obj), _age(obj, now)])
    )
