"""Rules for what is carried along: it must be on the list, and must not be what the operator hangs on or dies of."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from tasks.specification.accepting import DROPPED
from tasks.specification.facts import Facts
from tasks.specification.findings import Code, Finding, error, warning
from tasks.specification.kept import CONTAINER, RESOURCES, ROLE_KEPT, TASK_KEPT, accept, in_force
from tasks.specification.quantities import parse_quantity
from tasks.specification.reference_rules import check_object, check_priority_class
from tasks.specification.shapes import Framework
from tasks.specification.task import FileSource, RoleSpec, TaskSpec

KEPT_MAX = 200


def check_kept_of_task(spec: TaskSpec, framework: Framework, facts: Facts) -> list[Finding]:
    found = _check_listed(spec.kept, TASK_KEPT, framework, "kept")
    if found:
        return found
    if "spec.elasticPolicy" in spec.kept:
        found += _check_elastic(spec.kept["spec.elasticPolicy"], spec, "kept.spec.elasticPolicy")
        if "spec.nprocPerNode" in spec.kept and "nProcPerNode" in spec.kept["spec.elasticPolicy"]:  # the webhook's rule
            fields = "spec.nprocPerNode, spec.elasticPolicy.nProcPerNode"
            found.append(error(Code.FIELD_ONE_OF, "kept.spec.elasticPolicy.nProcPerNode", fields=fields))
    scheduling = spec.kept.get("spec.runPolicy.schedulingPolicy") or {}
    if "minAvailable" in scheduling and scheduling["minAvailable"] > spec.pods:  # the gang would never be complete
        found.append(
            error(Code.TOO_LARGE, "kept.spec.runPolicy.schedulingPolicy.minAvailable", maximum=max(spec.pods, 1))
        )
    name = spec.kept.get("spec.mainContainer")
    for role in spec.roles:
        if name is not None and name != role.kept.get(f"{CONTAINER}.name", framework.container):
            found.append(error(Code.FIELD_VALUE, "kept.spec.mainContainer", value=name))
            break
    return found + check_priority_class(
        scheduling.get("priorityClass", ""), facts, "kept.spec.runPolicy.schedulingPolicy.priorityClass"
    )


def check_kept_of_role(role: RoleSpec, spec: TaskSpec, framework: Framework, facts: Facts, path: str) -> list[Finding]:
    kept = in_force(role)
    path = f"{path}.kept"
    if not kept:
        return []
    found = _check_listed(kept, ROLE_KEPT, framework, path)
    if found:
        return found
    if RESOURCES in kept:
        found += _check_resources(kept[RESOURCES], f"{path}.{RESOURCES}")
    found += _check_ports(kept.get(f"{CONTAINER}.ports") or [], framework, f"{path}.{CONTAINER}.ports")
    found += _check_volumes(role, kept, spec, framework, facts, path)
    found += _check_env(role, kept, framework, path)
    found += _check_references(kept, spec, facts, path)
    for name in ("livenessProbe", "startupProbe"):
        if (kept.get(f"{CONTAINER}.{name}") or {}).get("successThreshold", 1) > 1:
            found.append(error(Code.PROBE_SUCCESSES, f"{path}.{CONTAINER}.{name}.successThreshold"))
    return found


def _check_listed(kept: Mapping[str, Any], table: Any, framework: Framework, path: str) -> list[Finding]:
    """Whether each value may be carried along: drafts and the API may say anything, too."""
    if len(kept) > KEPT_MAX:
        return [error(Code.TOO_MANY, path, maximum=KEPT_MAX)]
    found: list[Finding] = []
    for at, value in kept.items():
        before = len(found)
        accepted = accept(table, at, value, framework.key, at=f"{path}.{at}", refused=found)
        if accepted is DROPPED and len(found) == before:
            found.append(error(Code.FIELD_UNKNOWN, f"{path}.{at}", field=at[-60:]))
    return found


def _check_elastic(policy: Mapping[str, Any], spec: TaskSpec, path: str) -> list[Finding]:
    workers = next((role.replicas for role in spec.roles if role.name == "Worker"), None)
    if workers is None:
        return [error(Code.ELASTIC_WORKER, path)]
    minimum, maximum = policy.get("minReplicas", 1), policy.get("maxReplicas", workers)
    if not minimum <= workers <= maximum:
        return [error(Code.ELASTIC_RANGE, path, minimum=minimum, maximum=maximum, replicas=workers)]
    return []


def _check_resources(resources: Mapping[str, Any], path: str) -> list[Finding]:
    """What the API server refuses of a pod, not of a task: then its status stays empty (kubeflow.md 0.13)."""
    limits, requests = resources.get("limits") or {}, resources.get("requests") or {}
    found = [warning(Code.SIZE_OWN, path)]
    if not {"cpu", "memory"} <= limits.keys():
        found.append(warning(Code.SIZE_OPEN, path))
    for device in [*limits, *(name for name in requests if name not in limits)]:
        limit, request = (parse_quantity(part[device]) if device in part else None for part in (limits, requests))
        found += _check_device(device, limit, request, path)
    return found


def _check_device(device: str, limit: Decimal | None, request: Decimal | None, path: str) -> list[Finding]:
    extended = "/" in device and not device.startswith("kubernetes.io/")
    if extended or device.startswith("hugepages-"):
        if limit is None:
            return [error(Code.SIZE_LIMIT_MISSING, path, device=device)]
        if limit % 1:
            return [error(Code.SIZE_FRACTION, path, device=device)]
        if request is not None and request != limit:
            return [error(Code.SIZE_UNEQUAL, path, device=device)]
    elif limit is not None and request is not None and limit < request:
        return [error(Code.SIZE_LIMIT_BELOW, path, device=device)]
    return []


def _check_ports(ports: list[dict[str, Any]], framework: Framework, path: str) -> list[Finding]:
    """The operator makes a service of them: one that is refused leaves the task without a status."""
    found = []
    names, numbers = set(), set()
    for index, port in enumerate(ports):
        here = f"{path}[{index}]"
        name, number = port.get("name", ""), port["containerPort"]
        if name and name in names:
            found.append(error(Code.PORT_TAKEN, here, port=name))
        elif framework.services and not name:
            found.append(error(Code.PORT_NAME_MISSING, here))
        elif framework.services and number in numbers:
            found.append(error(Code.PORT_TAKEN, here, port=number))
        elif framework.services and number == framework.port and name != framework.port_name:
            found.append(error(Code.PORT_OF_OPERATOR, here, port=number, name=framework.port_name))
        names.add(name)
        numbers.add(number)
    return found


def _check_volumes(
    role: RoleSpec, kept: Mapping[str, Any], spec: TaskSpec, framework: Framework, facts: Facts, path: str
) -> list[Finding]:
    found = []
    names = {volume.purpose.value for volume in spec.volumes} | framework.reserved_volumes
    if role.shared_memory:
        names.add("shared-memory")
    for at, value in _with(kept, "template.spec.volumes["):
        if value["name"] in names:
            found.append(error(Code.VOLUME_TWICE, f"{path}.{at}.name", name=value["name"]))
        names.add(value["name"])
        found += _check_source(value, spec, facts, f"{path}.{at}")
    for at, value in _with(kept, f"{CONTAINER}.volumeMounts["):
        if value["name"] not in names:
            found.append(error(Code.VOLUME_UNKNOWN, f"{path}.{at}.name", name=value["name"]))
    return found


def _check_source(volume: Mapping[str, Any], spec: TaskSpec, facts: Facts, path: str) -> list[Finding]:
    claim = (volume.get("persistentVolumeClaim") or {}).get("claimName")
    if claim and facts.claims is not None and claim not in facts.claims:
        return [error(Code.CLAIM_UNKNOWN, path, claim=claim, namespace=spec.namespace)]
    for kind, field, name in (
        (FileSource.CONFIG_MAP, "configMap", "name"),
        (FileSource.SECRET, "secret", "secretName"),
    ):
        source = volume.get(field)
        if source and not source.get("optional"):
            return check_object(kind, source[name], facts, spec.namespace, path)
    return []


def _check_env(role: RoleSpec, kept: Mapping[str, Any], framework: Framework, path: str) -> list[Finding]:
    found = []
    seen = {entry.name for entry in role.env}
    for at, entry in _with(kept, f"{CONTAINER}.env["):
        name, here = entry["name"], f"{path}.{at}"
        if name in seen:
            found.append(error(Code.ENV_TWICE, here, name=name))
        elif framework.reserves(name):
            found.append(error(Code.ENV_RESERVED, here, name=name))
        if entry.get("value") and entry.get("valueFrom"):
            found.append(error(Code.FIELD_ONE_OF, here, fields="value, valueFrom"))
        seen.add(name)
    return found


def _check_references(kept: Mapping[str, Any], spec: TaskSpec, facts: Facts, path: str) -> Iterator[Finding]:
    for index, source in enumerate(kept.get(f"{CONTAINER}.envFrom") or []):
        for kind, field in ((FileSource.CONFIG_MAP, "configMapRef"), (FileSource.SECRET, "secretRef")):
            reference = source.get(field) or {"optional": True}
            if not reference.get("optional"):
                here = f"{path}.{CONTAINER}.envFrom[{index}].{field}"
                yield from check_object(kind, reference["name"], facts, spec.namespace, here)
    for index, secret in enumerate(kept.get("template.spec.imagePullSecrets") or []):
        if facts.pull_secrets is not None and secret["name"] not in facts.pull_secrets:
            here = f"{path}.template.spec.imagePullSecrets[{index}]"
            yield error(Code.PULL_SECRET_UNKNOWN, here, name=secret["name"], namespace=spec.namespace)
    name = kept.get("template.spec.priorityClassName", "")
    yield from check_priority_class(name, facts, f"{path}.template.spec.priorityClassName")


def _with(kept: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    return ((at, value) for at, value in kept.items() if at.startswith(prefix))
