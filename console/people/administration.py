"""Pages of the console's administrators. That role is of the console alone: in the cluster it gives no right."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from console.people.identity import person_of

View = Callable[..., HttpResponse]


def is_console_admin(user: User | AnonymousUser) -> bool:
    person = person_of(user)
    return person is not None and person.console_admin


def require_console_admin(user: User | AnonymousUser) -> None:
    """Raises PermissionDenied with words for the page."""
    if not is_console_admin(user):
        raise PermissionDenied(_("The settings are for administrators of the console. Ask one of them."))


def console_admin_required(view: View) -> View:
    """The view for administrators alone: others are sent to sign in, or refused."""

    @login_required
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        require_console_admin(request.user)
        return view(request, *args, **kwargs)

    return guarded
