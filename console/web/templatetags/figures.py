"""Numbers as people read them: run times, memory, cores."""

from datetime import datetime, timedelta

from django import template
from django.utils.dateparse import parse_datetime
from django.utils.timezone import localtime, now
from django.utils.translation import gettext as _

register = template.Library()


@register.filter
def duration(value: timedelta | float | None) -> str:
    """ "3 d 04 h", "1 h 05 min", "2 min 09 s", "42 s"; the empty string for None."""
    if value is None:
        return ""
    seconds = max(0, int(value.total_seconds() if isinstance(value, timedelta) else value))
    days, hours, minutes = seconds // 86400, seconds // 3600 % 24, seconds // 60 % 60
    if days:
        return _("%(days)d d %(hours)02d h") % {"days": days, "hours": hours}
    if hours:
        return _("%(hours)d h %(minutes)02d min") % {"hours": hours, "minutes": minutes}
    if minutes:
        return _("%(minutes)d min %(seconds)02d s") % {"minutes": minutes, "seconds": seconds % 60}
    return _("%(seconds)d s") % {"seconds": seconds}


@register.filter
def elapsed(started_at: datetime | str | None, finished_at: datetime | str | None = None) -> timedelta | None:
    """From the one moment to the other, or to now. Takes the ISO text of the index's JSON columns too."""
    start, end = moment(started_at), moment(finished_at)
    return None if start is None else (end or now()) - start


@register.filter
def moment(value: datetime | str | None) -> datetime | None:
    return parse_datetime(value) if isinstance(value, str) else value


@register.filter
def clock(value: datetime | str | None) -> str:
    """ "2026-11-23 15:28:35", in the console's time zone."""
    at = moment(value)
    return localtime(at).strftime("%Y-%m-%d %H:%M:%S") if at else ""


@register.filter
def memory(mib: int) -> str:
    """MiB as "512 MiB" or "32 GiB"."""
    if mib and mib % 1024 == 0:
        return f"{mib // 1024} GiB"
    return f"{mib / 1024:.1f} GiB" if mib >= 10240 else f"{mib} MiB"


@register.filter
def cores(millicores: int) -> str:
    """Thousandths of a core as "0.5" or "4"."""
    return f"{millicores / 1000:g}"


@register.filter
def short_clock(value: datetime | str | None, precision: str = "minutes") -> str:
    """ "11-23 15:28", or with "seconds" "11-23 15:28:35"; the year is there when it is not this one."""
    at = moment(value)
    if not at:
        return ""
    local, time = localtime(at), "%H:%M:%S" if precision == "seconds" else "%H:%M"
    return local.strftime(f"%m-%d {time}" if local.year == localtime().year else f"%Y-%m-%d {time}")


@register.filter
def seconds_ago(seconds: float) -> datetime:
    return localtime(now() - timedelta(seconds=seconds))
