"""The Node object: this machine's CPU and memory, GPUs that are only counted, and what does not work here."""

from __future__ import annotations

import os
import platform
from decimal import Decimal
from typing import Any

from console.localcluster.kubelet.launcher import Isolation

Object = dict[str, Any]

SIMULATED_GPUS = "trainyard.io/simulated-gpus"
GPU_MODEL = ("trainyard.io/gpu-model", "v100-32g")  # simulated GPUs pass for this model, or no flavor would ever ask
LIMITS = "trainyard.io/limits"  # an annotation: what pods of this node cannot do, in a sentence
NAMES = ("trainyard.io/names", "node")  # names of services resolve without a DNS add-on: the node writes /etc/hosts
MAX_PODS = 110
_HEARTBEAT = (
    ("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
    ("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
    ("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
    ("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
)


def capacity(gpus: int, folder: str) -> dict[str, str]:
    """Return what the machine has, as quantities. `folder` is on the disk that pods write to."""
    memory_kib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 1024
    disk = os.statvfs(folder)
    found = {
        "cpu": str(os.cpu_count() or 1),
        "ephemeral-storage": f"{disk.f_frsize * disk.f_blocks // 1024}Ki",
        "memory": f"{memory_kib}Ki",
        "pods": str(MAX_PODS),
    }
    if gpus > 0:
        found["nvidia.com/gpu"] = str(gpus)
    return found


def plain_capacity(gpus: int, folder: str) -> dict[str, Decimal]:
    """Return CPU (cores) and memory (bytes) as numbers, for the downward API."""
    found = capacity(gpus, folder)
    return {"cpu": Decimal(found["cpu"]), "memory": Decimal(found["memory"].removesuffix("Ki")) * 1024}


def limits_text(isolation: Isolation, problem: str) -> str:
    """Return what does not work at this degree of isolation; "" when all does."""
    if isolation is Isolation.ROOT:
        return ""
    if isolation is Isolation.USER:
        return (
            "Without root, containers run as user 0 of a user namespace only (runAsUser is refused); memory limits are "
            "watched a few times a second instead of being enforced by the kernel, CPU limits are not enforced."
        )
    return (
        f"The kernel does not allow namespaces here ({problem}): pods are plain process groups. "
        "They share the machine's network (two pods cannot listen on one port), files and host name; volumes are not "
        "mounted, names of services do not resolve, and images' own programs are not at their paths."
    )


def node_object(name: str, *, gpus: int, folder: str, address: str, isolation: Isolation, problem: str) -> Object:
    """Return the Node without times."""
    machine = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    labels = {
        "beta.kubernetes.io/arch": machine,
        "beta.kubernetes.io/os": "linux",
        "kubernetes.io/arch": machine,
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
    }
    if gpus > 0:
        labels[SIMULATED_GPUS] = "true"
        labels[GPU_MODEL[0]] = GPU_MODEL[1]
    if isolation is not Isolation.NONE:
        labels[NAMES[0]] = NAMES[1]
    limits = limits_text(isolation, problem)
    return {
        "metadata": {"name": name, "labels": labels, "annotations": {LIMITS: limits} if limits else {}},
        "spec": {},
        "status": {
            "capacity": capacity(gpus, folder),
            "allocatable": capacity(gpus, folder),
            "addresses": [{"type": "InternalIP", "address": address}, {"type": "Hostname", "address": name}],
            "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}},
            "nodeInfo": _node_info(machine),
        },
    }


def conditions(isolation: Isolation, problem: str, old: list[Object], now: str) -> list[Object]:
    """Return the Node's conditions with a fresh heartbeat; PodsIsolated is this cluster's own."""
    limits = limits_text(isolation, problem)
    own = ("PodsIsolated", "False" if isolation is Isolation.NONE else "True")
    reasons = {Isolation.ROOT: "Namespaces", Isolation.USER: "UserNamespace", Isolation.NONE: "ProcessGroupsOnly"}
    wanted = [*_HEARTBEAT, (*own, reasons[isolation], limits or "pods have namespaces and a root of their own")]
    before = {condition["type"]: condition for condition in old}
    found = []
    for kind, status, reason, message in wanted:
        earlier = before.get(kind, {})
        since = earlier.get("lastTransitionTime") if earlier.get("status") == status else None
        found.append(
            {
                "type": kind,
                "status": status,
                "lastHeartbeatTime": now,
                "lastTransitionTime": since or now,
                "reason": reason,
                "message": message,
            }
        )
    return found


def _read(path: str) -> str:
    try:
        with open(path) as file:
            return file.read().strip()
    except OSError:
        return ""


def _node_info(machine: str) -> Object:
    release = dict(line.split("=", 1) for line in _read("/etc/os-release").splitlines() if "=" in line)
    return {
        "machineID": _read("/etc/machine-id"),
        "systemUUID": _read("/etc/machine-id"),
        "bootID": _read("/proc/sys/kernel/random/boot_id"),
        "kernelVersion": platform.release(),
        "osImage": release.get("PRETTY_NAME", "Linux").strip('"'),
        "containerRuntimeVersion": "trainyard://1",
        "kubeletVersion": "v1.34.4",
        "kubeProxyVersion": "",
        "operatingSystem": "linux",
        "architecture": machine,
    }
