"""Images as people read them: sizes, ages, digests, and what is wrong with a registry."""

from datetime import datetime

from django import template
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from console.registries.wording import words_of

register = template.Library()
register.filter("trouble_words", words_of)
_UNITS = ("B", "kB", "MB", "GB", "TB")
_DAY = 86400


@register.filter
def bytes_words(size: int | None) -> str:
    """ "3.4 GB", as registries count: 1 MB is 10^6 bytes."""
    if size is None:
        return ""
    amount, unit = float(size), 0
    while amount >= 999.5 and unit < len(_UNITS) - 1:
        amount, unit = amount / 1000, unit + 1
    digits = 0 if unit == 0 or amount >= 100 else 1
    return f"{amount:.{digits}f} {_UNITS[unit]}"


@register.filter
def age(at: datetime | None) -> str:
    """How long ago, in one unit: "3 months ago"."""
    if at is None:
        return ""
    seconds = max(0, int((now() - at).total_seconds()))
    if seconds < 60:
        return _("just now")
    if seconds < 3600:
        count = seconds // 60
        return ngettext("%(count)d minute ago", "%(count)d minutes ago", count) % {"count": count}
    if seconds < _DAY:
        count = seconds // 3600
        return ngettext("%(count)d hour ago", "%(count)d hours ago", count) % {"count": count}
    if seconds < 60 * _DAY:
        count = seconds // _DAY
        return ngettext("%(count)d day ago", "%(count)d days ago", count) % {"count": count}
    if seconds < 730 * _DAY:
        count = seconds // (30 * _DAY)
        return ngettext("%(count)d month ago", "%(count)d months ago", count) % {"count": count}
    count = seconds // (365 * _DAY)
    return ngettext("%(count)d year ago", "%(count)d years ago", count) % {"count": count}


@register.filter
def short_digest(digest: str) -> str:
    """The first twelve digits, as Docker shows them."""
    return digest.partition(":")[2][:12]
