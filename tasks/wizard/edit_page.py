"""The manifest by hand: what is written there becomes the draft, as far as the fields and what is kept can hold it."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from console.people.identity import identity_of
from console.web.requests import HtmxRequest
from tasks import actions, wording
from tasks.flavors import catalogue
from tasks.frameworks import FRAMEWORKS
from tasks.frameworks.reading import read
from tasks.import_wording import reason_of_fault
from tasks.importing import Document, parse_documents
from tasks.models import Draft
from tasks.queries.checked import checked_draft, checked_task
from tasks.specification import TaskSpec
from tasks.specification.entries import Typed
from tasks.specification.retyping import entries_of
from tasks.specification.text import visible
from tasks.wizard import steps
from tasks.wizard.manifest_text import yaml_of
from tasks.wizard.page import draft_for, frame, version_in
from tasks.wizard.problems import problems_of


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why the text is not taken over, and where; line 0 is the text as a whole."""

    words: str
    line: int = 0
    column: int = 0
    path: str = ""


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit_manifest(request: HtmxRequest, key: UUID) -> HttpResponse:
    draft = draft_for(request, key)
    if draft.is_submitted:
        return redirect("wizard-step", draft.key, steps.DONE.key)
    if request.method == "POST":
        return _take_over(request, draft)
    checked = checked_draft(draft)
    if checked.blocking:  # there is no manifest as long as a field is wrong; the confirm page says which
        return redirect("wizard-step", draft.key, steps.CONFIRM.key)
    return _page(request, draft, yaml_of(checked.spec, checked.framework, owner=identity_of(request.user).user))


def _take_over(request: HtmxRequest, draft: Draft) -> HttpResponse:
    text = request.POST.get("manifest", "")
    spec, refusals = _read(text, draft)
    if spec is not None and not refusals:  # what the fields would refuse stays here, where it can be mended by hand
        blocking = checked_task(Typed(spec), by=draft.owner).blocking
        refusals = [Refusal(f"{problem.label}: {problem.words}") for problem in problems_of(blocking)]
    if spec is None or refusals:
        return _page(request, draft, text, refusals=refusals, status=422)
    try:
        actions.rewrite_draft(draft, mode=spec.mode, entries=entries_of(spec), version=version_in(request))
    except actions.StaleDraft:
        changed = Refusal(_("The draft was changed in another window meanwhile. What you wrote here is still below."))
        draft.refresh_from_db()
        return _page(request, draft, text, refusals=[changed], status=409)
    return redirect("wizard-step", draft.key, steps.CONFIRM.key)


def _read(text: str, draft: Draft) -> tuple[TaskSpec | None, list[Refusal]]:
    parsed = parse_documents(text.replace("\r\n", "\n"))
    if parsed.faults:
        return None, [Refusal(reason_of_fault(fault), fault.line, fault.column) for fault in parsed.faults]
    if len(parsed.documents) != 1:
        return None, [Refusal(_("Leave one object in it: this draft is one task."))]
    document, kind = parsed.documents[0], FRAMEWORKS[draft.framework].resource.kind
    if document.kind != kind:
        return None, [_refusal(document, "kind", _("The draft is a %(kind)s and stays one.") % {"kind": kind})]
    reading = read(document.manifest, flavors=catalogue())
    found = [_refusal(document, finding.path, wording.words_of(finding)) for finding in reading.refused]
    return reading.spec, found


def _refusal(document: Document, path: str, words: str) -> Refusal:
    line, column = document.line_of(path)
    return Refusal(words, line, column, visible(path))


def _page(
    request: HtmxRequest, draft: Draft, text: str, *, refusals: list[Refusal] | None = None, status: int = 200
) -> HttpResponse:
    context: dict[str, Any] = {**frame(draft, steps.CONFIRM), "text": text, "refusals": refusals or []}
    return render(request, "wizard/edit_manifest.html", context, status=status)
