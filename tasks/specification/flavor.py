from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

# Administrators put these on nodes; a GPU flavor selects them by the model's key ("v100-32g").
GPU_MODEL_LABEL = "trainyard.io/gpu-model"
GPU_RESOURCE = "nvidia.com/gpu"
# The name that the shared device plugin for RDMA has in its own examples; one device is one share of the adapter.
RDMA_RESOURCE = "rdma/hca_shared_devices_a"


class FlavorClass(StrEnum):
    GPU = "gpu"
    RDMA = "rdma"  # only for roles that do not compute: parameter servers, schedulers, launchers
    CPU = "cpu"  # for trying out; offered where an administrator enables it


@dataclass(frozen=True, slots=True, kw_only=True)
class Taint:
    """What keeps pods off a node, unless they tolerate it."""

    key: str
    value: str = ""
    effect: str = "NoSchedule"

    @property
    def repels(self) -> bool:
        """Whether a pod that does not tolerate it never lands there (PreferNoSchedule is only a wish)."""
        return self.effect in {"NoSchedule", "NoExecute"}

    def __str__(self) -> str:
        return f"{self.key}={self.value}:{self.effect}" if self.value else f"{self.key}:{self.effect}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Toleration:
    """As in a pod (core/v1 Toleration): "" for a key or an effect means any of them."""

    key: str = ""
    operator: str = "Equal"  # or "Exists", which looks at no value
    value: str = ""
    effect: str = ""
    seconds: int | None = None  # how long a pod stays under NoExecute; None: for ever

    def tolerates(self, taint: Taint) -> bool:
        return (
            self.effect in ("", taint.effect)
            and (self.key == taint.key or (not self.key and self.operator == "Exists"))
            and (self.operator == "Exists" or self.value == taint.value)
        )


# GPU nodes are usually tainted so that nothing else lands there.
GPU_TOLERATION = Toleration(key=GPU_RESOURCE, operator="Exists", effect="NoSchedule")


@dataclass(frozen=True, slots=True, kw_only=True)
class Flavor:
    """A named size of pod. An empty key means a size that is in no catalogue (a task made by kubectl).

    Two are equal when pods of them are: what stands beside the size (title, price, driver, retired) does not count.
    """

    key: str
    cpu_millicores: int
    memory_mib: int
    gpus: int = 0
    rdma_devices: int = 0
    rdma_resource: str = RDMA_RESOURCE  # counts only where there are devices
    node_selector: Mapping[str, str] = field(default_factory=dict, hash=False)  # all of it, the GPU model's label too
    tolerations: tuple[Toleration, ...] = ()  # all of them
    title: str = field(default="", compare=False)  # of its line in the wizard: "NVIDIA Tesla V100 32G"; "": the class
    price_micros_per_second: int = field(default=0, compare=False)  # of a pod, in millionths of the currency; 0: none
    driver: str = field(default="", compare=False)  # of the GPU on its nodes, where they do not say so themselves
    retired: bool = field(default=False, compare=False)  # known to tasks that have it, and no longer offered

    @property
    def class_(self) -> FlavorClass:
        if self.gpus:
            return FlavorClass.GPU
        return FlavorClass.RDMA if self.rdma_devices else FlavorClass.CPU

    @property
    def gpu_model(self) -> str:
        """The value of GPU_MODEL_LABEL that it selects; "" for any GPU."""
        return self.node_selector.get(GPU_MODEL_LABEL, "")

    def tolerates(self, taints: tuple[Taint, ...]) -> bool:
        return self.repelled_by(taints) is None

    def repelled_by(self, taints: tuple[Taint, ...]) -> Taint | None:
        """The first taint that keeps its pods off; None when there is none."""
        for taint in taints:
            if taint.repels and not any(toleration.tolerates(taint) for toleration in self.tolerations):
                return taint
        return None
