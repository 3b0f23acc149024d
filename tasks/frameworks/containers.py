"""The one container of a pod, and its parts, as the API writes them."""

from console.cluster.resources import Manifest
from tasks.frameworks.mounts import mounts_of
from tasks.specification.flavor import GPU_RESOURCE, Flavor
from tasks.specification.kept import RESOURCES
from tasks.specification.shapes import Framework
from tasks.specification.task import (
    CommandCheck,
    ConfigMapKey,
    EnvEntry,
    HttpCheck,
    PodField,
    Probe,
    RoleSpec,
    SecretKey,
    TaskSpec,
)

PULL_POLICY = "IfNotPresent"


def container_of(role: RoleSpec, flavor: Flavor, spec: TaskSpec, framework: Framework) -> Manifest:
    container: Manifest = {
        "name": framework.container,
        "image": role.image or spec.image,
        "imagePullPolicy": PULL_POLICY,
    }
    if flavor.key or RESOURCES not in role.kept:  # else it is placed with all that is kept
        size = resources_of(flavor)
        container["resources"] = {"requests": size, "limits": size}
    if role.command:
        container["command"] = list(role.command)
    if role.args:
        container["args"] = list(role.args)
    if role.env:
        container["env"] = [written_env(entry) for entry in role.env]
    if mounts := mounts_of(role, spec):
        container["volumeMounts"] = mounts
    if role.liveness is not None:
        container["livenessProbe"] = written_probe(role.liveness)
    if role.readiness is not None:
        container["readinessProbe"] = written_probe(role.readiness)
    if lifecycle := written_hooks(role.post_start, role.pre_stop):
        container["lifecycle"] = lifecycle
    return container


def resources_of(flavor: Flavor) -> dict[str, str]:
    """What one pod asks for, and may use at most: in Kubernetes' units, whole ones where they are."""
    cpu, memory = flavor.cpu_millicores, flavor.memory_mib
    resources = {
        "cpu": f"{cpu}m" if cpu % 1000 else str(cpu // 1000),
        "memory": f"{memory}Mi" if memory % 1024 else f"{memory // 1024}Gi",
    }
    if flavor.gpus:
        resources[GPU_RESOURCE] = str(flavor.gpus)
    if flavor.rdma_devices:
        resources[flavor.rdma_resource] = str(flavor.rdma_devices)
    return resources


def written_env(entry: EnvEntry) -> Manifest:
    match entry.source:
        case PodField() as source:
            value_from: Manifest = {"fieldRef": {"fieldPath": source.value}}
        case ConfigMapKey(name=name, key=key):
            value_from = {"configMapKeyRef": {"name": name, "key": key}}
        case SecretKey(name=name, key=key):
            value_from = {"secretKeyRef": {"name": name, "key": key}}
        case value:
            return {"name": entry.name, "value": value}
    return {"name": entry.name, "valueFrom": value_from}


def written_probe(probe: Probe) -> Manifest:
    """Every number is written: the stored object then says what happens, whatever a later version assumes."""
    match probe.check:
        case HttpCheck(path=path, port=port, scheme=scheme):
            check: Manifest = {"httpGet": {"path": path, "port": port, "scheme": scheme.value}}
        case CommandCheck(command=command):
            check = {"exec": {"command": list(command)}}
    return {
        **check,
        "initialDelaySeconds": probe.initial_delay_seconds,
        "timeoutSeconds": probe.timeout_seconds,
        "periodSeconds": probe.period_seconds,
        "successThreshold": probe.success_threshold,
        "failureThreshold": probe.failure_threshold,
    }


def written_hooks(post_start: tuple[str, ...], pre_stop: tuple[str, ...]) -> Manifest:
    """Hooks are commands in the container only: an address would let the node be sent anywhere."""
    hooks = {"postStart": post_start, "preStop": pre_stop}
    return {name: {"exec": {"command": list(command)}} for name, command in hooks.items() if command}
