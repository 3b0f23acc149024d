"""The catalogue of pod sizes: the seed's table as data."""

from collections.abc import Mapping

from django.conf import settings

from tasks.specification.flavor import Flavor, FlavorClass

# Proper names of the GPU models, by the value that nodes carry in GPU_MODEL_LABEL.
GPU_TITLES = {
    "v100-32g": "NVIDIA Tesla V100 32G",
    "v100-16g": "NVIDIA Tesla V100 16G",
    "p4-8g": "NVIDIA Tesla P4 8G",
}
# GPUs a pod, CPU cores, memory in GiB, as the seed has them. The P4's third size has three GPUs, the fourth has four.
_SIZES = {
    "v100-32g": ((1, 4, 32), (2, 8, 64), (4, 16, 128), (8, 32, 256)),
    "v100-16g": ((1, 4, 32), (2, 8, 64), (4, 16, 128), (8, 32, 256)),
    "p4-8g": ((1, 4, 32), (2, 8, 64), (3, 16, 128), (4, 32, 256)),
}
_GPU = [
    Flavor(
        key=f"{model}-x{gpus}", gpu_model=model, gpus=gpus, cpu_millicores=cores * 1000, memory_mib=memory_gib * 1024
    )
    for model, sizes in _SIZES.items()
    for gpus, cores, memory_gib in sizes
]
# The seed names the class without sizes; these are examples.
_RDMA = [
    Flavor(key="rdma-4-32Gi", cpu_millicores=4000, memory_mib=32 * 1024, rdma_devices=1),
    Flavor(key="rdma-8-64Gi", cpu_millicores=8000, memory_mib=64 * 1024, rdma_devices=1),
]
_CPU = [
    Flavor(key="cpu-100m-128Mi", cpu_millicores=100, memory_mib=128),
    Flavor(key="cpu-500m-1Gi", cpu_millicores=500, memory_mib=1024),
    Flavor(key="cpu-2-4Gi", cpu_millicores=2000, memory_mib=4 * 1024),
]
_ALL = {flavor.key: flavor for flavor in (*_GPU, *_RDMA, *_CPU)}


def catalogue() -> Mapping[str, Flavor]:
    """The flavors on offer by key, GPU sizes first. CPU sizes only where an administrator enables them."""
    if settings.CPU_FLAVORS:
        return _ALL
    return {key: flavor for key, flavor in _ALL.items() if flavor.class_ != FlavorClass.CPU}
