from collections.abc import Mapping
from decimal import ROUND_CEILING, Decimal
from typing import Any

from tasks.specification.flavor import GPU_RESOURCE, GPU_TOLERATION, RDMA_RESOURCE, Flavor
from tasks.specification.quantities import MEBIBYTE, MILLICORE, parse_quantity


def own_size(resources: object, selector: object = None) -> Flavor | None:
    """A size that is in no catalogue, in our units and rounded up; its key is "". None for what are no resources.

    `resources` and `selector` are a container's and a pod's, as a manifest has them: limits count before requests.
    Its pods tolerate what keeps others off nodes with GPUs when they ask for one, and nothing else.
    """
    if not isinstance(resources, Mapping):
        return None
    amounts: dict[str, Any] = {}
    for part in ("requests", "limits"):
        amounts |= resources[part] if isinstance(resources.get(part), Mapping) else {}
    labels = selector.items() if isinstance(selector, Mapping) else ()
    gpus = _units(amounts.get(GPU_RESOURCE), Decimal(1))
    return Flavor(
        key="",
        cpu_millicores=_units(amounts.get("cpu"), MILLICORE),
        memory_mib=_units(amounts.get("memory"), Decimal(MEBIBYTE)),
        gpus=gpus,
        rdma_devices=_units(amounts.get(RDMA_RESOURCE), Decimal(1)),
        node_selector={name: value for name, value in labels if isinstance(value, str)},
        tolerations=(GPU_TOLERATION,) if gpus else (),
    )


def _units(quantity: object, unit: Decimal) -> int:
    amount = parse_quantity(quantity) if quantity is not None else None
    return int((amount / unit).to_integral_value(ROUND_CEILING)) if amount is not None else 0
