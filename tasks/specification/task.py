"""A training task as a person means it: everything the wizard asks for, typed, without anything Kubernetes.

Every way in (wizard, import, clone, API) makes one of these; the builders of tasks.frameworks turn it into a manifest.
Whether it makes sense is decided by `check` alone: these types hold mistakes, too, so that all can be told at once.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

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


class FileSource(StrEnum):
    """What mounted files come from."""

    CONFIG_MAP = "config_map"
    SECRET = "secret"  # noqa: S105  (a kind of object, not one)


class Scheme(StrEnum):
    HTTP = "HTTP"
    HTTPS = "HTTPS"  # the certificate is not checked


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
class FileMount:
    """A ConfigMap or Secret of the namespace as a folder of files, a file a key; always read-only."""

    source: FileSource
    name: str
    mount_path: str
    keys: tuple[str, ...] = ()  # (): all of them, whatever they are


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpCheck:
    """Well when a GET answers with 200 to 399."""

    path: str
    port: int
    scheme: Scheme = Scheme.HTTP


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandCheck:
    """Well when the command, run in the container, ends with 0."""

    command: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """How the kubelet asks a container whether it is well. The defaults are Kubernetes' own."""

    check: HttpCheck | CommandCheck
    initial_delay_seconds: int = 0
    timeout_seconds: int = 1
    period_seconds: int = 10
    success_threshold: int = 1
    failure_threshold: int = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleSpec:
    name: str  # as the CRD spells it: "Worker", "PS"
    replicas: int = 1
    image: str = ""  # "": the task's
    flavor: Flavor | None  # None: not chosen, or not in the catalogue
    command: tuple[str, ...] = ()  # empty: the image's entry point
    args: tuple[str, ...] = ()
    env: tuple[EnvEntry, ...] = ()
    restart_policy: RestartPolicy = RestartPolicy.NEVER
    # /dev/shm as large as the memory allows, where containers have 64 MiB: data loaders and NCCL die without it.
    shared_memory: bool = False
    liveness: Probe | None = None  # fails: the container is restarted
    readiness: Probe | None = None  # fails: the pod counts as not ready
    post_start: tuple[str, ...] = ()  # a command run beside the start command
    pre_stop: tuple[str, ...] = ()  # a command run before the container is asked to end
    mounts: tuple[FileMount, ...] = ()
    # Path from the role's entry -> value: what the manifest says beyond all this, written back untouched.
    kept: Mapping[str, Any] = field(default_factory=dict, hash=False)


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
    pull_secrets: tuple[str, ...] = ()  # names of Secrets of the namespace
    priority_class: str = ""  # "": the cluster's default
    tensorboard: bool = False
    # Path from the manifest's top -> value, as in RoleSpec: "spec.elasticPolicy".
    kept: Mapping[str, Any] = field(default_factory=dict, hash=False)

    @property
    def pods(self) -> int:
        return sum(role.replicas for role in self.roles)
