"""Who asks: by a token, or as the browser's session; and what a token may do."""

from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, Throttled
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from console.people.models import ApiToken
from console.people.tokens import Refusal, TokenRefused, token_for
from tasks.api.throttle import WrongTokens

_WORDS: dict[Refusal, str | Promise] = {
    Refusal.UNKNOWN: _("This token is not known."),
    Refusal.EXPIRED: _("This token has expired. Create another one."),
    Refusal.REVOKED: _("This token was revoked. Create another one."),
    Refusal.INACTIVE: _("The account of this token is closed."),
}


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer ty_…`. A token in a URL is never looked at: URLs end up in logs."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        header = request.META.get("HTTP_AUTHORIZATION", "")
        scheme, _space, secret = header.partition(" ")
        if scheme.lower() != "bearer":
            return None
        try:
            token = token_for(secret.strip(), now=timezone.now())
        except TokenRefused as refused:
            _count_wrong_token(request)
            code = refused.refusal.value
            raise AuthenticationFailed(str(_WORDS[refused.refusal]), code=code) from None
        return token.owner, token

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="trainyard"'


def _count_wrong_token(request: Request) -> None:
    """Raises Throttled (429) where the address has sent too many of them."""
    throttle = WrongTokens()
    if not throttle.allow_request(request, request.parser_context["view"]):
        raise Throttled(throttle.wait())


class InScope(BasePermission):
    """A token that may only read changes nothing. A view that posts without changing anything says `only_reads`."""

    message = _("This token may only read. Create one that may read and write.")
    code = "scope"

    def has_permission(self, request: Request, view: Any) -> bool:
        if request.method in SAFE_METHODS or getattr(view, "only_reads", False):
            return True
        return not isinstance(request.auth, ApiToken) or request.auth.may_write
