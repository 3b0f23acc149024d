"""Jobs that the API server accepts and the operator never touches (kubeflow.md 2.1: answers V, ∅ and "crash").

Only what the console must recognise in objects that others made; what the console itself may make is decided by
tasks.specification, which is far stricter.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any


class Rule(StrEnum):
    NO_ROLES = "no-roles"
    UNKNOWN_ROLE = "unknown-role"
    NEGATIVE_REPLICAS = "negative-replicas"
    NO_CONTAINERS = "no-containers"
    NO_IMAGE = "no-image"
    CONTAINER_NAME = "container-name"
    NO_LAUNCHER = "no-launcher"
    MANY_LAUNCHERS = "many-launchers"


def why_never(kind: str, roles: Mapping[str, Any]) -> str:
    """The Rule that such a job breaks, or "". `roles` is the map of replica specs as the API server has it."""
    if not roles:
        return Rule.NO_ROLES
    for spec in roles.values():
        if (spec.get("replicas") or 0) < 0:
            return Rule.NEGATIVE_REPLICAS
        if kind in ("MXJob", "MPIJob") and (broken := _broken_template(kind, spec)):
            return broken
    return _broken_roles(roles) if kind == "MPIJob" else ""


def _broken_template(kind: str, spec: Mapping[str, Any]) -> str:
    containers = ((spec.get("template") or {}).get("spec") or {}).get("containers") or []
    if not containers:
        return Rule.NO_CONTAINERS
    if any(not container.get("image") for container in containers):
        return Rule.NO_IMAGE
    if kind == "MXJob" and all(container.get("name") != "mxnet" for container in containers):
        return Rule.CONTAINER_NAME
    return ""


def _broken_roles(roles: Mapping[str, Any]) -> str:
    if set(roles) - {"Launcher", "Worker"}:
        return Rule.UNKNOWN_ROLE
    if "Launcher" not in roles:
        return Rule.NO_LAUNCHER
    return Rule.MANY_LAUNCHERS if (roles["Launcher"].get("replicas") or 1) != 1 else ""
