"""Rows of the index, as the watcher would write them: for tests of pages, which need no cluster."""

import json
import zlib
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from django.utils import timezone

from console.index.models import Change, Event, Facet, Leader, Namespace, Pod, Task, TaskManifest, Watch

FRAMEWORK_KINDS = {"tensorflow": "TFJob", "mxnet": "MXJob", "pytorch": "PyTorchJob", "mpi": "MPIJob"}
MINUTE = timedelta(minutes=1)


def namespace(name: str = "vision", class_name: str = "gpu", phase: str = "Active") -> Namespace:
    return Namespace.objects.create(name=name, uid=str(uuid4()), phase=phase, class_name=class_name)


def role(name: str, pods: int = 1, ready: int = 0, phase: str = "running", **more: Any) -> dict[str, Any]:
    return {
        "role": name,
        "phase": phase,
        "pods": pods,
        "ready": ready,
        "failed": 0,
        "cpu_millicores": 500,
        "memory_mib": 1024,
        "gpus": 0,
        "started_at": None,
        "finished_at": None,
        **more,
    }


def task(name: str, **more: Any) -> Task:
    """A running PyTorchJob of alice's in the namespace vision, unless told otherwise; facets follow."""
    roles = more.pop("roles", [role("Master", 1, 1), role("Worker", 2, 2)])
    framework = more.pop("framework", "pytorch")
    values = {
        "uid": str(uuid4()),
        "kind": FRAMEWORK_KINDS[framework],
        "framework": framework,
        "mode": "distributed",
        "namespace": "vision",
        "owner": "alice",
        "phase": "running",
        "image": "python:3.11-slim",
        "roles": roles,
        "pods_total": sum(entry["pods"] for entry in roles),
        "pods_ready": sum(entry["ready"] for entry in roles),
        "created_at": timezone.now() - 10 * MINUTE,
        "started_at": timezone.now() - 9 * MINUTE,
        **more,
    }
    made = Task.objects.create(name=name, **values)
    facet, _created = Facet.objects.get_or_create(
        namespace=made.namespace, framework=made.framework, phase=made.phase, defaults={"tasks": 0}
    )
    Facet.objects.filter(pk=facet.pk).update(tasks=facet.tasks + 1)
    return made


def manifest(of: Task, body: dict[str, Any]) -> None:
    TaskManifest.objects.create(task_uid=of.uid, body=zlib.compress(json.dumps(body).encode()))


def pod(of: Task, role_name: str = "Worker", index: int = 0, **more: Any) -> Pod:
    values = {
        "uid": str(uuid4()),
        "name": f"{of.name}-{role_name.lower()}-{index}",
        "phase": "running",
        "ready": True,
        "node": "node-1",
        "ip": f"10.0.0.{index + 1}",
        "cpu_millicores": 500,
        "memory_mib": 1024,
        "containers": [container("pytorch")],
        "created_at": of.created_at,
        "started_at": of.started_at,
        **more,
    }
    return Pod.objects.create(task_uid=of.uid, namespace=of.namespace, role=role_name, index=index, **values)


def container(name: str, **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "image": "python:3.11-slim",
        "init": False,
        "state": "running",
        "reason": "",
        "message": "",
        "ready": True,
        "restarts": 0,
        "exit_code": None,
        "started_at": None,
        "finished_at": None,
        "last_exit_code": None,
        "last_reason": "",
        **more,
    }


def event(of: Task, reason: str, message: str, **more: Any) -> Event:
    about = more.pop("about", None)
    at = more.pop("at", None) or timezone.now() - MINUTE
    values = {
        "type": "Normal",
        "component": "pytorchjob-controller",
        "object_kind": "Pod" if about else of.kind,
        "object_name": about.name if about else of.name,
        "object_uid": about.uid if about else of.uid,
        "first_at": at,
        "last_at": at,
        **more,
    }
    return Event.objects.create(
        task_uid=of.uid,
        created_at=at,
        uid=str(uuid4()),
        namespace=of.namespace,
        reason=reason,
        message=message,
        **values,
    )


def watcher_is_up_to_date(heard_at: datetime | None = None) -> None:
    """What the staleness of the pages is told by."""
    now = heard_at or datetime.now(UTC)
    Leader.objects.update_or_create(pk=1, defaults={"beat_at": now})
    for key in (
        "pods",
        "events",
        "tfjobs.kubeflow.org",
        "mxjobs.kubeflow.org",
        "pytorchjobs.kubeflow.org",
        "mpijobs.kubeflow.org",
    ):
        Watch.objects.update_or_create(resource=key, defaults={"listed_at": now, "heard_at": now, "problem": ""})


def change(of: Task, kind: str = "task") -> int:
    """The seq of a new line of the feed."""
    return Change.objects.create(kind=kind, task_uid=of.uid, namespace=of.namespace, at=timezone.now()).seq
