"""Registries of the console (/settings/registries/) and of a namespace (/n/<namespace>/registries/): the same pages.

Of a namespace they are changed by whoever may create Secrets there: the cluster says who that is. The list is for
everybody who sees the namespace: they are offered its images.
"""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import wraps
from typing import Any, Concatenate
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from console.cluster.resources import SECRET
from console.people.administration import require_console_admin
from console.registries.answers import Outcome, answered
from console.registries.changes import REGISTRIES_MAX, StaleRegistry, TitleTaken, delete_registry, save_registry
from console.registries.forms import RegistryForm
from console.registries.models import Registry, Tab
from console.registries.opening import open_registry, repositories_of
from console.registries.picker import TITLES
from console.registries.pull_secrets import pull_secrets_in
from console.registries.troubles import Code
from console.registries.wording import words_of
from console.web.requests import HtmxRequest
from namespaces.access import NamespaceAccess, may, namespace_for

logger = logging.getLogger(__name__)
_TRIAL_SECONDS = 4.0  # the page waits for it


@dataclass(frozen=True, slots=True)
class Place:
    """Whose registries: a namespace's, or without one the console's."""

    access: NamespaceAccess | None

    @property
    def namespace(self) -> str:
        return self.access.name if self.access else ""

    def url(self, page: str = "", pk: int | None = None) -> str:
        name = f"{'namespace-registries' if self.namespace else 'registry-settings'}{page}"
        places: list[object] = [self.namespace] if self.namespace else []
        return reverse(name, args=[*places, *([] if pk is None else [pk])])

    @property
    def frame(self) -> str:
        return "registries/namespace_frame.html" if self.namespace else "settings/_frame.html"


View = Callable[Concatenate[HtmxRequest, Place, ...], HttpResponse]


def _for_those_who_may(view: View) -> Callable[..., HttpResponse]:
    """Administrators for the console's; a stranger to the namespace gets 404, who may not create Secrets there 403."""

    @login_required
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, namespace: str = "", **kwargs: Any) -> HttpResponse:
        access = namespace_for(request.user, namespace) if namespace else None
        if access:
            if not _may_change(request, namespace):
                raise PermissionDenied(_("Registries are set up by people who may create Secrets in the namespace."))
        else:
            require_console_admin(request.user)
        return view(request, Place(access), *args, **kwargs)  # type: ignore[arg-type]

    return guarded


def _may_change(request: HttpRequest, namespace: str) -> bool:
    return may(request.user, "create", SECRET, namespace).allowed


@login_required
@require_safe
def registry_list(request: HtmxRequest, namespace: str = "") -> HttpResponse:
    place = Place(namespace_for(request.user, namespace) if namespace else None)
    if not namespace:
        require_console_admin(request.user)
    rows = Registry.objects.filter(namespace=place.namespace)
    done = request.GET.get("done", "")
    context = {
        **_frame(place),
        "lines": [{"row": row, "tab": TITLES[Tab(row.tab)], "url": place.url("-edit", row.pk)} for row in rows],
        "create_url": place.url("-create"),
        "may_change": not namespace or _may_change(request, namespace),
        "done": done if any(row.title == done for row in rows) else "",
        "removed": request.GET.get("removed") == "1",
    }
    return render(request, "registries/list.html", context)


@_for_those_who_may
@require_http_methods(["GET", "HEAD", "POST"])
def create_registry(request: HtmxRequest, place: Place) -> HttpResponse:
    return _form_page(request, place, Registry(namespace=place.namespace, tab=Tab.SHARED))


@_for_those_who_may
@require_http_methods(["GET", "HEAD", "POST"])
def edit_registry(request: HtmxRequest, place: Place, pk: int) -> HttpResponse:
    return _form_page(request, place, _row(place, pk))


@_for_those_who_may
@require_POST
def try_registry(request: HtmxRequest, place: Place, pk: int | None = None) -> HttpResponse:
    """What the registry says to what is typed, as a fragment; nothing is saved."""
    registry = _row(place, pk) if pk else Registry(namespace=place.namespace)
    form = RegistryForm(request.POST, registry=registry)
    context: dict[str, Any] = {"problems": None}
    if not form.is_valid():
        context["problems"] = _problems(form)
    else:
        context["lines"] = list(_tested(form.row(), request))
    return render(request, "registries/_test.html", context)


