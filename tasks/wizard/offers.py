"""Fragments that offer what the namespace has: the table of claims, and names to choose from while typing."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from console.cluster import ClusterUnavailable
from console.index.models import Claim
from console.web.requests import HtmxRequest
from namespaces.access import namespace_for
from tasks.models import Draft
from tasks.queries.cluster import claims_in
from tasks.queries.offers import object_keys, object_names, priority_class_names
from tasks.specification import FileSource, VolumePurpose
from tasks.specification.quantities import parse_quantity
from tasks.wizard.basics_step import claim_words, phase_words
from tasks.wizard.explanations import VOLUMES
from tasks.wizard.page import draft_for

_SORTS: Mapping[str, Callable[[Claim], Any]] = {
    "name": lambda claim: claim.name,
    "id": lambda claim: claim.uid,
    "class": lambda claim: (claim.storage_class, claim.name),
    "capacity": lambda claim: (parse_quantity(claim.capacity) or 0, claim.name),
    "access": lambda claim: (claim.access_modes, claim.name),
    "phase": lambda claim: (claim.phase, claim.name),
}


_TITLES: Mapping[str, Promise] = {
    "name": _("Claim"),
    "id": _("ID"),
    "class": _("Storage class"),
    "capacity": _("Capacity"),
    "access": _("Access"),
    "phase": _("State"),
}


@login_required
@require_safe
def claims(request: HtmxRequest, key: UUID) -> HttpResponse:
    """A dialog with the claims of the draft's namespace: `purpose` names the field that it fills.

    With `table` only its rows, which search (`q`), sort and refresh swap.
    """
    draft = draft_for(request, key)
    asked = request.GET
    try:
        purpose = VolumePurpose(asked.get("purpose", ""))
    except ValueError:
        raise Http404 from None
    context = {
        "draft": draft,
        "purpose": purpose.value,
        "title": VOLUMES[purpose.value],
        "columns": _columns(asked.get("sort", "")),
        "sort": asked.get("sort", ""),
        "claims": [
            {"claim": claim, "phase": phase_words(claim.phase), "words": claim_words(claim)}
            for claim in _claims(request, draft)
        ],
        "chosen": asked.get("chosen", asked.get(f"{purpose.value}_claim", "")),
        "sub_path": asked.get(f"{purpose.value}_sub_path", ""),
    }
    template = "wizard/_claims.html"
    return render(request, f"{template}#rows" if "table" in asked else template, context)


@login_required
@require_safe
def priority_classes(request: HtmxRequest, key: UUID) -> HttpResponse:
    draft_for(request, key)
    return _options(request, priority_class_names(request.user))


@login_required
@require_safe
def references(request: HtmxRequest, key: UUID) -> HttpResponse:
    """Names of the namespace's ConfigMaps or Secrets (`source`), or with `of` the keys of the one called so."""
    draft, source = draft_for(request, key), request.GET.get("source", "")
    if not draft.namespace or source not in set(FileSource):
        return _options(request, [])
    if "of" not in request.GET:
        return _options(request, object_names(request.user, FileSource(source), draft.namespace))
    name = request.GET["of"].strip(" ")
    return _options(request, object_keys(request.user, FileSource(source), draft.namespace, name) if name else [])


def _claims(request: HtmxRequest, draft: Draft) -> list[Claim]:
    """None of a namespace that the person does not see, or while nobody can be asked."""
    try:
        namespace_for(request.user, draft.namespace)
    except (Http404, ClusterUnavailable):
        return []
    sought, sort = request.GET.get("q", "").strip().lower(), request.GET.get("sort", "")
    found = [claim for claim in claims_in(draft.namespace) if sought in claim.name.lower() or sought in claim.uid]
    return sorted(found, key=_SORTS.get(sort.removeprefix("-"), _SORTS["name"]), reverse=sort.startswith("-"))


def _columns(sort: str) -> list[dict[str, object]]:
    """The heads of the table: a second press on one sorts the other way round."""
    return [
        {
            "title": title,
            "next": f"-{key}" if sort == key else key,
            "direction": {key: "asc", f"-{key}": "desc"}.get(sort, ""),
            "css_class": "text-end" if key == "capacity" else "",
        }
        for key, title in _TITLES.items()
    ]


def _options(request: HtmxRequest, names: list[str]) -> HttpResponse:
    return render(request, "wizard/_options.html", {"names": names})
