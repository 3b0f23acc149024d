"""The picker of the wizard's image: a dialog with three tabs, then the versions of one image. Fragments for htmx.

Nothing here waits for a registry: what is not known yet is asked for behind the page, which comes back for it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from console.cluster.resources import SECRET
from console.people.administration import is_console_admin
from console.registries.answers import Known
from console.registries.curated import OfficialImage, official_image, official_images
from console.registries.models import Kind, Tab
from console.registries.pull_secrets import pull_secrets_in
from console.registries.queries import (
    Page,
    Source,
    details_in,
    image_details,
    images_of,
    may_see_inside,
    source_for,
    sources_for,
    tags_of,
)
from console.registries.references import HUB_HOST, is_tag, parse_image, written
from console.web.requests import HtmxRequest
from namespaces.access import may, namespace_for

TITLES: Mapping[Tab, Promise] = {
    Tab.MINE: _("My images"),
    Tab.OFFICIAL: _("Docker official images"),
    Tab.SHARED: _("Shared images"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One registry of a tab. `page` is None where its images are not this person's to see."""

    source: Source
    page: Page | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A line of the table: a tag, and what is known of it."""

    tag: str
    reference: str
    known: Known

    @property
    def details(self) -> Any:
        return details_in(self.known)


@login_required
@require_safe
def image_picker(request: HtmxRequest) -> HttpResponse:
    """The dialog, on the tab that has most to offer. `namespace`: of the task; `field`: id of the input to fill."""
    namespace = _namespace(request)
    field = request.GET.get("field", "")
    tab = _tab(request) or (Tab.MINE if namespace and sources_for(request.user, namespace, Tab.MINE) else Tab.OFFICIAL)
    context = _panel(request, namespace, tab)
    context["field"] = field if field.replace("-", "").replace("_", "").isalnum() else "id_image"
    return render(request, "wizard/_image_picker.html", context)


@login_required
@require_safe
def image_panel(request: HtmxRequest) -> HttpResponse:
    """A tab; with `list` only its images, which search and refresh swap."""
    context = _panel(request, _namespace(request), _tab(request) or Tab.OFFICIAL)
    return render(request, "wizard/_image_list.html" if "list" in request.GET else "wizard/_image_panel.html", context)


@login_required
@require_safe
def image_section(request: HtmxRequest, pk: int) -> HttpResponse:
    """The images of one registry: a page of them, or whether they have come."""
    source = source_for(request.user, pk)
    section = _section(source, request, wait=True)
    context = {"section": section, "namespace": _namespace(request), "q": _sought(request)}
    return render(request, "wizard/_image_section.html", context)


@login_required
@require_safe
def image_versions(request: HtmxRequest) -> HttpResponse:
    """Versions of `repository` of the registry `source`; with `list` only the table."""
    namespace, repository = _namespace(request), request.GET.get("repository", "")
    official = official_image(repository)
    source = _source(request) or _official_source(request, official)
    if source is None and official is None:
        raise Http404
    context: dict[str, Any] = {
        "namespace": namespace,
        "source": source,
        "repository": repository,
        "official": official,
        "tab": source.registry.tab if source else Tab.OFFICIAL,
        "name": source.reference(repository) if source else written(HUB_HOST, repository),
        "q": _sought(request),
        "needs_secret": bool(source and source.registry.username),
    }
    context |= _versions(request, source, repository, official)
    return render(
        request, "wizard/_image_table.html" if "list" in request.GET else "wizard/_image_versions.html", context
    )


@login_required
@require_safe
def image_version(request: HtmxRequest) -> HttpResponse:
    """One line of the table, with its details: asked for when it is chosen, where each look counts (Docker Hub)."""
    source, repository, tag = _source(request), request.GET.get("repository", ""), request.GET.get("tag", "")
    if source is None or not is_tag(tag) or not may_see_inside(source):
        raise Http404
    (known,) = image_details(source, repository, [tag], ask=True).values()
    version = Version(tag=tag, reference=source.reference(repository, tag), known=known)
    context = {
        "version": version,
        "source": source,
        "repository": repository,
        "chosen": tag,
        "on_demand": True,
        "was_asked": True,
    }
    return render(request, "wizard/_image_version.html", context)


@login_required
@require_safe
def image_secrets(request: HtmxRequest) -> HttpResponse:
    """Pull Secrets of the namespace, those for the `image` first."""
    namespace = _namespace(request)
    image = parse_image(request.GET.get("image", "").strip())
    secrets = pull_secrets_in(request.user, namespace) if namespace else []
    offered = [
        {
            "name": secret.name,
            "hosts": secret.hosts,
            "fits": bool(image and secret.credentials_for(image.host, image.repository)),
        }
        for secret in secrets or ()
    ]
    offered.sort(key=lambda secret: not secret["fits"])
    context = {"secrets": offered, "known": secrets is not None, "namespace": namespace}
    return render(request, "wizard/_image_secrets.html", context)


# -- what the fragments show -------------------------------------------------------------------------------------------


def _panel(request: HtmxRequest, namespace: str, tab: Tab) -> dict[str, Any]:
    context: dict[str, Any] = {
        "namespace": namespace,
        "tabs": [(one.value, TITLES[one]) for one in Tab],
        "tab": tab,
        "q": _sought(request),
        "may_configure": bool(namespace) and may(request.user, "create", SECRET, namespace).allowed,
        "is_admin": is_console_admin(request.user),
    }
    if tab is Tab.OFFICIAL:
        return context | {"official": list(_official(context["q"]))}
    sources = sources_for(request.user, namespace, tab)
    return context | {"sections": [_section(source, request, wait=False) for source in sources]}


def _section(source: Source, request: HtmxRequest, *, wait: bool) -> Section:
    if not may_see_inside(source):
        return Section(source=source, page=None)
    insist = "insist" in request.GET
    return Section(source=source, page=images_of(source, _sought(request), _number(request), insist=insist, wait=wait))


def _versions(
    request: HtmxRequest, source: Source | None, repository: str, official: OfficialImage | None
) -> dict[str, Any]:
    """The lines, newest first; where no list is to be had, the suggested ones of the curated image."""
    suggested = official.tags if official else ()
    if source is None:
        lines = [Version(tag=tag, reference=written(HUB_HOST, repository, tag), known=Known()) for tag in suggested]
        return {"versions": lines, "chosen": suggested[0] if suggested else "", "is_suggestion": True}
    if not may_see_inside(source):
        raise Http404
    page = tags_of(source, repository, _sought(request), _number(request), insist="insist" in request.GET)
    is_suggestion = not page.known.value and bool(suggested)
    tags = suggested if is_suggestion else page.names
    on_demand = source.registry.kind == Kind.HUB  # it counts each look, and refuses after some
    details = image_details(source, repository, tags, ask=not on_demand and not is_suggestion)
    lines = [Version(tag=tag, reference=source.reference(repository, tag), known=details[tag]) for tag in tags]
    chosen = request.GET.get("chosen", "")
    return {
        "page": page,
        "versions": lines,
        "chosen": chosen if chosen in tags else (tags[0] if tags else ""),
        "is_suggestion": is_suggestion,
        "on_demand": on_demand,
        "is_asking": page.known.is_asking or (not on_demand and _is_incomplete(lines)),
    }


def _is_incomplete(lines: Iterable[Version]) -> bool:
    return any(line.known.value is None and line.known.trouble is None for line in lines)


def _official(sought: str) -> Iterable[OfficialImage]:
    for image in official_images():
        words = " ".join((image.repository, image.title, *image.descriptions.values())).lower()
        if sought.lower() in words:
            yield image


def _official_source(request: HtmxRequest, official: OfficialImage | None) -> Source | None:
    """The registry that the curated images come from, where an administrator left one."""
    sources = sources_for(request.user, "", Tab.OFFICIAL) if official else []
    return next((source for source in sources if source.registry.kind == Kind.HUB), None)


# -- what was asked for ------------------------------------------------------------------------------------------------


def _namespace(request: HtmxRequest) -> str:
    """The namespace that the person sees, or ""."""
    name = request.GET.get("namespace", "")
    try:
        return namespace_for(request.user, name).name if name else ""
    except Http404:
        return ""


def _source(request: HtmxRequest) -> Source | None:
    text = request.GET.get("source", "")
    return source_for(request.user, int(text)) if text.isascii() and text.isdecimal() and len(text) < 10 else None


def _tab(request: HtmxRequest) -> Tab | None:
    text = request.GET.get("tab", "")
    return Tab(text) if text in Tab.values else None


def _sought(request: HtmxRequest) -> str:
    return request.GET.get("q", "").strip()[:255]


def _number(request: HtmxRequest) -> int:
    text = request.GET.get("page", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else 1
