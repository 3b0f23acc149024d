from typing import Any

from django import template

from console.people.identity import person_of
from console.people.models import Person

register = template.Library()


@register.simple_tag(takes_context=True)
def person_of_request(context: dict[str, Any]) -> Person | None:
    return person_of(context["request"].user)
