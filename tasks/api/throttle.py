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


class WrongTokens(SimpleRateThrottle):
    """So many tokens a minute that open nothing, from one address. Tokens that work are never held up by it: behind a
    proxy everybody has one address."""

    scope = "api-wrong-token"
    rate = "60/min"

    def get_cache_key(self, request: Request, view: Any) -> str:
        return f"api:wrong-token:{request.META.get('REMOTE_ADDR', '')}"
