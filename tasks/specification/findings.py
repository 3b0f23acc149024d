"""What a rule has to say: a code, where, and the numbers that belong to it. tasks/wording.py has the words."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

Parameter = str | int


class Code(StrEnum):
    """Everything that can be wrong with a task. Each has its words in both languages (a test proves it)."""

    # Any field
    REQUIRED = "required"
    NOT_CHOSEN = "not-chosen"
    NOT_A_WHOLE_NUMBER = "not-a-whole-number"
    TOO_SMALL = "too-small"  # minimum
    TOO_LARGE = "too-large"  # maximum
    TOO_LONG = "too-long"  # maximum, length
    TOO_MANY = "too-many"  # maximum
    INVALID_CHARACTER = "invalid-character"  # character: "U+202E"
    INVALID_CHOICE = "invalid-choice"  # value
    TASK_TOO_LARGE = "task-too-large"  # size, maximum: KiB
    # What and where
    FRAMEWORK_NOT_SERVED = "framework-not-served"  # kind
    NAME_START = "name-start"
    NAME_END = "name-end"
    NAME_CHARACTERS = "name-characters"
    NAME_TAKEN = "name-taken"  # name
    NAMES_TOO_LONG = "names-too-long"  # derived, maximum
    NAMESPACE_UNKNOWN = "namespace-unknown"  # namespace
    NAMESPACE_READ_ONLY = "namespace-read-only"  # namespace
    DNS_MISSING = "dns-missing"
    NAMESPACE_ENDING = "namespace-ending"  # namespace
    # Image
    IMAGE_INVALID = "image-invalid"
    IMAGE_HOST = "image-host"  # host
    # Data volumes
    PATH_NOT_ABSOLUTE = "path-not-absolute"
    PATH_ROOT = "path-root"
    PATH_DOTS = "path-dots"
    PATH_CHARACTER = "path-character"  # character
    PATH_RESERVED = "path-reserved"  # directory
    PATH_TAKEN = "path-taken"  # path
    PATH_NESTED = "path-nested"  # path
    SUB_PATH_NOT_RELATIVE = "sub-path-not-relative"
    CLAIM_UNKNOWN = "claim-unknown"  # claim, namespace
    CLAIM_LOST = "claim-lost"  # claim
    CLAIM_UNBOUND = "claim-unbound"  # claim
    CLAIM_ONE_NODE = "claim-one-node"  # claim
    CLAIM_READ_ONLY = "claim-read-only"  # claim
    # Roles
    ROLE_MISSING = "role-missing"  # role
    ROLE_UNKNOWN = "role-unknown"  # role
    ROLE_TWICE = "role-twice"  # role
    REPLICAS_EXACTLY = "replicas-exactly"  # role, replicas
    FLAVOR_UNKNOWN = "flavor-unknown"  # flavor
    FLAVOR_RETIRED = "flavor-retired"  # flavor
    FLAVOR_CLASS = "flavor-class"  # role
    FLAVOR_NO_NODE_MODEL = "flavor-no-node-model"  # model
    FLAVOR_NO_NODE_LABELS = "flavor-no-node-labels"  # labels: "zone=a, disk=ssd"
    FLAVOR_NO_NODE_TAINT = "flavor-no-node-taint"  # taint: "nvidia.com/gpu:NoSchedule"
    FLAVOR_NO_NODE_GPUS = "flavor-no-node-gpus"  # gpus, largest
    FLAVOR_NO_NODE_SIZE = "flavor-no-node-size"
    CUDA_TOO_NEW = "cuda-too-new"  # cuda, driver, newest
    CUDA_SOME_NODES = "cuda-some-nodes"  # cuda, driver, newest
    COMMAND_TOO_LONG = "command-too-long"  # maximum
    COMMAND_BLANK = "command-blank"
    COMMAND_REPLACES_WAITING = "command-replaces-waiting"  # role
    ENV_NAME = "env-name"
    ENV_TWICE = "env-twice"  # name
    ENV_RESERVED = "env-reserved"  # name
    ENV_RISKY = "env-risky"  # name
    ENV_TOO_LONG = "env-too-long"  # maximum
    REFERENCE_NAME = "reference-name"  # name
    REFERENCE_KEY = "reference-key"
    # Policies
    ALWAYS_NEVER_SUCCEEDS = "always-never-succeeds"  # role
    ON_FAILURE_WITHOUT_RETRIES = "on-failure-without-retries"
    EXIT_CODE_WITHOUT_RETRIES = "exit-code-without-retries"
    EXIT_CODE_FOR_EVER = "exit-code-for-ever"
    RETRIES_WITHOUT_EFFECT = "retries-without-effect"
    PODS_STAY = "pods-stay"
    QUOTA_EXCEEDED = "quota-exceeded"  # resource, wanted, left
    TTL_NOTHING = "ttl-nothing"
    RETRIES_UNLIMITED = "retries-unlimited"
    PRIORITY_CLASS_NAME = "priority-class-name"
    PRIORITY_CLASS_UNKNOWN = "priority-class-unknown"  # name
    # Own images, files, probes and hooks of a role
    PULL_SECRET_UNKNOWN = "pull-secret-unknown"  # noqa: S105  # name, namespace
    TWICE = "twice"  # name
    CONFIG_MAP_TAKEN = "config-map-taken"  # name
    CONFIG_MAP_UNKNOWN = "config-map-unknown"  # name, namespace
    SECRET_UNKNOWN = "secret-unknown"  # noqa: S105  # name, namespace
    KEY_UNKNOWN = "key-unknown"  # name, key
    PROBE_PATH = "probe-path"
    PROBE_SUCCESSES = "probe-successes"
    PROBE_EARLY = "probe-early"  # seconds
    PROBE_OVERLAP = "probe-overlap"
    # A manifest's fields: refused, or wrong where they are carried along
    KIND_UNKNOWN = "kind-unknown"
    MODE_UNKNOWN = "mode-unknown"  # roles
    FIELD_UNKNOWN = "field-unknown"  # field
    FIELD_TYPO = "field-typo"  # field, suggestion
    FIELD_TYPE = "field-type"  # wanted: "text", "whole", "flag", "object", "list"
    FIELD_VALUE = "field-value"  # value
    FIELD_ONE_OF = "field-one-of"  # fields
    FIELD_TOO_LARGE = "field-too-large"
    FIELD_NODE = "field-node"
    FIELD_RIGHTS = "field-rights"
    FIELD_IDENTITY = "field-identity"
    FIELD_PLACEMENT = "field-placement"
    FIELD_CONTAINER = "field-container"
    FIELD_CONTAINER_NAME = "field-container-name"  # name
    FIELD_ADDRESS = "field-address"
    FIELD_VOLUME = "field-volume"
    FIELD_OWNED = "field-owned"
    QUANTITY = "quantity"
    SIZE_OWN = "size-own"
    SIZE_OPEN = "size-open"
    SIZE_LIMIT_MISSING = "size-limit-missing"  # device
    SIZE_LIMIT_BELOW = "size-limit-below"  # device
    SIZE_FRACTION = "size-fraction"  # device
    SIZE_UNEQUAL = "size-unequal"  # device
    PORT_NAME_MISSING = "port-name-missing"
    PORT_TAKEN = "port-taken"  # port
    PORT_OF_OPERATOR = "port-of-operator"  # port, name
    VOLUME_TWICE = "volume-twice"  # name
    VOLUME_UNKNOWN = "volume-unknown"  # name
    ELASTIC_RANGE = "elastic-range"  # minimum, maximum, replicas
    ELASTIC_WORKER = "elastic-worker"
    # Pre-flight: what the cluster or a registry says, and what only a look at all of it tells
    REFUSED = "refused"  # message
    POD_REFUSED = "pod-refused"  # role, message
    POD_OVER_QUOTA = "pod-over-quota"  # role, message
    NODES_TOO_FEW = "nodes-too-few"  # placed, pods
    NODES_NONE = "nodes-none"
    OPERATOR_SILENT = "operator-silent"  # kind
    OPERATOR_AWAY = "operator-away"  # kind
    REFERENCE_UNSEEN = "reference-unseen"  # kind, name
    IMAGE_NOT_FOUND = "image-not-found"  # image
    IMAGE_DENIED = "image-denied"  # image
    IMAGE_PLATFORM = "image-platform"  # image, platforms


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong (blocking) or worth knowing (not blocking).

    `path` names a field of the specification: "name", "roles.Worker.replicas", "roles.Worker.env.2.name",
    "volumes.data.mount_path", "run_policy.backoff_limit".
    """

    code: Code
    path: str
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    blocking: bool = True


def error(code: Code, path: str, /, **parameters: Parameter) -> Finding:
    return Finding(code, path, parameters)


def warning(code: Code, path: str, /, **parameters: Parameter) -> Finding:
    return Finding(code, path, parameters, blocking=False)


def blocking(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(finding for finding in findings if finding.blocking)
