"""A script without a pause must not take the few threads that draw everybody's pages."""

from typing import Any

from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

from console.people.models import ApiToken


class PerToken(SimpleRateThrottle):
    """So many requests a minute for each token, and for each person with a session; counted in each web process."""

    scope = "api"
    rate = "600/min"  # ten a second: polling ten operations each second passes

    def get_cache_key(self, request: Request, view: Any) -> str | None:
        if isinstance(request.auth, ApiToken):
            return f"api:token:{request.auth.pk}"
        return f"api:person:{request.user.pk}" if request.user.is_authenticated else None
