"""Quantities: "500m", "1Gi", 2. Exact, and written back as Kubernetes writes them."""

from __future__ import annotations

import re
from decimal import Decimal

_PATTERN = re.compile(r"([+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+))((?:[KMGTPE]i)|[numkMGTPE]|[eE][+-]?[0-9]+)?")
_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}


def parse(quantity: str | int | float) -> Decimal:
    """Raises ValueError for what is no quantity."""
    match = _PATTERN.fullmatch(str(quantity))
    if not match:
        raise ValueError(f"not a quantity: {quantity}")
    number, suffix = Decimal(match[1]), match[2] or ""
    if suffix in _BINARY:
        return number * (1 << _BINARY[suffix])
    if suffix in _DECIMAL:
        return number.scaleb(_DECIMAL[suffix])
    return number.scaleb(int(suffix[1:]))


def is_binary(quantity: str | int | float) -> bool:
    return str(quantity).endswith("i")


def canonical(quantity: str | int | float) -> str:
    """As the API server prints it: "0.5" is "500m", "1024Mi" is "1Gi"."""
    return written(parse(quantity), binary=is_binary(quantity))


def written(value: Decimal, *, binary: bool = False) -> str:
    if value == 0:
        return "0"
    if binary and value == value.to_integral_value():
        for suffix, bits in reversed(_BINARY.items()):
            if value % (1 << bits) == 0:
                return f"{value / (1 << bits):f}{suffix}"
        return f"{value:f}"
    for suffix, power in reversed(_DECIMAL.items()):
        scaled = value.scaleb(-power)
        if scaled == scaled.to_integral_value():
            return f"{scaled.to_integral_value():f}{suffix}"
    return f"{value:f}"
