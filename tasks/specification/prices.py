"""Prices are whole millionths of the currency a second, so that sums are exact."""

from decimal import ROUND_HALF_UP, Decimal

MICROS = 10**6
_HOUR = 3600
_CENT = Decimal("0.01")
_SMALL = Decimal("0.0001")  # below 1, two decimals would hide what small pods cost


def price_an_hour(micros_per_second: int) -> str:
    """As people read it: rounded to cents, below 1 to hundredths of a cent, with two decimals at least."""
    exact = Decimal(micros_per_second) * _HOUR / MICROS
    whole, _dot, decimals = f"{exact.quantize(_CENT if exact >= 1 else _SMALL, ROUND_HALF_UP):f}".partition(".")
    return f"{whole}.{decimals.rstrip('0').ljust(2, '0')}"


def written_price(micros_per_second: int) -> str:
    """In units of the currency a second, exactly, without trailing zeros: "0.005"."""
    return f"{Decimal(micros_per_second) / MICROS:f}" if micros_per_second else "0"
