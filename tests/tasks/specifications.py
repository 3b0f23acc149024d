"""Specifications and facts that the tests of tasks start from."""

from dataclasses import replace
from typing import Any

from tasks.frameworks import FRAMEWORKS
from tasks.specification import Code, Facts, NamespaceFact, RoleSpec, TaskSpec, check
from tasks.specification.default_flavors import DEFAULT_FLAVORS

SMALL = DEFAULT_FLAVORS["cpu-100m-128Mi"]
V100 = DEFAULT_FLAVORS["v100-32g-x1"]
RDMA = DEFAULT_FLAVORS["rdma-4-32Gi"]
KINDS = frozenset({"TFJob", "MXJob", "PyTorchJob", "MPIJob"})
MODES = [(framework.key, mode.key) for framework in FRAMEWORKS.values() for mode in framework.modes]


def facts(**changes: Any) -> Facts:
    defaults: dict[str, Any] = {
        "frameworks": FRAMEWORKS,
        "flavors": DEFAULT_FLAVORS,
        "namespaces": {"vision": NamespaceFact("vision", may_create=True)},
        "served_kinds": KINDS,
    }
    return Facts(**(defaults | changes))


def spec(framework: str = "pytorch", mode: str = "distributed", **changes: Any) -> TaskSpec:
    """A task with nothing wrong about it: each role of the mode once, optional ones too."""
    shape = FRAMEWORKS[framework].mode(mode)
    assert shape is not None
    shared_memory = FRAMEWORKS[framework].shared_memory
    defaults: dict[str, Any] = {
        "framework": framework,
        "mode": mode,
        "name": "mnist",
        "namespace": "vision",
        "image": "python:3.11-slim",
        "roles": tuple(RoleSpec(name=role.name, flavor=SMALL, shared_memory=shared_memory) for role in shape.roles),
    }
    return TaskSpec(**(defaults | changes))


def with_role(task: TaskSpec, name: str, **changes: Any) -> TaskSpec:
    """The task with one role changed."""
    roles = tuple(replace(role, **changes) if role.name == name else role for role in task.roles)
    return replace(task, roles=roles)


def found(task: TaskSpec, **known: object) -> dict[str, Code]:
    """What the rules say of a task, by path; `known` are facts."""
    return {finding.path: finding.code for finding in check(task, facts(**known))}


def blocking(task: TaskSpec, **known: object) -> dict[str, Code]:
    return {finding.path: finding.code for finding in check(task, facts(**known)) if finding.blocking}
