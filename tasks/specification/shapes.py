"""What a framework allows, as data: its kind, its modes, the roles of each. tasks.frameworks fills it in."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from console.cluster.resources import Manifest, Resource
from tasks.specification.task import RestartPolicy, TaskSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleShape:
    name: str  # as the CRD spells it
    exactly: int | None = None  # None: one or more
    optional: bool = False  # appears only after it was enabled, at most once
    rdma: bool = False  # may take RDMA flavors: it does not compute
    decides: bool = False  # the task has succeeded when this role has (kubeflow.md 4.2)
    waits: bool = False  # runs without a command until it is called (MPI's workers)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mode:
    key: str
    roles: tuple[RoleShape, ...]

    @property
    def required(self) -> tuple[RoleShape, ...]:
        return tuple(role for role in self.roles if not role.optional)

    def role(self, name: str) -> RoleShape | None:
        return next((role for role in self.roles if role.name == name), None)


def no_extra_fields(spec: TaskSpec) -> Manifest:
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Framework:
    key: str
    title: str  # a proper name: the same in every language
    resource: Resource
    roles_field: str  # of the manifest's spec: "tfReplicaSpecs"
    # The operator looks for a container of exactly this name (kubeflow.md section 2).
    container: str
    port: int
    modes: tuple[Mode, ...]
    restart_policies: tuple[RestartPolicy, ...] = tuple(RestartPolicy)
    # Environment that the operator writes itself, after ours; a name ending in "*" stands for all that begin so.
    reserved_env: tuple[str, ...] = ()
    shared_memory: bool = False  # new tasks get a large /dev/shm
    # Roles whose pods call the API server with an account of their own, which the operator makes.
    roles_with_account: frozenset[str] = frozenset()
    # Further fields of the manifest's spec, and what the operator assumes where one of them is not written.
    extra_fields: Callable[[TaskSpec], Manifest] = no_extra_fields
    assumed_fields: Mapping[str, Any] = field(default_factory=dict)
    # What the operator assumes of a role that says nothing (kubeflow.md section 2).
    absent_restart_policy: RestartPolicy = RestartPolicy.NEVER
    roles_absent_are_none: frozenset[str] = frozenset()  # no replicas written: no pods
    any_container_name: bool = False
    older_clean_pod_policy: bool = False  # may stand beside the runPolicy, too
    services: bool = True  # a headless one a pod, with the container's ports
    # Its name is the operator's, which adds the port where it is missing.
    port_name: str = ""
    config_map_suffix: str = ""  # the operator makes one, called as the task and this
    reserved_volumes: frozenset[str] = frozenset()  # the operator adds volumes of these names
    asks_operator: bool = True  # the API server asks its webhook about each new task (kubeflow.md fact 16)

    def mode(self, key: str) -> Mode | None:
        return next((mode for mode in self.modes if mode.key == key), None)

    def mode_of(self, roles: Iterable[str]) -> Mode | None:
        """The mode that has exactly these roles, optional ones aside; None when there is none."""
        found = set(roles)
        for mode in self.modes:
            names = {role.name for role in mode.roles}
            if {role.name for role in mode.required} <= found <= names:
                return mode
        return None

    def reserves(self, env_name: str) -> bool:
        for name in self.reserved_env:
            if env_name == name or (name.endswith("*") and env_name.startswith(name[:-1])):
                return True
        return False
