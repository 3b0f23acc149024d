"""Drafts as the wizard leaves them."""

from copy import deepcopy
from typing import Any

from django.contrib.auth.models import User

from tasks.models import Draft

ROLE = {
    "replicas": "1",
    "flavor": "cpu-100m-128Mi",
    "command": "",
    "args": "",
    "restart_policy": "Never",
    "enabled": "",
    "env": [],
}
BASICS = {
    "name": "mnist",
    "namespace": "vision",
    "description": "",
    "image": "python:3.11-slim",
    "data_claim": "",
    "data_sub_path": "",
    "data_mount_path": "",
}
ADVANCED = {
    "backoff_limit": "0",
    "active_deadline_seconds": "",
    "ttl_seconds_after_finished": "",
    "clean_pod_policy": "Running",
    "suspend": "",
}


def draft(owner: User, framework: str = "pytorch", mode: str = "distributed", **basics: Any) -> Draft:
    """A draft that could be submitted, unless `basics` spoil it."""
    return Draft.objects.create(
        owner=owner,
        framework=framework,
        mode=mode,
        entries={
            "basics": BASICS | basics,
            "roles": {
                name: deepcopy(ROLE) for name in ("Master", "Worker", "PS", "Chief", "Scheduler", "Server", "Launcher")
            },
            "advanced": dict(ADVANCED),
        },
        steps_done=["basics", "roles", "advanced"],
    )
