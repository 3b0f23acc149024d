"""A job's spec as the operator reads it: defaulted in memory, never written back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from console.localcluster.machinery.objects import clone

Object = dict[str, Any]

NEVER = "Never"
ON_FAILURE = "OnFailure"
ALWAYS = "Always"
EXIT_CODE = "ExitCode"
# Pod policies whose containers' restarts count against backoffLimit (kubeflow.md 3.2 B).
COUNTED = (ON_FAILURE, ALWAYS, EXIT_CODE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """One entry of the roles map. `template` may hold anything the API server accepted."""

    name: str
    replicas: int
    restart_policy: str
    template: Object

    @property
    def label(self) -> str:
        return self.name.lower()

    @property
    def pod_restart_policy(self) -> str:
        """ExitCode is the operator's own: such a pod is never restarted in place."""
        return NEVER if self.restart_policy == EXIT_CODE else self.restart_policy


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPolicy:
    clean_pod_policy: str
    backoff_limit: int | None
    deadline_seconds: int | None
    ttl_seconds: int | None
    suspended: bool

    @classmethod
    def of(cls, job: Object) -> RunPolicy:
        """MPIJob's spec-level cleanPodPolicy counts when runPolicy says nothing."""
        spec = job.get("spec") or {}
        policy = spec.get("runPolicy") or {}
        return cls(
            clean_pod_policy=policy.get("cleanPodPolicy") or spec.get("cleanPodPolicy") or "None",
            backoff_limit=policy.get("backoffLimit"),
            deadline_seconds=policy.get("activeDeadlineSeconds"),
            ttl_seconds=policy.get("ttlSecondsAfterFinished"),
            suspended=bool(policy.get("suspend")),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What the kinds do not share in their specs."""

    roles_key: str
    role_names: tuple[str, ...]  # a key that differs in case only is read as one of these
    container: str
    port_name: str
    port: int
    restart_policy: str = NEVER
    # MPI: {"Worker": 0}; for all others one pod.
    replicas: tuple[tuple[str, int], ...] = ()

    def roles(self, job: Object) -> list[Role]:
        """In the order of the map, which is the order of their pods' creation."""
        found = (job.get("spec") or {}).get(self.roles_key) or {}
        return [self._role(key, value) for key, value in found.items() if value is not None]

    def _role(self, key: str, value: Object) -> Role:
        name = next((known for known in self.role_names if known.lower() == key.lower()), key)
        replicas = value.get("replicas")
        template: Object = clone(value.get("template") or {})
        self._add_port(template)
        return Role(
            name=name,
            replicas=dict(self.replicas).get(name, 1) if replicas is None else replicas,
            restart_policy=value.get("restartPolicy") or self.restart_policy,
            template=template,
        )

    def _add_port(self, template: Object) -> None:
        """The default container gets its kind's port unless one of that name is there."""
        if not self.port_name:
            return
        for container in (template.get("spec") or {}).get("containers") or []:
            if container.get("name") == self.container:
                ports = container.setdefault("ports", [])
                if not any(port.get("name") == self.port_name for port in ports):
                    ports.append({"name": self.port_name, "containerPort": self.port, "protocol": "TCP"})

    def port_of(self, role: Role) -> int:
        """The number of the role's port of this kind's name, 0 without a default container."""
        for container in (role.template.get("spec") or {}).get("containers") or []:
            if container.get("name") == self.container:
                for port in container.get("ports") or []:
                    if port.get("name") == self.port_name:
                        return int(port["containerPort"])
        return 0


def total_replicas(roles: list[Role]) -> int:
    return sum(role.replicas for role in roles)


def role_named(roles: list[Role], name: str) -> Role | None:
    return next((role for role in roles if role.name == name), None)
