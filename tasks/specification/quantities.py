"""Kubernetes quantities of CPU, memory and counts as exact whole numbers of our units, or None."""

import re
from decimal import Decimal

# apimachinery, pkg/api/resource/suffix.go; no exponents, and nothing smaller than a thousandth.
_FACTORS = {
    "m": Decimal("0.001"), "": Decimal(1), "k": Decimal(10**3), "M": Decimal(10**6), "G": Decimal(10**9),
    "T": Decimal(10**12), "Ki": Decimal(2**10), "Mi": Decimal(2**20), "Gi": Decimal(2**30), "Ti": Decimal(2**40),
}  # fmt: skip
_QUANTITY = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,9})?)(m|k|M|G|T|Ki|Mi|Gi|Ti)?", re.ASCII)


def parse_quantity(text: object) -> Decimal | None:
    """The number a quantity stands for: "500m" is 0.5, "1Gi" is 1073741824. None for what is none."""
    match = _QUANTITY.fullmatch(str(text))
    return Decimal(match[1]) * _FACTORS[match[2] or ""] if match else None


def whole_units(text: object, unit: int | Decimal) -> int | None:
    """How many units a quantity is; None when it is not a whole number of them."""
    amount = parse_quantity(text)
    if amount is None or amount % Decimal(unit):
        return None
    return int(amount / Decimal(unit))


MILLICORE = Decimal("0.001")
MEBIBYTE = 2**20
