"""How kubectl's tables say an age."""

from __future__ import annotations

from datetime import datetime

from console.localcluster.machinery.objects import parse_time


def age(text: str | None, now: datetime) -> str:
    """ "5m12s" since a timestamp; "<unknown>" without one."""
    return human((now - parse_time(text)).total_seconds()) if text else "<unknown>"


def human(seconds: float) -> str:
    """apimachinery's HumanDuration: two units where they matter, one where they do not."""
    whole = int(seconds)
    if whole < -1:
        return "<invalid>"
    whole = max(whole, 0)
    if whole < 120:
        return f"{whole}s"
    minutes = whole // 60
    if minutes < 10:
        return _two(minutes, "m", whole % 60, "s")
    if minutes < 180:
        return f"{minutes}m"
    hours = whole // 3600
    if hours < 8:
        return _two(hours, "h", minutes % 60, "m")
    if hours < 48:
        return f"{hours}h"
    days = hours // 24
    if days < 8:
        return _two(days, "d", hours % 24, "h")
    if days < 730:
        return f"{days}d"
    years = days // 365
    return _two(years, "y", days % 365, "d") if years < 8 else f"{years}y"


def _two(large: int, large_unit: str, small: int, small_unit: str) -> str:
    return f"{large}{large_unit}{small}{small_unit}" if small else f"{large}{large_unit}"
