"""The pages for what goes wrong. A region that htmx asked for gets the reason alone, as text: the page shows it."""

from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent
from django.db import DataError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from console.cluster.errors import ClusterError, ClusterUnavailable, Forbidden, NotFound
from console.web.sending import can_be_sent_again, send_again

_PAGES = {  # an icon and a title for each status
    400: ("alert-triangle", gettext_lazy("Something went wrong")),
    403: ("lock", gettext_lazy("Not allowed")),
    404: ("search", gettext_lazy("Not found")),
    413: ("alert-triangle", gettext_lazy("That was too much at once")),
    500: ("alert-triangle", gettext_lazy("Something went wrong")),
    502: ("alert-triangle", gettext_lazy("The cluster refused")),
    503: ("plug-connected-x", gettext_lazy("The cluster does not answer")),
}


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    reason = str(exception) if exception else ""
    return _answer(request, 403, reason or _("You are not allowed to do this."))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form was too old, or came from elsewhere. Django's own reason is for developers.

    A sign-in gives everybody a new key: what a page of ours from before sends (the browser says that it is ours) is
    shown back, to be sent again with a click.
    """
    if request.user.is_authenticated and can_be_sent_again(request):
        return send_again(request, is_signed_out=False)
    return _answer(request, 403, _("This page was open for too long. Go back, reload it and try again."))


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Too large, which happens to honest people (413), or nothing that a page of ours sends (400)."""
    if isinstance(exception, RequestDataTooBig | TooManyFieldsSent):
        maximum = f"{settings.DATA_UPLOAD_MAX_MEMORY_SIZE / 2**20:.1f}"
        reason = _(
            "That was more than the console takes at once: %(maximum)s MiB. Nothing of it was saved. Go back in the "
            "browser: what you typed should still be there. Shorten a text or remove rows, then send it again."
        )
        return _answer(request, 413, reason % {"maximum": maximum})
    return _answer(request, 400, _("The console cannot read what was sent. Go back, reload the page and try again."))


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """The exception is not shown: whether a thing exists is none of a stranger's business."""
    return _answer(request, 404, _("There is no such page, or it is not yours to see."))


def failed(request: HttpRequest) -> HttpResponse:
    reason = _("The console could not answer. What happened was written to its log.")
    if request.path.startswith("/api/"):  # whose clients read one shape of errors, whatever went wrong (docs/api.md)
        problem = {"path": "", "code": "internal-error", "message": reason, "parameters": {}, "blocking": True}
        return JsonResponse({"errors": [problem], "warnings": []}, status=500)
    return _answer(request, 500, reason)


class ClusterErrorsMiddleware:
    """What the cluster or the database answered, and no view expected: a page with the fitting status."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        match exception:
            case ClusterUnavailable():
                return _answer(request, 503, _("The cluster does not answer. Try again in a moment."))
            case Forbidden():
                return _answer(request, 403, str(exception))
            case NotFound():
                return not_found(request)
            case ClusterError():
                return _answer(request, 502, str(exception))
            case DataError() if _has_nul(request):  # PostgreSQL does not even compare with it
                return bad_request(request)
        return None


def _has_nul(request: HttpRequest) -> bool:
    values = (value for sent in (request.GET, request.POST) for _name, values in sent.lists() for value in values)
    return "\0" in request.path or any("\0" in value for value in values)


def _answer(request: HttpRequest, status: int, reason: str) -> HttpResponse:
    if request.headers.get("HX-Request") == "true" and request.headers.get("HX-Boosted") != "true":
        return HttpResponse(reason, status=status, content_type="text/plain; charset=utf-8")
    icon, title = _PAGES[status]
    return render(request, "failure.html", {"icon": icon, "title": title, "reason": reason}, status=status)
