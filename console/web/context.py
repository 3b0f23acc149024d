"""What every page's template has, without a query."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

THEMES = ("light", "dark")


def page(request: HttpRequest) -> dict[str, Any]:
    """`theme` ("" until one is chosen: static/js/theme.js then follows the system) and `local_mode`."""
    theme = request.COOKIES.get("theme", "")
    return {"theme": theme if theme in THEMES else "", "local_mode": settings.LOCAL_MODE}