@_for_those_who_may
@require_http_methods(["GET", "HEAD", "POST"])
def remove_registry(request: HtmxRequest, place: Place, pk: int) -> HttpResponse:
    row = _row(place, pk)
    if request.method == "POST":
        logger.info("registry %s (%s): removed by account %s", row.pk, row.address, request.user.pk)
        delete_registry(row)
        return redirect(f"{place.url()}?removed=1")
    return render(request, "registries/removal.html", {**_frame(place), "row": row})


def _form_page(request: HtmxRequest, place: Place, row: Registry) -> HttpResponse:
    """GET draws it, POST saves; with `go=test` it says what the registry answers instead (without scripts)."""
    posted = request.POST if request.method == "POST" else None
    title, seen = row.title, _seen(request, row)
    form = RegistryForm(posted, registry=row)
    context = {**_frame(place), "form": form, "title": title, "row": row if row.pk else None, "seen": seen}
    status = 200
    if posted is not None:
        status = 422
        if not row.pk and Registry.objects.filter(namespace=place.namespace).count() >= REGISTRIES_MAX:
            form.add_error(None, _("There are %(count)s registries already.") % {"count": REGISTRIES_MAX})
        if form.is_valid() and posted.get("go") == "test":
            context["lines"], status = list(_tested(form.row(), request)), 200
        elif form.is_valid():
            try:
                saved = form.row()
                save_registry(saved, seen=seen)
            except StaleRegistry:
                context["is_stale"], status = True, 409
            except TitleTaken:
                form.add_error("title", _("Another registry here is called so."))
            else:
                logger.info("registry %s (%s): saved by account %s", saved.pk, saved.address, request.user.pk)
                return redirect(f"{place.url()}?{urlencode({'done': saved.title})}")
    context |= {
        "problems": _problems(form) if posted is not None else [],
        "test_url": place.url("-test", row.pk) if row.pk else place.url("-test-new"),
        "remove_url": place.url("-remove", row.pk) if row.pk else "",
        "secrets": pull_secrets_in(request.user, place.namespace) if place.namespace else None,
    }
    return render(request, "registries/form.html", context, status=status)


def _tested(row: Registry, request: HtmxRequest) -> Iterator[dict[str, Any]]:
    """Lines of what was seen: that it answers, and how many images it lists."""

    def check() -> Any:
        with open_registry(row, request.user, total_seconds=_TRIAL_SECONDS) as client:
            client.check()
            return answered(lambda: repositories_of(row, client))

    outcome = answered(check)
    if outcome.trouble:
        yield {"ok": False, "words": words_of(outcome.trouble)}
        return
    yield {
        "ok": True,
        "words": _("The registry answers and takes the credentials.")
        if row.username or row.pull_secret
        else _("The registry answers."),
    }
    listed: Outcome = outcome.value
    if listed.trouble:
        yield {"ok": listed.trouble.code is Code.NO_CATALOGUE, "words": words_of(listed.trouble)}
    else:
        names, more = listed.value
        words = _("It lists more than %(count)s images.") if more else _("Images that it offers: %(count)s.")
        yield {"ok": True, "words": words % {"count": len(names)}}


def _frame(place: Place) -> dict[str, Any]:
    return {"frame": place.frame, "section": "registries", "namespace": place.access, "list_url": place.url()}


def _row(place: Place, pk: int) -> Registry:
    row = Registry.objects.filter(namespace=place.namespace, pk=pk).first()
    if row is None:
        raise Http404
    return row


def _seen(request: HtmxRequest, row: Registry) -> int:
    text = request.POST.get("version", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else row.version


def _problems(form: RegistryForm) -> list[dict[str, str]]:
    """For the summary that links to the fields; the cursor goes to the first."""
    found: list[dict[str, str]] = []
    for name, errors in form.errors.items():
        if name in form.fields and not found:
            form.fields[name].widget.attrs["autofocus"] = True
        label = str(form.fields[name].label) if name in form.fields else _("Registry")
        found.append({"label": label, "words": " ".join(map(str, errors)), "anchor": f"id_{name}"})
    return found
