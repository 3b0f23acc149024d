"""Resource quantities, and what a pod asks for in all."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

# https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
_QUANTITY = re.compile(r"([+-]?[0-9.]+)([eE][+-]?[0-9]+)?([a-zA-Z]*)")
_SUFFIXES: dict[str, Fraction] = {
    "n": Fraction(1, 10**9),
    "u": Fraction(1, 10**6),
    "m": Fraction(1, 1000),
    "": Fraction(1),
}
_SUFFIXES |= {letter: Fraction(1000**power) for power, letter in enumerate("kMGTPE", start=1)}
_SUFFIXES |= {f"{letter}i": Fraction(1024**power) for power, letter in enumerate("KMGTPE", start=1)}
_BINARY = [(suffix, unit) for suffix, unit in reversed(_SUFFIXES.items()) if suffix.endswith("i")] + [("", Fraction(1))]
_DECIMAL = sorted(
    ((suffix, unit) for suffix, unit in _SUFFIXES.items() if not suffix.endswith("i")), key=lambda pair: -pair[1]
)

# The scheduler's own name for the number of pods.
PODS = "pods"


def parse_quantity(text: object) -> Fraction:
    """Raises ValueError for what is no quantity."""
    matched = _QUANTITY.fullmatch(str(text))
    if matched is None or matched[3] not in _SUFFIXES:
        raise ValueError(f"not a quantity: {text!r}")
    return Fraction(matched[1] + (matched[2] or "")) * _SUFFIXES[matched[3]]


def is_binary(quantity: object) -> bool:
    return str(quantity).endswith("i")


def canonical(quantity: object) -> str:
    """As the API server prints it: "0.5" is "500m", "1024Mi" is "1Gi"."""
    return written(parse_quantity(quantity), binary=is_binary(quantity))


def written(value: Fraction, *, binary: bool = False) -> str:
    """In the largest unit that leaves a whole number; `binary`: of Ki, Mi, ..., where it is whole itself."""
    if value == 0:
        return "0"
    whole_binary = binary and value.denominator == 1
    suffixes = _BINARY if whole_binary else _DECIMAL
    for suffix, unit in suffixes:
        if (value / unit).denominator == 1:
            return f"{(value / unit).numerator}{suffix}"
    return f"{float(value)}"


def pod_requests(spec: Mapping[str, Any]) -> dict[str, Fraction]:
    """Per resource: the containers' sum or the largest init container, whichever is more; and one pod."""
    total: dict[str, Fraction] = {}
    for container in spec.get("containers") or []:
        for name, amount in _requests(container).items():
            total[name] = total.get(name, Fraction(0)) + amount
    for container in spec.get("initContainers") or []:
        for name, amount in _requests(container).items():
            total[name] = max(total.get(name, Fraction(0)), amount)
    for name, text in (spec.get("overhead") or {}).items():
        total[name] = total.get(name, Fraction(0)) + parse_quantity(text)
    return total | {PODS: Fraction(1)}


def _requests(container: Mapping[str, Any]) -> dict[str, Fraction]:
    """A limit without a request is a request."""
    resources = container.get("resources") or {}
    asked = {**(resources.get("limits") or {}), **(resources.get("requests") or {})}
    return {name: parse_quantity(text) for name, text in asked.items()}
