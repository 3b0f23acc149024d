"""A form that cannot be taken now is shown back, to be sent again with a click, so that nothing typed is lost."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render, resolve_url


def can_be_sent_again(request: HttpRequest) -> bool:
    """Only what a page of ours sent (the browser says so): nobody else may put words into a form of ours.

    Nothing with a password: that is written into no page.
    """
    is_ours = request.headers.get("Origin") == f"{request.scheme}://{request.get_host()}"
    is_page = request.method == "POST" and "HX-Request" not in request.headers
    return is_page and is_ours and not request.FILES and "password" not in request.POST


def send_again(request: HttpRequest, *, is_signed_out: bool) -> HttpResponse:
    sent = [(name, value) for name, values in request.POST.lists() for value in values]
    fields = [(name, value) for name, value in sent if name != "csrfmiddlewaretoken"]
    context = {"address": request.get_full_path(), "fields": fields, "is_signed_out": is_signed_out}
    return render(request, "send_again.html", context, status=403)


class SignedOutPostsMiddleware:
    """What somebody sends who is signed out by now would be gone with the way to the sign-in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        sign_in = f"{resolve_url(settings.LOGIN_URL)}?next="  # login_required's, and not where a sign-out leads
        if (
            response.status_code == 302
            and response.headers["Location"].startswith(sign_in)
            and can_be_sent_again(request)
        ):
            return send_again(request, is_signed_out=True)
        return response
