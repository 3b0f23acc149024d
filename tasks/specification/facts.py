"""What is known about the world when a task is checked. None means "nobody could be asked": its rule keeps silent."""

from collections.abc import Container, Mapping
from dataclasses import dataclass, field

from tasks.specification.flavor import Flavor, Taint
from tasks.specification.shapes import Framework


@dataclass(frozen=True, slots=True)
class NamespaceFact:
    """A namespace that the person sees."""

    name: str
    may_create: bool
    active: bool = True  # False: it is being deleted


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeFact:
    """A node with what it can hand out in total, whatever runs on it now."""

    name: str
    cpu_millicores: int
    memory_mib: int
    gpus: int
    labels: Mapping[str, str] = field(default_factory=dict)
    open: bool = True  # ready and not cordoned
    taints: tuple[Taint, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimFact:
    name: str
    phase: str  # "Bound", "Pending", "Lost"
    access_modes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaFact:
    """What a ResourceQuota still allows, in our units; a resource it does not limit is absent."""

    left: Mapping[str, int]  # "pods", "cpu_millicores", "memory_mib", "gpus"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    frameworks: Mapping[str, Framework]
    flavors: Mapping[str, Flavor]
    namespaces: Mapping[str, NamespaceFact] | None = None
    taken_names: frozenset[str] = frozenset()  # of the task's namespace, over all four kinds
    served_kinds: frozenset[str] | None = None
    nodes: tuple[NodeFact, ...] | None = None
    claims: Mapping[str, ClaimFact] | None = None  # of the task's namespace
    quotas: tuple[QuotaFact, ...] | None = None  # of the task's namespace
    names_resolve: bool | None = None  # pods find one another by name
    # Of the task's namespace: name -> its keys, or None for what the person may not read. The pre-flight asks for them.
    config_maps: Mapping[str, frozenset[str] | None] | None = None
    secrets: Mapping[str, frozenset[str] | None] | None = None
    pull_secrets: Container[str] | None = None
    priority_classes: Container[str] | None = None
    replicas_max: int = 64
