"""The catalogue of flavors, for administrators of the console: list, create, edit, duplicate, retire, order, delete."""

import logging
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from console.people.administration import console_admin_required
from console.web.requests import HtmxRequest
from tasks.actions import catalogue as actions
from tasks.models import CatalogueFlavor
from tasks.queries.flavors import catalogue_rows, flavor_row, usage_of
from tasks.specification import Flavor, FlavorClass
from tasks.views.settings.flavor_form import BLANK, FlavorForm, initial_of, label_rows, toleration_rows
from tasks.views.settings.problems import problems_of
from tasks.wizard.flavor_choices import title_of

logger = logging.getLogger(__name__)
_MOVES = {"up": -1, "down": 1}


@console_admin_required
@require_safe
def flavor_list(request: HtmxRequest) -> HttpResponse:
    """All flavors in the order of the wizard. `done`: the one that was just changed."""
    rows = [_line(row) for row in catalogue_rows()]
    done = request.GET.get("done", "")
    context = {
        "section": "flavors",
        "lines": rows,
        "done": done if any(line["flavor"].key == done for line in rows) else "",
        "cpu_flavors": settings.CPU_FLAVORS,
    }
    return render(request, "settings/flavors.html", context)


@console_admin_required
@require_http_methods(["GET", "HEAD", "POST"])
def create_flavor(request: HtmxRequest) -> HttpResponse:
    """`from`: the flavor that the new one starts as a copy of."""
    source = flavor_row(_number(request.GET.get("from", "")))
    flavor = replace(source.flavor(), key="") if source else None
    return _form_page(request, None, flavor)


@console_admin_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit_flavor(request: HtmxRequest, pk: int) -> HttpResponse:
    row = _row(pk)
    return _form_page(request, row, row.flavor())


@console_admin_required
@require_POST
def change_flavor(request: HtmxRequest, pk: int) -> HttpResponse:
    """`verb`: up, down, retire or restore."""
    row, verb = _row(pk), request.POST.get("verb", "")
    if verb in _MOVES:
        actions.move_flavor(row, by=_MOVES[verb])
    elif verb == "retire":
        actions.retire_flavor(row)
    elif verb == "restore":
        actions.restore_flavor(row)
    else:
        raise BadRequest
    logger.info("flavor %s: %s by account %s", row.key, verb, request.user.pk)
    return redirect(f"{reverse('flavor-settings')}#flavor-{row.pk}")


@console_admin_required
@require_http_methods(["GET", "HEAD", "POST"])
def delete_flavor(request: HtmxRequest, pk: int) -> HttpResponse:
    """Asks first; a flavor that is in use can only be retired."""
    row = _row(pk)
    status = 200
    if request.method == "POST":
        try:
            actions.delete_flavor(row)
        except actions.FlavorInUse:
            status = 409
        else:
            logger.info("flavor %s: deleted by account %s", row.key, request.user.pk)
            return redirect("flavor-settings")
    context = {"section": "flavors", "row": row, "usage": usage_of(row.key)}
    return render(request, "settings/flavor_deletion.html", context, status=status)


def _number(text: str) -> int:
    """A small number of our own in a URL or a hidden field; 0 for anything else."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0


def _row(pk: int) -> CatalogueFlavor:
    row = flavor_row(pk)
    if row is None:
        raise Http404
    return row


def _line(row: CatalogueFlavor) -> dict[str, Any]:
    flavor = row.flavor()
    return {
        "row": row,
        "flavor": flavor,
        "title": title_of(flavor),
        "is_off": flavor.class_ == FlavorClass.CPU and not settings.CPU_FLAVORS,
    }


def _form_page(request: HtmxRequest, row: CatalogueFlavor | None, flavor: Flavor | None) -> HttpResponse:
    """The form of a flavor; `row` is None for a new one, which may start as a copy."""
    existing = row.key if row else ""
    version = row.version if row else 0
    initial = initial_of(flavor) if flavor else BLANK
    posted = request.POST if request.method == "POST" and "add" not in request.POST else None
    form = FlavorForm(posted, existing=existing, initial=initial)
    labels, tolerations = label_rows(posted, flavor), toleration_rows(posted, flavor)
    status, stale = 200, False
    if posted is not None:
        version = _number(posted.get("version", ""))
        valid = [form.is_valid(), labels.is_valid(), tolerations.is_valid()]
        if all(valid):
            selector = {entry.cleaned_data["key"]: entry.cleaned_data["value"] for entry in labels.filled}
            wanted = form.flavor(selector, tuple(entry.toleration() for entry in tolerations.filled))
            try:
                return _save(request, row, wanted, version)
            except actions.FlavorKeyTaken:
                form.add_error("key", _("There is a flavor with this key already."))
            except actions.StaleFlavor:
                stale = True
        status = 409 if stale else 422
    elif request.method == "POST":  # the page's "add", where scripts are off: nothing is judged yet
        typed = {name: request.POST.get(name, "") for name in form.fields}
        form = FlavorForm(None, existing=existing, initial=typed)
        added = request.POST["add"]
        labels = labels.typed(request.POST, spare=int(added == labels.prefix))
        tolerations = tolerations.typed(request.POST, spare=int(added == tolerations.prefix))
        version = _number(request.POST.get("version", ""))
    problems = problems_of(form, (_("Node labels"), labels), (_("Tolerations"), tolerations)) if posted else []
    context = {
        "section": "flavors",
        "row": row,
        "form": form,
        "labels": labels,
        "tolerations": tolerations,
        "version": version,
        "problems": problems,
        "is_stale": stale,
    }
    return render(request, "settings/flavor_form.html", context, status=status)


def _save(request: HtmxRequest, row: CatalogueFlavor | None, flavor: Flavor, version: int) -> HttpResponse:
    if row is None:
        row = actions.create_flavor(flavor)
    else:
        actions.change_flavor(row, flavor, version=version)
    logger.info("flavor %s: saved by account %s", row.key, request.user.pk)
    return redirect(f"{reverse('flavor-settings')}?done={row.key}#flavor-{row.pk}")
