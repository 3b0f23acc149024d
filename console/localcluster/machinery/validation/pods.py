"""Pod specs, as far as the console and everyday kubectl can run into them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from console.localcluster.machinery.errors import Finding
from console.localcluster.machinery.quantities import canonical, parse_quantity
from console.localcluster.machinery.validation.names import (
    invalid_value,
    label_problem,
    qualified_name_problem,
    subdomain_problem,
)
from console.localcluster.store import Object

_STANDARD = ("cpu", "memory", "ephemeral-storage")
_POLICIES = ("Always", "OnFailure", "Never")
_PULL_POLICIES = ("Always", "IfNotPresent", "Never")
_SOURCES = ("fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef")
_WRITTEN = ("configMap", "secret", "downwardAPI", "serviceAccountToken")
LARGEST_INT32 = 2**31 - 1


def required(field: str, detail: str = "") -> Finding:
    return Finding(field, "FieldValueRequired", f"Required value: {detail}" if detail else "Required value")


def unsupported(field: str, value: str, supported: tuple[str, ...]) -> Finding:
    choices = ", ".join(f'"{one}"' for one in supported)
    return Finding(field, "FieldValueNotSupported", f'Unsupported value: "{value}": supported values: {choices}')


def pod_spec_findings(spec: Object, path: str = "spec") -> Iterator[Finding]:
    """`spec` with its defaults filled in."""
    volumes = list(_volume_names(spec, path))
    yield from (one for one in volumes if isinstance(one, Finding))
    known = {one for one in volumes if isinstance(one, str)}
    seen: set[str] = set()
    if not spec.get("containers"):
        yield required(f"{path}.containers")
    for group in ("containers", "initContainers"):
        for index, container in enumerate(spec.get(group) or []):
            where = f"{path}.{group}[{index}]"
            yield from _container_findings(container, where, known)
            name = container.get("name")
            if name and name in seen:
                yield Finding(f"{where}.name", "FieldValueDuplicate", f'Duplicate value: "{name}"')
            seen.add(name)
    if spec.get("restartPolicy") not in _POLICIES:
        yield unsupported(f"{path}.restartPolicy", spec.get("restartPolicy", ""), _POLICIES)
    deadline = spec.get("activeDeadlineSeconds")
    if deadline is not None and not 1 <= deadline <= LARGEST_INT32:
        field = f"{path}.activeDeadlineSeconds"
        yield invalid_value(field, deadline, f"must be between 1 and {LARGEST_INT32}, inclusive")
    for field in ("hostname", "subdomain"):
        if spec.get(field) and label_problem(spec[field]):
            yield invalid_value(f"{path}.{field}", spec[field], label_problem(spec[field]))
    if spec.get("serviceAccountName") and subdomain_problem(spec["serviceAccountName"]):
        problem = subdomain_problem(spec["serviceAccountName"])
        yield invalid_value(f"{path}.serviceAccountName", spec["serviceAccountName"], problem)


def _volume_names(spec: Object, path: str) -> Iterator[Finding | str]:
    seen: set[str] = set()
    for index, volume in enumerate(spec.get("volumes") or []):
        name, where = volume.get("name", ""), f"{path}.volumes[{index}]"
        if not name:
            yield required(f"{where}.name")
        elif label_problem(name):
            yield invalid_value(f"{where}.name", name, label_problem(name))
        elif name in seen:
            yield Finding(f"{where}.name", "FieldValueDuplicate", f'Duplicate value: "{name}"')
        yield from _item_findings(volume, where)
        claim = volume.get("persistentVolumeClaim")
        if claim is not None and not claim.get("claimName"):
            yield required(f"{where}.persistentVolumeClaim.claimName")
        seen.add(name)
        yield name


def _item_findings(volume: Object, where: str) -> Iterator[Finding]:
    """Where a volume's files are to be written: never outside of it."""
    sources = [(kind, volume[kind]) for kind in _WRITTEN if volume.get(kind)]
    for index, source in enumerate((volume.get("projected") or {}).get("sources") or []):
        sources += [(f"projected.sources[{index}].{kind}", source[kind]) for kind in _WRITTEN if source.get(kind)]
    for kind, source in sources:
        for index, item in enumerate(source.get("items") or []):
            yield from _relative_findings(item.get("path", ""), f"{where}.{kind}.items[{index}].path")
        if "path" in source:
            yield from _relative_findings(source["path"], f"{where}.{kind}.path")


def _relative_findings(path: str, field: str) -> Iterator[Finding]:
    if not path:
        yield required(field)
    elif path.startswith("/"):
        yield invalid_value(field, path, "must be a relative path")
    elif ".." in path.split("/"):
        yield invalid_value(field, path, "must not contain '..'")


