from typing import Any

from django import template

from console.cluster.errors import ClusterUnavailable
from namespaces.access import visible_namespaces

register = template.Library()


@register.inclusion_tag("namespaces/switcher.html", takes_context=True)
def namespace_switcher(context: dict[str, Any]) -> dict[str, Any]:
    """The namespaces of the person, with the one the page is about (`namespace` in the page's context) marked."""
    user = context["request"].user
    current = context.get("namespace")
    try:
        namespaces = visible_namespaces(user) if user.is_authenticated else []
    except ClusterUnavailable:  # the page itself says so
        namespaces = []
    return {"namespaces": namespaces, "current": current if hasattr(current, "class_name") else None}
