from datetime import timedelta

from django.conf import settings
from django.contrib.auth import login, logout
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect

from console.people.demo import DEMO_PEOPLE
from console.people.forms import SignInForm
from console.web.context import THEMES
from console.web.requests import HtmxRequest

PREFERENCE_AGE = timedelta(days=365)


@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def sign_in(request: HtmxRequest) -> HttpResponse:
    """The sign-in page. One who is signed in goes on to where he wanted."""
    if request.htmx:  # a region of a page whose session has ended asked: the whole page signs in again
        here = request.htmx.current_url_abs_path or ""
        return HttpResponseClientRedirect(f"{reverse('sign-in')}?{urlencode({'next': here})}")
    way_on = _way_on(request)
    if request.user.is_authenticated:
        return redirect(way_on)
    form = SignInForm(request.POST or None, request=request, now=timezone.now())
    if request.method == "POST" and form.is_valid() and form.user is not None:
        login(request, form.user)
        # From now, and not from the last click: an open page keeps nobody signed in for ever.
        request.session.set_expiry(timezone.now() + timedelta(seconds=settings.SESSION_COOKIE_AGE))
        return redirect(way_on)
    people = DEMO_PEOPLE if settings.LOCAL_MODE else ()
    context = {"form": form, "next": way_on, "demo_people": people}
    return render(request, "people/sign_in.html", context, status=422 if form.errors else 200)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    return redirect("sign-in")


@require_POST
def set_preference(request: HttpRequest) -> HttpResponse:
    """Keep the language or the theme in a cookie, and go back to the page it was chosen on."""
    choices = {settings.LANGUAGE_COOKIE_NAME: dict(settings.LANGUAGES), "theme": THEMES}
    chosen = {name: request.POST[name] for name in choices if name in request.POST}
    if not chosen or any(value not in choices[name] for name, value in chosen.items()):
        raise BadRequest
    response = HttpResponseRedirect(_way_on(request))
    for name, value in chosen.items():
        # The script that switches the theme without a new page writes this cookie too (static/js/theme.js).
        response.set_cookie(name, value, max_age=PREFERENCE_AGE, secure=settings.HTTPS, samesite="Lax")
    return response


def _way_on(request: HttpRequest) -> str:
    """Where `next` says, if that is a page of ours."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    if url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure()):
        return wanted
    return resolve_url(settings.LOGIN_REDIRECT_URL)
