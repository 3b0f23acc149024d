"""Objects as an API server has them, no more of each than is looked at."""

from typing import Any

CREATED = "2026-11-25T12:00:00Z"


def namespace(name: str) -> dict[str, Any]:
    return {"metadata": {"name": name, "uid": f"ns-{name}", "labels": {"trainyard.io/class": "gpu"}}}


def job(name: str, *conditions: str, replicas: int = 1, **meta: Any) -> dict[str, Any]:
    container = {"name": "tensorflow", "image": "busybox:1.36", "resources": {"requests": {"cpu": "500m"}}}
    workers = {"replicas": replicas, "template": {"spec": {"containers": [container]}}}
    return {
        "metadata": {"name": name, "namespace": "vision", "uid": f"job-{name}", "creationTimestamp": CREATED, **meta},
        "spec": {"tfReplicaSpecs": {"Worker": workers}},
        "status": {"conditions": [{"type": type_, "status": "True"} for type_ in conditions]},
    }


def pod(task: str, index: int = 0, *, phase: str = "Running") -> dict[str, Any]:
    running = {"running": {"startedAt": CREATED}} if phase == "Running" else {}
    container = {"name": "tensorflow", "image": "busybox:1.36"}
    return {
        "metadata": {
            "name": f"{task}-worker-{index}",
            "namespace": "vision",
            "uid": f"pod-{task}-{index}",
            "creationTimestamp": CREATED,
            "labels": {
                "training.kubeflow.org/job-name": task,
                "training.kubeflow.org/replica-type": "worker",
                "training.kubeflow.org/replica-index": str(index),
            },
            "ownerReferences": [{"kind": "TFJob", "name": task, "uid": f"job-{task}", "controller": True}],
        },
        "spec": {"nodeName": "node-1", "restartPolicy": "Never", "containers": [container]},
        "status": {
            "phase": phase,
            "conditions": [{"type": "Ready", "status": "True" if phase == "Running" else "False"}],
            "containerStatuses": [container | {"ready": phase == "Running", "state": running}],
        },
    }


def event(about: dict[str, Any], kind: str, reason: str, message: str = "", *, uid: str = "") -> dict[str, Any]:
    meta = about["metadata"]
    return {
        "metadata": {
            "name": f"{meta['name']}.1",
            "namespace": "vision",
            "uid": uid or f"event-{meta['uid']}-{reason}",
            "creationTimestamp": CREATED,
        },
        "involvedObject": {"kind": kind, "name": meta["name"], "namespace": "vision", "uid": meta["uid"]},
        "type": "Warning",
        "reason": reason,
        "message": message,
        "count": 1,
        "lastTimestamp": CREATED,
        "reportingComponent": "tfjob-controller",
    }
