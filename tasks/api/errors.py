"""Whatever went wrong on the way, as the API's one error body."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.response import Response

from console.cluster.errors import ClusterError, ClusterUnavailable, Forbidden, NotFound
from tasks.api.problems import ApiError, Problem, body_of

_RETRY_SECONDS = 5  # after which a client may ask again where the cluster itself names no time


def answer(exc: Exception, context: Mapping[str, Any]) -> Response | None:
    """DRF's exception handler. None for a mistake of ours: Django logs it, and console.web.errors answers with 500."""
    match exc:
        case ApiError():
            return _response(exc.status, *exc.problems, headers=exc.headers)
        case exceptions.APIException():
            return _of_rest_framework(exc)
        case Http404() | NotFound():
            words = _("There is no such thing, or it is not yours to see.")
            return _response(404, Problem(code="not-found", message=words))
        case PermissionDenied() | Forbidden():
            return _response(403, Problem(code="forbidden", message=str(exc) or _("You are not allowed to do this.")))
        case RequestDataTooBig():
            return _response(413, Problem(code="too-large", message=_("The request is too large.")))
        case ClusterUnavailable():
            words = _("The cluster does not answer. Try again in a moment.")
            wait = {"Retry-After": str(round(exc.retry_after_seconds) or _RETRY_SECONDS)}
            return _response(503, Problem(code="cluster-unavailable", message=words), headers=wait)
        case ClusterError():
            return _response(502, Problem(code="cluster-error", message=str(exc)))
    return None


def _of_rest_framework(exc: exceptions.APIException) -> Response:
    headers = {}
    if challenge := getattr(exc, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if (wait := getattr(exc, "wait", None)) is not None:
        headers["Retry-After"] = str(max(1, round(wait)))
    codes = exc.get_codes()
    code = (codes if isinstance(codes, str) else "invalid").replace("_", "-")
    return _response(exc.status_code, Problem(code=code, message=str(exc.detail)), headers=headers)


def _response(status: int, *problems: Problem, headers: Mapping[str, str] | None = None) -> Response:
    return Response(body_of(problems), status=status, headers=dict(headers or {}))
