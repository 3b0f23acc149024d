from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from console.web.requests import HtmxRequest
from namespaces.access import NamespaceAccess, namespace_for
from tasks import actions
from tasks.models.templates import ABOUT_MAX, TITLE_MAX
from tasks.specification.entries import entries_of
from tasks.specification.text import bad_character, normal_lines
from tasks.wizard.beginning import places_for
from tasks.wizard.clone import reading_of_task
from tasks.wizard.page import draft_for
from tasks.wizard.typed_values import typed_values, without_values


@dataclass(frozen=True, slots=True)
class _Source:
    """What a template is made of."""

    name: str
    framework: str
    mode: str
    entries: Mapping[str, Any]
    back: str


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def save_draft_as_template(request: HtmxRequest, key: UUID) -> HttpResponse:
    draft = draft_for(request, key)
    source = _Source(draft.name, draft.framework, draft.mode, draft.entries, f"/wizard/{draft.key}/confirm/")
    return _save(request, source, draft.namespace)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def save_task_as_template(request: HtmxRequest, namespace: str, uid: str) -> HttpResponse:
    access = namespace_for(request.user, namespace)
    spec = reading_of_task(access.name, uid).spec
    assert spec is not None  # reading_of_task
    entries = entries_of(spec)
    source = _Source(spec.name, spec.framework, spec.mode, entries, f"/n/{access.name}/tasks/{uid}/")
    return _save(request, source, access.name)


def _save(request: HtmxRequest, source: _Source, namespace: str) -> HttpResponse:
    """Ask for name, description and namespace, naming the values that would be in it; then keep it."""
    places = places_for(request.user)
    if not places:
        raise PermissionDenied(_("There is no namespace in which you may create tasks just now."))
    values, errors = list(typed_values(source.entries)), {}
    left_out = [value.key for value in values if value.looks_secret]
    asked = request.POST if request.method == "POST" else {"title": source.name, "about": "", "namespace": namespace}
    if request.method == "POST":
        errors, left_out = errors_in(asked) | _misplaced(asked, places), request.POST.getlist("leave")
        if not errors:
            try:
                actions.save_template(
                    by=request.user,
                    namespace=asked["namespace"],
                    title=asked["title"].strip(),
                    about=normal_lines(asked.get("about", "")),
                    framework=source.framework,
                    mode=source.mode,
                    entries=without_values(source.entries, [value for value in values if value.key in left_out]),
                )
            except actions.TitleTaken:
                errors = {"title": _("The namespace has another template of this name.")}
            else:
                messages.info(request, _("The template “%(title)s” is saved.") % {"title": asked["title"].strip()})
                return redirect("template-list", asked["namespace"])
    context = {
        "source": source,
        "namespace": next((place for place in places if place.name == namespace), None),
        "places": places,
        "values": values,
        "left_out": left_out,
        "asked": asked,
        "errors": errors,
        "about_max": ABOUT_MAX,
    }
    return render(request, "wizard/template_save.html", context, status=422 if errors else 200)


def errors_in(asked: Mapping[str, str]) -> dict[str, str]:
    """What is wrong with a template's name and description, by field."""
    errors = {}
    title, about = asked.get("title", "").strip(), normal_lines(asked.get("about", ""))
    if not title:
        errors["title"] = _("Fill this in.")
    for name, text, most in (("title", title, TITLE_MAX), ("about", about, ABOUT_MAX)):
        if len(text) > most:
            errors[name] = _("At most %(maximum)s characters; these are %(length)s.") % {
                "maximum": most,
                "length": len(text),
            }
        elif bad := bad_character(text, allowed="\n\t" if name == "about" else ""):
            errors[name] = _("The character %(character)s is not allowed.") % {"character": bad}
    return errors


def _misplaced(asked: Mapping[str, str], places: list[NamespaceAccess]) -> dict[str, str]:
    known = any(place.name == asked.get("namespace") for place in places)
    return {} if known else {"namespace": _("Choose a namespace from the list.")}
