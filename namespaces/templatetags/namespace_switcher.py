from typing import Any

from django import template

register = template.Library()


@register.inclusion_tag("namespaces/switcher.html", takes_context=True)
def namespace_switcher(context: dict[str, Any]) -> dict[str, Any]:
    """The namespaces of the person, with the one the page is about (`namespace` in the page's context) marked."""
    from namespaces.access import visible_namespaces

    request = context["request"]
    current = context.get("namespace")
    return {"namespaces": visible_namespaces(request.user) if request.user.is_authenticated else [], "current": current}
