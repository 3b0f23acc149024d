"""Kubernetes quantities of CPU, memory and counts as exact whole numbers of our units, or None."""

import re
from decimal import Decimal

# apimachinery, pkg/api/resource/suffix.go
_FACTORS = {
    "n": Decimal("1e-9"), "u": Decimal("1e-6"), "m": Decimal("0.001"), "": Decimal(1),
    "k": Decimal(10**3), "M": Decimal(10**6), "G": Decimal(10**9), "T": Decimal(10**12), "P": Decimal(10**15),
    "E": Decimal(10**18), "Ki": Decimal(2**10), "Mi": Decimal(2**20), "Gi": Decimal(2**30), "Ti": Decimal(2**40),
    "Pi": Decimal(2**50), "Ei": Decimal(2**60),
}  # fmt: skip
# Without a sign before it. The CRDs let exponents with fractions pass, which the operator's own reader refuses.
_QUANTITY = re.compile(
    r"([0-9]{1,18}(?:\.[0-9]{0,9})?|\.[0-9]{1,9})(?:(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)|[eE]([+-]?[0-9]{1,2}))?",
    re.ASCII,
)
_LARGEST = 2**63 - 1  # what Kubernetes counts up to


def parse_quantity(text: object) -> Decimal | None:
    """The number a quantity stands for: "500m" is 0.5, "1Gi" is 1073741824. None for what is none, or beyond 2^63."""
    match = _QUANTITY.fullmatch(str(text))
    if match is None:
        return None
    factor = Decimal(10) ** int(match[3]) if match[3] else _FACTORS[match[2] or ""]
    amount = Decimal(match[1]) * factor
    return amount if amount <= _LARGEST else None


def whole_units(text: object, unit: int | Decimal) -> int | None:
    """How many units a quantity is; None when it is not a whole number of them."""
    amount = parse_quantity(text)
    if amount is None or amount % Decimal(unit):
        return None
    return int(amount / Decimal(unit))


MILLICORE = Decimal("0.001")
MEBIBYTE = 2**20
