"""A training task as a person means it: everything the wizard asks for, typed, without anything Kubernetes.

Every way in (wizard, import, clone, API) makes one of these; the builders of tasks.frameworks turn it into a manifest.
Whether it makes sense is decided by `check` alone: these types hold mistakes, too, so that all can be told at once.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from tasks.specification.flavor import Flavor


class RestartPolicy(StrEnum):
    NEVER = "Never"
    ON_FAILURE = "OnFailure"
    ALWAYS = "Always"
    EXIT_CODE = "ExitCode"  # 1-127 is permanent, 128-255 starts a new pod


class CleanPodPolicy(StrEnum):
    RUNNING = "Running"
    ALL = "All"
    NONE = "None"


class VolumePurpose(StrEnum):
    """What a data volume is for; also its name in the pods."""

    DATA = "data"
    OUTPUT = "output"
    LOG = "log"


class PodField(StrEnum):
    """What an environment variable may take from its pod; the value is the API's fieldPath."""

    POD_IP = "status.podIP"
    POD_NAME = "metadata.name"


@dataclass(frozen=True, slots=True)
class ConfigMapKey:
    name: str
    key: str


@dataclass(frozen=True, slots=True)
class SecretKey:
    name: str
    key: str


# A plain string is the value itself.
EnvSource = str | PodField | ConfigMapKey | SecretKey


@dataclass(frozen=True, slots=True)
class EnvEntry:
    name: str
    source: EnvSource


@dataclass(frozen=True, slots=True, kw_only=True)
class DataVolume:
    """A PersistentVolumeClaim of the namespace, mounted into every pod of the task."""

    purpose: VolumePurpose
    claim: str
    mount_path: str
    sub_path: str = ""  # inside the claim; "" is its root


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleSpec:
    name: str  # as the CRD spells it: "Worker", "PS"
    replicas: int = 1
    flavor: Flavor | None  # None: not chosen, or not in the catalogue
    command: tuple[str, ...] = ()  # empty: the image's entry point
    args: tuple[str, ...] = ()
    env: tuple[EnvEntry, ...] = ()
    restart_policy: RestartPolicy = RestartPolicy.NEVER
    # /dev/shm as large as the memory allows, where containers have 64 MiB: data loaders and NCCL die without it.
    shared_memory: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPolicy:
    backoff_limit: int | None = 0  # None: no limit. Counts for OnFailure and Always only
    active_deadline_seconds: int | None = None  # None: may run for ever
    ttl_seconds_after_finished: int | None = None  # None: is kept for ever
    clean_pod_policy: CleanPodPolicy = CleanPodPolicy.RUNNING
    suspend: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskSpec:
    framework: str  # key of tasks.frameworks.FRAMEWORKS
    mode: str  # key of one of its modes
    name: str
    namespace: str
    image: str
    description: str = ""
    volumes: tuple[DataVolume, ...] = ()
    roles: tuple[RoleSpec, ...] = ()  # only those that take part, in the mode's order
    run_policy: RunPolicy = field(default_factory=RunPolicy)

    @property
    def pods(self) -> int:
        return sum(role.replicas for role in self.roles)
