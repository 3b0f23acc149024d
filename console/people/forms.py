from datetime import datetime
from math import ceil
from typing import Any

from django import forms
from django.contrib.auth import authenticate
from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from console.people import throttle


class SignInForm(forms.Form):
    """Name and password. The words are the same for a wrong password, an unknown name and a switched-off account."""

    username = forms.CharField(
        label=gettext_lazy("User name"),
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none", "autofocus": True}),
    )
    password = forms.CharField(
        label=gettext_lazy("Password"),
        strip=False,
        max_length=1024,  # hashing costs time for each byte
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, *args: Any, request: HttpRequest, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request, self.now = request, now
        self.user: AbstractBaseUser | None = None

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        username, password = data.get("username"), data.get("password")
        if not username or not password:
            return data
        address = self.request.META.get("REMOTE_ADDR", "")
        if wait := throttle.begin_try(username, address, now=self.now):
            raise forms.ValidationError(_too_many(ceil(wait.total_seconds() / 60)), code="throttled")
        self.user = authenticate(self.request, username=username, password=password)
        if self.user is None:
            raise forms.ValidationError(_("The user name or the password is wrong."), code="wrong")
        throttle.forget_tries(username, address)
        return data


def _too_many(minutes: int) -> str:
    return ngettext(
        "Too many wrong tries. Wait %(minutes)d minute, then try again.",
        "Too many wrong tries. Wait %(minutes)d minutes, then try again.",
        minutes,
    ) % {"minutes": minutes}
