"""What the shim is told to start: one container of a pod, complete."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from console.localcluster.images import Image
from console.localcluster.kubelet.environment import arguments, cpu_limit_millicores, memory_limit_bytes

Object = dict[str, Any]


def container_order(
    pod: Object,
    container: Object,
    image: Image,
    attempt: int,
    *,
    folder: Path,
    environment: dict[str, str],
    mounts: list[Object],
) -> Object:
    """Return the order, and make the files that it mounts. `folder` is the pod's."""
    own = folder / "containers" / container["name"]
    own.mkdir(parents=True, exist_ok=True)
    message = own / f"{attempt}.message"
    message.write_bytes(b"")
    hosts = folder / "hosts"
    hosts.touch()
    hostname = pod["spec"].get("hostname") or pod["metadata"]["name"]
    return {
        "name": container["name"],
        "attempt": attempt,
        "argv": arguments(container, image, environment) or ["sh"],
        "env": environment,
        "cwd": container.get("workingDir") or "/",
        **_identity(pod, container),
        "tty": container.get("tty", False),
        "layers": [*image.root(), ["file", "/etc/hostname", f"{hostname}\n", 0o644]],
        "mounts": [
            {"source": str(hosts), "target": "/etc/hosts"},
            {"source": str(_scratch(own, attempt)), "target": "/tmp"},  # noqa: S108
            {"source": str(message), "target": container.get("terminationMessagePath") or "/dev/termination-log"},
            *mounts,
        ],
        "memory_bytes": memory_limit_bytes(container),
        "cpu_millicores": cpu_limit_millicores(container),
    }


def _scratch(own: Path, attempt: int) -> Path:
    """Return the run's /tmp: on the disk, not in the root's memory; each run has a new one, as it has a new root."""
    shutil.rmtree(own / f"tmp-{attempt - 1}", ignore_errors=True)
    scratch = own / f"tmp-{attempt}"
    scratch.mkdir(exist_ok=True)
    scratch.chmod(0o1777)
    return scratch


def _identity(pod: Object, container: Object) -> Object:
    """Return whom the program runs as; the container's security context wins over the pod's."""
    context = (pod["spec"].get("securityContext") or {}) | (container.get("securityContext") or {})
    groups = [*(context.get("supplementalGroups") or [])]
    if context.get("fsGroup"):
        groups.append(context["fsGroup"])
    return {
        "uid": context.get("runAsUser") or 0,
        "gid": context.get("runAsGroup") or 0,
        "groups": groups,
        "no_new_privileges": context.get("allowPrivilegeEscalation") is False,
    }
