"""The pages for what goes wrong. A region that htmx asked for gets the reason alone, as text: the page shows it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    reason = str(exception) if exception else ""
    return _answer(request, 403, reason or _("You are not allowed to do this."))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form was too old, or came from elsewhere. Django's own reason is for developers."""
    return _answer(request, 403, _("This page was open for too long. Go back, reload it and try again."))


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """The exception is not shown: whether a thing exists is none of a stranger's business."""
    return _answer(request, 404, _("There is no such page, or it is not yours to see."))


def failed(request: HttpRequest) -> HttpResponse:
    return _answer(request, 500, _("The console could not answer. What happened was written to its log."))


def _answer(request: HttpRequest, status: int, reason: str) -> HttpResponse:
    if request.headers.get("HX-Request") == "true" and request.headers.get("HX-Boosted") != "true":
        return HttpResponse(reason, status=status, content_type="text/plain; charset=utf-8")
    return render(request, f"{status}.html", {"reason": reason}, status=status)