def _container_findings(container: Object, where: str, volumes: set[str]) -> Iterator[Finding]:
    name = container.get("name", "")
    if not name:
        yield required(f"{where}.name")
    elif label_problem(name):
        yield invalid_value(f"{where}.name", name, label_problem(name))
    image = container.get("image", "")
    if not image:
        yield required(f"{where}.image")
    elif image != image.strip():
        yield invalid_value(f"{where}.image", image, "must not have leading or trailing whitespace")
    policy = container.get("imagePullPolicy")
    if policy not in (None, *_PULL_POLICIES):
        yield unsupported(f"{where}.imagePullPolicy", str(policy), _PULL_POLICIES)
    for index, port in enumerate(container.get("ports") or []):
        yield from _port_findings(port, f"{where}.ports[{index}]")
    for index, variable in enumerate(container.get("env") or []):
        yield from _env_findings(variable, f"{where}.env[{index}]")
    for index, mount in enumerate(container.get("volumeMounts") or []):
        if mount.get("name") not in volumes:
            shown = f'Not found: "{mount.get("name", "")}"'
            yield Finding(f"{where}.volumeMounts[{index}].name", "FieldValueNotFound", shown)
        if not mount.get("mountPath"):
            yield required(f"{where}.volumeMounts[{index}].mountPath")
        if mount.get("subPath"):
            yield from _relative_findings(mount["subPath"], f"{where}.volumeMounts[{index}].subPath")
    yield from _resource_findings(container.get("resources") or {}, f"{where}.resources")


def _port_findings(port: Object, where: str) -> Iterator[Finding]:
    number = port.get("containerPort", 0)
    if not number:
        yield required(f"{where}.containerPort")
    elif not 1 <= number <= 65535:
        yield invalid_value(f"{where}.containerPort", number, "must be between 1 and 65535, inclusive")
    protocols = ("TCP", "UDP", "SCTP")
    if port.get("protocol", "TCP") not in protocols:
        yield unsupported(f"{where}.protocol", port["protocol"], ("SCTP", "TCP", "UDP"))


def _env_findings(variable: Object, where: str) -> Iterator[Finding]:
    name = variable.get("name", "")
    if not name:
        yield required(f"{where}.name")
    elif "=" in name or not name.isascii() or not name.isprintable():
        why = "a valid environment variable name must consist only of printable ASCII characters other than '='"
        yield invalid_value(f"{where}.name", name, why)
    source = variable.get("valueFrom")
    if source is None:
        return
    given = [one for one in _SOURCES if source.get(one) is not None]
    if not given:
        why = "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`"
        yield invalid_value(f"{where}.valueFrom", "", why)
    elif variable.get("value"):
        yield invalid_value(f"{where}.valueFrom", "", "may not be specified when `value` is not empty")


def _resource_findings(resources: Object, where: str) -> Iterator[Finding]:
    limits, requests = resources.get("limits") or {}, resources.get("requests") or {}
    for which, amounts in (("limits", limits), ("requests", requests)):
        for name, amount in amounts.items():
            yield from _amount_findings(name, amount, f"{where}.{which}[{name}]")
    for name, amount in requests.items():
        if name in limits:
            if parse_quantity(amount) > parse_quantity(limits[name]):
                why = f"must be less than or equal to {name} limit of {canonical(limits[name])}"
                yield invalid_value(f"{where}.requests", canonical(amount), why)
            elif _is_extended(name) and parse_quantity(amount) != parse_quantity(limits[name]):
                why = f"must be equal to {name} limit of {canonical(limits[name])}"
                yield invalid_value(f"{where}.requests", canonical(amount), why)
        elif _is_extended(name):
            yield required(f"{where}.limits", "Limit must be set for non overcommitable resources")


def _amount_findings(name: str, amount: Any, field: str) -> Iterator[Finding]:
    if name not in _STANDARD and "/" not in name and not name.startswith("hugepages-"):
        yield invalid_value(field, name, "must be a standard resource type or fully qualified")
        yield invalid_value(field, name, "must be a standard resource for containers")
        return
    if qualified_name_problem(name):
        yield invalid_value(field, name, qualified_name_problem(name))
    value = parse_quantity(amount)
    if value < 0:
        yield invalid_value(field, canonical(amount), "must be greater than or equal to 0")
    elif _is_extended(name) and value.denominator != 1:
        yield invalid_value(field, canonical(amount), "must be an integer")


def _is_extended(name: str) -> bool:
    return "/" in name and not name.startswith("kubernetes.io/")
