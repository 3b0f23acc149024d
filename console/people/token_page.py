"""The page of a person's API tokens: list, create (the secret is shown once), revoke."""

import re
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRedirect

from console.people import tokens
from console.people.models import ApiToken
from console.web.htmx import render_page
from console.web.requests import HtmxRequest

_NAME_MAX = 64
_FORGED = gettext_lazy("This form cannot be used. Reload the page and try again.")


class _Text(forms.CharField):
    """Judged by the form below alone, in the words of the console's other forms."""

    default_error_messages = {"required": gettext_lazy("Fill this in.")}

    def run_validators(self, value: str) -> None:
        """None of Django's own."""


class TokenForm(forms.Form):
    """A new token: what it is for, what it may do and how long."""

    use_required_attribute = False  # the server's message says more than the browser's bubble

    name = _Text(
        label=gettext_lazy("Name"),
        help_text=gettext_lazy("What uses it, for example: nightly training."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "maxlength": 2 * _NAME_MAX}),
    )
    scope = forms.ChoiceField(
        label=gettext_lazy("Scope"),
        choices=[("read", gettext_lazy("Read")), ("write", gettext_lazy("Read and write"))],
        initial="read",
        help_text=gettext_lazy("It never does more than you may do yourself."),
        error_messages=dict.fromkeys(("required", "invalid_choice"), gettext_lazy("Choose one.")),
    )
    days = _Text(
        label=gettext_lazy("Expires after days"),
        initial=str(tokens.DAYS_DEFAULT),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    key = forms.UUIDField(widget=forms.HiddenInput)

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if len(name) > _NAME_MAX:
            words = _("At most %(maximum)s characters; these are %(length)s.")
            raise forms.ValidationError(words % {"maximum": _NAME_MAX, "length": len(name)}, code="length")
        if not name.isprintable():
            raise forms.ValidationError(_("Invisible characters are not allowed."), code="invisible")
        return name

    def clean_days(self) -> int:
        typed: str = self.cleaned_data["days"]
        if not re.fullmatch(r"[0-9]{1,4}", typed) or not 1 <= int(typed) <= tokens.DAYS_MAX:
            words = _("Write a whole number from 1 to %(maximum)s.") % {"maximum": tokens.DAYS_MAX}
            raise forms.ValidationError(words, code="days")
        return int(typed)

    def clean(self) -> None:
        if "key" in self.errors:  # it has no place on the page
            raise forms.ValidationError(_FORGED, code="forged")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def token_list(request: HtmxRequest) -> HttpResponse:
    """The person's tokens. POST makes one, and its answer alone has the secret."""
    if request.method != "POST":
        return _page(request, _new_form())
    form, now = TokenForm(request.POST), timezone.now()
    issued = _issue(request, form, now) if form.is_valid() else None
    if issued is None:
        return _page(request, form, status=422)
    return _page(request, _new_form(), issued=issued)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def revoke(request: HtmxRequest, key: UUID) -> HttpResponse:
    """GET asks, POST revokes. Somebody else's token looks like one that does not exist."""
    token = tokens.working(tokens.tokens_of(request.user), now=timezone.now()).filter(pk=key).first()
    if token is None and request.method != "POST":
        raise Http404
    if request.method == "POST":
        tokens.revoke_token(request.user, key, now=timezone.now())
        return HttpResponseClientRedirect(reverse("tokens")) if request.htmx else redirect("tokens")
    return render_page(request, "people/token_revocation.html", {"token": token}, fragment="question")


def _issue(request: HtmxRequest, form: TokenForm, now: datetime) -> tokens.Issued | None:
    """None where it could not be made; the form then says why."""
    given = form.cleaned_data
    try:
        return tokens.issue_token(
            request.user,
            key=given["key"],
            name=given["name"],
            may_write=given["scope"] == "write",
            days=given["days"],
            now=now,
        )
    except tokens.TooManyTokens:
        words = _("You have %(maximum)s tokens that work. Revoke one first.") % {"maximum": tokens.TOKENS_MAX}
        form.add_error(None, words)
    except ValueError:  # a form that was never rendered for this person
        form.add_error(None, _FORGED)
    return None


def _new_form() -> TokenForm:
    return TokenForm(initial={"key": uuid4()})


def _page(request: HtmxRequest, form: TokenForm, *, status: int = 200, **extra: Any) -> HttpResponse:
    now = timezone.now()
    shown = tokens.tokens_of(request.user).order_by("-created_at")
    context = {
        "form": form,
        "tokens": [(token, _state(token, now)) for token in shown],
        "days_max": tokens.DAYS_MAX,
        **extra,
    }
    return render(request, "people/tokens.html", context, status=status)


def _state(token: ApiToken, now: datetime) -> str:
    if token.revoked_at is not None:
        return "revoked"
    return "expired" if token.expires_at <= now else "working"
