from django import template
from django.conf import settings
from django.utils.translation import gettext as _

from tasks.specification.prices import price_an_hour, written_price

register = template.Library()


@register.filter
def an_hour(micros_per_second: int | str) -> str:
    """ "18.00 CNY/h"; "" for what has no price, and where no currency is set: then the console shows no prices."""
    if not isinstance(micros_per_second, int) or not micros_per_second or not settings.CURRENCY:
        return ""
    return _("%(price)s %(currency)s/h") % {
        "price": price_an_hour(micros_per_second),
        "currency": settings.CURRENCY,
    }


@register.filter
def a_second(micros_per_second: int | str) -> str:
    """ "0.005 CNY/s"; "" as with `an_hour`."""
    if not isinstance(micros_per_second, int) or not micros_per_second or not settings.CURRENCY:
        return ""
    return _("%(price)s %(currency)s/s") % {
        "price": written_price(micros_per_second),
        "currency": settings.CURRENCY,
    }
