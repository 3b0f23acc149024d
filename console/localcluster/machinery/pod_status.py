"""The STATUS word of `kubectl get pods` and its neighbours (printPod of kubernetes/pkg/printers)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from console.localcluster.machinery.durations import age
from console.localcluster.store import Object


def pod_cells(pod: Object, now: datetime) -> list[Any]:
    status = pod.get("status") or {}
    spec = pod.get("spec") or {}
    containers = status.get("containerStatuses") or []
    ready = sum(1 for one in containers if one.get("ready") and "running" in (one.get("state") or {}))
    return [
        pod["metadata"]["name"],
        f"{ready}/{len(spec.get('containers') or [])}",
        status_word(pod),
        _restarts(containers or [], status, now),
        age(pod["metadata"].get("creationTimestamp"), now),
        status.get("podIP") or "<none>",
        spec.get("nodeName") or "<none>",
        status.get("nominatedNodeName") or "<none>",
        "<none>",
    ]


def status_word(pod: Object) -> str:
    status = pod.get("status") or {}
    reason = status.get("reason") or status.get("phase") or ""
    initializing = _init_word(pod)
    reason = initializing or _container_word(status.get("containerStatuses") or [], reason, status)
    if "deletionTimestamp" in pod["metadata"]:
        if status.get("reason") == "NodeLost":
            return "Unknown"
        if status.get("phase") not in ("Succeeded", "Failed"):
            return "Terminating"
    return reason


def _init_word(pod: Object) -> str:
    status = pod.get("status") or {}
    total = len((pod.get("spec") or {}).get("initContainers") or [])
    for index, one in enumerate(status.get("initContainerStatuses") or []):
        state = one.get("state") or {}
        ended = state.get("terminated")
        if ended and ended.get("exitCode") == 0:
            continue
        if ended:
            return "Init:" + (ended.get("reason") or _exit_word(ended))
        waiting = (state.get("waiting") or {}).get("reason", "")
        return f"Init:{waiting}" if waiting not in ("", "PodInitializing") else f"Init:{index}/{total}"
    return ""


def _container_word(containers: list[Any], reason: str, status: dict[str, Any]) -> str:
    running = False
    for one in reversed(containers):
        state = one.get("state") or {}
        waiting, ended = state.get("waiting") or {}, state.get("terminated")
        if waiting.get("reason"):
            reason = waiting["reason"]
        elif ended:
            reason = ended.get("reason") or _exit_word(ended)
        elif one.get("ready") and "running" in state:
            running = True
    if reason == "Completed" and running:
        ready = any(one["type"] == "Ready" and one["status"] == "True" for one in status.get("conditions") or [])
        reason = "Running" if ready else "NotReady"
    return reason


def _exit_word(ended: dict[str, Any]) -> str:
    return f"Signal:{ended['signal']}" if ended.get("signal") else f"ExitCode:{ended.get('exitCode', 0)}"


def _restarts(containers: list[Any], status: dict[str, Any], now: datetime) -> str:
    counted = containers
    if not containers:
        counted = status.get("initContainerStatuses") or []
    total = sum(one.get("restartCount", 0) for one in counted)
    ended = [((one.get("lastState") or {}).get("terminated") or {}).get("finishedAt") for one in counted]
    last = max((at for at in ended if at), default="")
    return f"{total} ({age(last, now)} ago)" if total and last else str(total)
