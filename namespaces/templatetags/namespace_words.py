"""A namespace's state and class, as the pages say them."""

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

register = template.Library()


@register.filter
def namespace_phase_words(phase: str) -> str:
    """The cluster knows two phases; anything else is shown as the cluster says it."""
    return {"Active": pgettext("namespace", "normal"), "Terminating": pgettext("namespace", "being deleted")}.get(
        phase, phase
    )


@register.filter
def namespace_tone(phase: str) -> str:
    return {"Active": "green", "Terminating": "yellow"}.get(phase, "secondary")


@register.filter
def class_words(class_name: str) -> str:
    """Classes are an administrator's words (the label's value), but for the one we ship."""
    return {"gpu": _("GPU-accelerated")}.get(class_name, class_name)
