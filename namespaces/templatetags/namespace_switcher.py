from typing import Any

from django import template

register = template.Library()


@register.inclusion_tag("namespaces/switcher.html", takes_context=True)
def namespace_switcher(context: dict[str, Any]) -> dict[str, Any]:
    """The namespaces of the person, with the one the page is about (`namespace` in the page's context) marked."""
    from console.cluster import ClusterUnavailable
    from namespaces.access import visible_namespaces

    request = context["request"]
    current = context.get("namespace")
    try:
        namespaces = visible_namespaces(request.user) if request.user.is_authenticated else []
    except ClusterUnavailable:  # the page itself says so; it must not fail for its menu
        namespaces = []
    return {"namespaces": namespaces, "current": current}
