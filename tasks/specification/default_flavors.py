"""The catalogue of a new installation: the seed's tables. Administrators change it in the console from then on."""

from collections.abc import Mapping

from tasks.specification.cuda_rules import Driver
from tasks.specification.flavor import GPU_MODEL_LABEL, GPU_TOLERATION, Flavor

# Title, price a second of one GPU, then GPUs a pod, CPU cores, memory in GiB, as the seed has them. The P4's third
# size has three GPUs, the fourth has four. The seed names no prices: these are examples (5,000 is 18 an hour).
_MODELS = {
    "v100-32g": ("NVIDIA Tesla V100 32G", 5000, ((1, 4, 32), (2, 8, 64), (4, 16, 128), (8, 32, 256))),
    "v100-16g": ("NVIDIA Tesla V100 16G", 4000, ((1, 4, 32), (2, 8, 64), (4, 16, 128), (8, 32, 256))),
    "p4-8g": ("NVIDIA Tesla P4 8G", 1500, ((1, 4, 32), (2, 8, 64), (3, 16, 128), (4, 32, 256))),
}
_GPU = [
    Flavor(
        key=f"{model}-x{gpus}",
        title=title,
        gpus=gpus,
        cpu_millicores=cores * 1000,
        memory_mib=memory_gib * 1024,
        node_selector={GPU_MODEL_LABEL: model},
        tolerations=(GPU_TOLERATION,),
        price_micros_per_second=gpus * price,
    )
    for model, (title, price, sizes) in _MODELS.items()
    for gpus, cores, memory_gib in sizes
]
# The seed names the class without sizes; these are examples.
_RDMA = [
    Flavor(key="rdma-4-32Gi", cpu_millicores=4000, memory_mib=32 * 1024, rdma_devices=1, price_micros_per_second=500),
    Flavor(key="rdma-8-64Gi", cpu_millicores=8000, memory_mib=64 * 1024, rdma_devices=1, price_micros_per_second=1000),
]
_CPU = [
    Flavor(key="cpu-100m-128Mi", cpu_millicores=100, memory_mib=128, price_micros_per_second=10),
    Flavor(key="cpu-500m-1Gi", cpu_millicores=500, memory_mib=1024, price_micros_per_second=50),
    Flavor(key="cpu-2-4Gi", cpu_millicores=2000, memory_mib=4 * 1024, price_micros_per_second=200),
]
DEFAULT_FLAVORS: Mapping[str, Flavor] = {flavor.key: flavor for flavor in (*_GPU, *_RDMA, *_CPU)}
DEFAULT_DRIVERS = (Driver("410.104", "10.0.130"), Driver("418.126", "10.1.105"))
