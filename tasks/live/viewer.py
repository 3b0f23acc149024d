"""Who is at the other end of a stream, and what the page shows: decided before it starts, and at each heartbeat."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user
from django.http import HttpRequest, QueryDict
from django.http.cookie import parse_cookie
from django.utils.translation import get_language_from_request

from namespaces.access import namespace_for

MAX_SHOWN = 200
_PATH = re.compile(r"/live/n/(?P<namespace>[a-z0-9-]{1,63})/tasks/(?:(?P<uid>[0-9a-zA-Z-]{1,64})/)?")
_UID = re.compile(r"[0-9a-zA-Z-]{1,64}")


class NotSignedIn(Exception):
    """No session, or one that has ended."""


@dataclass(frozen=True, slots=True)
class View:
    """What one browser has on its screen."""

    namespace: str
    task_uid: str  # "" for the list
    shown: frozenset[str]  # uids of the list's rows
    since: int  # the Last-Event-ID, or the seq the page was drawn at
    language: str


def view_of(scope: Mapping[str, Any]) -> View | None:
    """None for a path that is no stream. Raises ValueError for a query that the page did not write."""
    found = _PATH.fullmatch(scope["path"])
    if found is None:
        return None
    query = QueryDict(scope["query_string"])
    headers = dict(scope["headers"])
    shown = frozenset(uid for uid in query.get("shown", "").split(",") if uid)
    if len(shown) > MAX_SHOWN or not all(map(_UID.fullmatch, shown)):
        raise ValueError("the rows are not as a page names them")
    return View(
        namespace=found["namespace"],
        task_uid=found["uid"] or "",
        shown=shown,
        since=_seq(headers.get(b"last-event-id", b"").decode("latin-1") or query.get("since", "")),
        language=get_language_from_request(_request(scope)),
    )


def admit(scope: Mapping[str, Any], namespace: str) -> None:
    """Return if the person may look at the namespace now.

    Raises NotSignedIn, Http404 for a stranger, ClusterUnavailable when nobody can say.
    """
    user = get_user(_request(scope))
    if not user.is_authenticated or not user.is_active:
        raise NotSignedIn
    namespace_for(user, namespace)


def _seq(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > 18:
        raise ValueError("not a seq")
    return int(text)


def _request(scope: Mapping[str, Any]) -> HttpRequest:
    """As much of a Django request as sessions and translations look at."""
    headers = dict(scope["headers"])
    request = HttpRequest()
    request.COOKIES = parse_cookie(headers.get(b"cookie", b"").decode("latin-1"))
    request.META["HTTP_ACCEPT_LANGUAGE"] = headers.get(b"accept-language", b"").decode("latin-1")
    sessions = import_module(settings.SESSION_ENGINE)
    request.session = sessions.SessionStore(request.COOKIES.get(settings.SESSION_COOKIE_NAME))
    return request
