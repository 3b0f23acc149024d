"""Kubernetes quantities as whole numbers of our units, whatever a manifest made elsewhere says.

Wider than tasks.specification.quantities, which decides what this console may write. What cannot be read counts as
nothing: it is shown, not used.
"""

import math
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

# apimachinery pkg/api/resource/suffix.go
_FACTORS = {
    "n": Decimal("1e-9"),
    "u": Decimal("1e-6"),
    "m": Decimal("1e-3"),
    "": Decimal(1),
    "k": Decimal("1e3"),
    "M": Decimal("1e6"),
    "G": Decimal("1e9"),
    "T": Decimal("1e12"),
    "P": Decimal("1e15"),
    "E": Decimal("1e18"),
    "Ki": Decimal(2**10),
    "Mi": Decimal(2**20),
    "Gi": Decimal(2**30),
    "Ti": Decimal(2**40),
    "Pi": Decimal(2**50),
    "Ei": Decimal(2**60),
}
_LARGEST = 2**62  # what is more is no size of anything; it fits a bigint, with room to add some up
GPU = "nvidia.com/gpu"

Quantities = Mapping[str, str | int | float]


def amount(quantity: str | int | float | None) -> Decimal:
    """The number a quantity stands for: "500m" is 0.5, "1Gi" is 1073741824."""
    text = str(quantity or 0)
    number = text.rstrip("numkKMGTPEi")
    suffix = text[len(number) :]
    try:
        value = Decimal(number) * _FACTORS[suffix]
    except (InvalidOperation, KeyError):
        return Decimal(0)
    return value if value.is_finite() and abs(value) < _LARGEST else Decimal(0)


def cpu_millicores(quantities: Quantities | None) -> int:
    """Rounded up, as the scheduler does."""
    return min(math.ceil(amount((quantities or {}).get("cpu")) * 1000), _LARGEST)


def memory_mib(quantities: Quantities | None) -> int:
    return math.ceil(amount((quantities or {}).get("memory")) / 2**20)


def gpus(quantities: Quantities | None) -> int:
    return int(amount((quantities or {}).get(GPU)))
