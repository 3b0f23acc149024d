"""Cluster DNS as files: each pod's /etc/hosts has the names that a real cluster's DNS would answer in its namespace."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

Object = dict[str, Any]

_HEAD = """# Kubernetes-managed hosts file.
127.0.0.1\tlocalhost
::1\tlocalhost ip6-localhost ip6-loopback
fe00::0\tip6-localnet
fe00::0\tip6-mcastprefix
fe00::1\tip6-allnodes
fe00::2\tip6-allrouters
"""
DOMAIN = "svc.cluster.local"


def _ready(pod: Object) -> bool:
    conditions = (pod.get("status") or {}).get("conditions") or []
    return any(entry["type"] == "Ready" and entry["status"] == "True" for entry in conditions)


def _selected(service: Object, pod: Object) -> bool:
    selector: Mapping[str, str] = (service.get("spec") or {}).get("selector") or {}
    labels = pod["metadata"].get("labels") or {}
    return bool(selector) and all(labels.get(key) == value for key, value in selector.items())


def names_of(services: Iterable[Object], pods: Iterable[Object]) -> list[tuple[str, str, str]]:
    """Return (address, name, namespace) of every service with a ready pod, and of pods with hostname and subdomain.

    As in cluster DNS a service without ready pods has no address, unless it publishes those that are not ready; its
    headless and its clustered form both lead straight to the pods here.
    """
    found: list[tuple[str, str, str]] = []
    addressed = [pod for pod in pods if (pod.get("status") or {}).get("podIP")]
    live = [pod for pod in addressed if pod["status"].get("phase") not in ("Succeeded", "Failed")]
    for service in services:
        name, namespace = service["metadata"]["name"], service["metadata"]["namespace"]
        spec = service.get("spec") or {}
        for pod in live:
            if pod["metadata"]["namespace"] != namespace or not _selected(service, pod):
                continue
            if not (_ready(pod) or spec.get("publishNotReadyAddresses")):
                continue
            found.append((pod["status"]["podIP"], name, namespace))
            if pod["spec"].get("subdomain") == name and pod["spec"].get("hostname"):
                found.append((pod["status"]["podIP"], f"{pod['spec']['hostname']}.{name}", namespace))
    return found


def hosts_text(known: Iterable[tuple[str, str, str]], namespace: str, ip: str, hostname: str, api: str) -> str:
    """Return a pod's hosts file: its own name, then names short (own namespace) and long (all)."""
    lines = [_HEAD, f"{ip}\t{hostname}\n"]
    if api:
        lines.append(f"{api}\tkubernetes.default.{DOMAIN} kubernetes.default.svc kubernetes.default\n")
    for address, name, home in known:
        names = [f"{name}.{home}.{DOMAIN}", f"{name}.{home}.svc", f"{name}.{home}"]
        if home == namespace and name != hostname:
            names.append(name)
        lines.append(f"{address}\t{' '.join(names)}\n")
    return "".join(lines)


def write_in_place(path: Path, text: str) -> None:
    """Change a file that containers have mounted: the same file must stay, and never be seen half empty."""
    data = text.encode()
    try:
        if path.read_bytes() == data:
            return
    except FileNotFoundError:
        pass
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        os.pwrite(fd, data, 0)
        os.ftruncate(fd, len(data))
    finally:
        os.close(fd)
