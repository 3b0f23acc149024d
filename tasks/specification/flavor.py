from dataclasses import dataclass
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
class Flavor:
    """A named size of pod. An empty key means a size that is in no catalogue (a task made by kubectl)."""

    key: str
    cpu_millicores: int
    memory_mib: int
    gpus: int = 0
    gpu_model: str = ""  # value of GPU_MODEL_LABEL; "" for any
    rdma_devices: int = 0

    @property
    def class_(self) -> FlavorClass:
        if self.gpus:
            return FlavorClass.GPU
        return FlavorClass.RDMA if self.rdma_devices else FlavorClass.CPU

    @property
    def node_selector(self) -> dict[str, str]:
        return {GPU_MODEL_LABEL: self.gpu_model} if self.gpu_model else {}
