from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from console.people.identity import identity_of, person_of
from console.web.requests import HtmxRequest
from namespaces.access import visible_namespaces

LAST_NAMESPACE = "last-namespace"  # key in the session


@login_required
@require_safe
def home(request: HtmxRequest) -> HttpResponse:
    """On to the tasks of the namespace one was in last, else of the first; a page of its own where there is none."""
    names = [namespace.name for namespace in visible_namespaces(request.user)]
    if not names:
        identity = identity_of(request.user) if person_of(request.user) else None
        return render(request, "namespaces/none.html", {"identity": identity})
    last = request.session.get(LAST_NAMESPACE)
    return redirect("task-list", last if last in names else names[0])


def remember_namespace(request: HtmxRequest, name: str) -> None:
    """So that the next visit begins there. Written when it changes, not at each page."""
    if request.session.get(LAST_NAMESPACE) != name:
        request.session[LAST_NAMESPACE] = name
