from django import template

from tasks.flavors import drivers
from tasks.specification.cuda_rules import Driver

register = template.Library()


@register.simple_tag
def driver_table() -> tuple[Driver, ...]:
    """Which CUDA each driver takes, oldest first; out of the process's cache."""
    return drivers()
