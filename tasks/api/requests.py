"""What every view does first: who, what was sent, with which key, and whether the person may."""

import re
from typing import Any
from uuid import UUID, uuid4, uuid5

from django.contrib.auth.models import User
from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.views import APIView

from console.cluster.resources import Resource
from namespaces.access import NamespaceAccess, may, namespace_for
from tasks.api.problems import ApiError, not_acceptable, refused
from tasks.api.reading import UNREAD, read
from tasks.api.shapes import Shape
from tasks.specification import Finding, error
from tasks.specification.findings import Code

_KEYS = UUID("7d1c1f8a-6a0e-4f0e-9f3e-2a4a58c1d0b6")  # a key of a client means nothing to other people
_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_VERSION = re.compile(r'"([0-9]{1,9})"')


class ApiView(APIView):
    """A view of the API: queries that it does not know are refused."""

    queries: type[Shape] | None = None  # the query parameters; none unless declared

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        self.asked = _read_query(request, self.queries)


def person_of(request: Request) -> User:
    assert isinstance(request.user, User)  # IsAuthenticated has let it in
    return request.user


def body_of(request: Request, shape: type[Shape]) -> dict[str, Any]:
    """The body, by its shape. Raises ApiError: 400 where it cannot be read, 422 where it is of another shape."""
    findings: list[Finding] = []
    found = read(shape(), request.data, "", findings)
    if findings or found is UNREAD:
        raise not_acceptable(findings)
    given: dict[str, Any] = found
    return given


def key_in(request: Request) -> UUID:
    """The client's Idempotency-Key as a key of ours; a new one where there is none."""
    sent = request.META.get("HTTP_IDEMPOTENCY_KEY")
    if sent is None:
        return uuid4()
    if not _KEY.fullmatch(sent):
        words = _("Use 1 to 255 visible ASCII characters.")
        raise refused(422, "invalid-header", words, path="Idempotency-Key")
    return uuid5(_KEYS, f"{request.user.pk}:{sent}")


def key_reused() -> ApiError:
    words = _("This key came with another request before. Use a new one for another wish.")
    return refused(422, "idempotency-key-reused", words, path="Idempotency-Key")


def version_in(request: Request) -> int:
    """The version that the client saw, from If-Match. Raises ApiError: 428 without one."""
    sent = request.META.get("HTTP_IF_MATCH")
    if sent is None:
        words = _("Send the ETag that you read in the header If-Match.")
        raise refused(428, "precondition-required", words, path="If-Match")
    found = _VERSION.fullmatch(sent)
    if found is None:
        raise refused(422, "invalid-header", _("This is no ETag of ours."), path="If-Match")
    return int(found[1])


def namespace_of(request: Request, name: str) -> NamespaceAccess:
    """Raises Http404 for a stranger."""
    return namespace_for(request.user, name)


def require(request: Request, verb: str, resource: Resource, namespace: NamespaceAccess) -> None:
    """Raises ApiError (403) with the cluster's reason. While it is away it decides when the thing is done."""
    if namespace.uncertain:
        return
    decision = may(request.user, verb, resource, namespace.name)
    if not decision.allowed:
        words = _("You do not have the right in %(namespace)s: %(verb)s on %(resource)s.") % {
            "namespace": namespace.name,
            "verb": verb,
            "resource": resource.key,
        }
        raise refused(403, "forbidden", f"{words} {decision.reason}".strip())


def _read_query(request: Request, shape: type[Shape] | None) -> dict[str, Any]:
    sent = {name: values[-1] for name, values in request.query_params.lists()}
    twice = [name for name, values in request.query_params.lists() if len(values) > 1]
    findings = [error(Code.TWICE, name, name=name[:80]) for name in twice]
    declared = shape() if shape else Shape()
    typed = {name: _typed(value, declared.fields.get(name)) for name, value in sent.items()}
    found = read(declared, typed, "", findings)
    if findings:
        raise not_acceptable(findings)
    asked: dict[str, Any] = found
    return asked


def _typed(value: str, field: Any) -> Any:
    """Numbers and switches are strings in an address."""
    kind = type(field).__name__
    if kind == "IntegerField" and re.fullmatch(r"[0-9]{1,9}", value):
        return int(value)
    if kind == "BooleanField":
        return {"true": True, "false": False}.get(value, value)
    return value
