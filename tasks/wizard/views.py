"""One address a step. GET shows what is in the draft; POST keeps what was typed, then judges it."""

from types import ModuleType
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from console.web.requests import HtmxRequest
from tasks import actions, wording
from tasks.frameworks import FRAMEWORKS
from tasks.models import Draft
from tasks.queries.checked import CheckedDraft, checked_draft
from tasks.queries.names import NameStanding, name_standing
from tasks.specification import Code, error
from tasks.specification.names import check_name
from tasks.wizard import advanced_step, basics_step, confirm_step, namespace_change, roles_step, steps
from tasks.wizard.autosave import SAVE, VERSION_HEADER, conflict, save_quietly
from tasks.wizard.beginning import to_first_open
from tasks.wizard.discard import unreadable
from tasks.wizard.modes import mode_cards
from tasks.wizard.page import draft_for, frame, version_in
from tasks.wizard.problems import problems_of
from tasks.wizard.steps import STEPS, Step, step_of, stepper

_MODULES: dict[str, ModuleType] = {
    steps.BASICS.key: basics_step,
    steps.ROLES.key: roles_step,
    steps.ADVANCED.key: advanced_step,
}


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def wizard_step(request: HtmxRequest, key: UUID, step: str) -> HttpResponse:
    draft = draft_for(request, key, readable=False)
    found = next((known for known in STEPS if known.key == step), None)
    if found is None:
        raise Http404
    if draft.is_unreadable:
        return unreadable(request, draft)
    if draft.is_submitted and request.POST.get("go") == SAVE:
        return conflict(draft)
    if draft.is_submitted and found is not steps.DONE:
        return redirect("wizard-step", draft.key, steps.DONE.key)
    if found is steps.DONE:
        return confirm_step.done(request, draft)
    if request.method == "POST":
        return confirm_step.submit(request, draft) if found is steps.CONFIRM else _keep(request, draft, found)
    reachable = {mark.step for mark in stepper(draft, found) if mark.reachable}
    if found not in reachable:
        return to_first_open(draft)
    if found is steps.CONFIRM:
        return confirm_step.page(request, draft)
    # Beside fields that nobody has left yet, only what is worth knowing is said; that they are empty is no error.
    return _page(request, draft, found, complain=found.key in draft.steps_done or request.GET.get("show") == "errors")


def _keep(request: HtmxRequest, draft: Draft, step: Step) -> HttpResponse:
    """Save first, whatever it is worth; then go where the button says, unless "next" finds something blocking."""
    entries = _MODULES[step.key].read_post(draft, request.POST)
    if request.POST.get("go") == SAVE:
        return save_quietly(draft, step, entries, version=version_in(request))
    try:
        return _keep_and_go(request, draft, step, entries)
    except actions.StaleDraft:
        return stale(request, draft, step, entries)


def _keep_and_go(request: HtmxRequest, draft: Draft, step: Step, entries: dict[str, Any]) -> HttpResponse:
    """Raises StaleDraft, also where another window is quicker between two of the writes."""
    posted, version = request.POST, version_in(request)
    if step is steps.BASICS and (namespace := posted.get("switch")):
        changed = namespace_change.moved({**draft.entries, step.key: entries}, namespace, away_from=draft.namespace)
        actions.move_draft(draft, changed, version=version)
        return redirect("wizard-step", draft.key, step.key)
    go = "stay" if _press(step, draft, entries, posted) else posted.get("go", "next")
    # A step that was left by "next" stays done until "next" finds something in it; the last step looks again anyway.
    actions.save_step(draft, step=step.key, entries=entries, version=version, done=False if go == "next" else None)
    if step is steps.ADVANCED and "drop-kept" in posted:
        actions.save_step(draft, step="kept", entries={}, version=draft.version, done=None)
    if step is steps.BASICS and (wanted := posted.get("namespace", "")) and wanted != entries["namespace"]:
        return _page(request, draft, step, complain=False, extra=namespace_change.question(draft, wanted))
    if mode := posted.get("mode", ""):
        return _switch(draft, mode)
    if earlier := _earlier(step, go):
        return redirect("wizard-step", draft.key, earlier.key)
    if go == "stay":
        return _page(request, draft, step, complain=False)
    checked = checked_draft(draft)
    if any(step_of(finding) is step for finding in checked.blocking):
        return _page(request, draft, step, complain=True, checked=checked, status=422)
    actions.finish_step(draft, step.key)
    return redirect("wizard-step", draft.key, STEPS[STEPS.index(step) + 1].key)


def _press(step: Step, draft: Draft, entries: dict[str, Any], posted: QueryDict) -> bool:
    """Whether a button inside the page was pressed; what it asks for is done in the entries of the step."""
    if step is steps.ROLES:
        return roles_step.press(draft, entries, posted)
    return step is steps.ADVANCED and "drop-kept" in posted


def _earlier(step: Step, go: str) -> Step | None:
    """The step before this one that a button leads to ("back", or its key): nothing keeps a person from going back."""
    before = STEPS[: STEPS.index(step)]
    return before[-1] if go == "back" and before else next((known for known in before if known.key == go), None)


def _switch(draft: Draft, mode: str) -> HttpResponse:
    if FRAMEWORKS[draft.framework].mode(mode) is None:
        raise Http404
    actions.switch_mode(draft, mode, version=draft.version)
    return redirect("wizard-step", draft.key, steps.ROLES.key)


def _page(
    request: HtmxRequest,
    draft: Draft,
    step: Step,
    *,
    complain: bool,
    checked: CheckedDraft | None = None,
    status: int = 200,
    extra: dict[str, Any] | None = None,
) -> HttpResponse:
    checked = checked or checked_draft(draft)
    here = [finding for finding in checked.findings if step_of(finding) is step]
    said = here if complain else [finding for finding in here if not finding.blocking]
    if step is steps.ROLES:
        own = roles_step.context(draft, checked.facts, said, all_findings=checked.findings)
        own["modes"] = mode_cards(FRAMEWORKS[draft.framework])
    else:
        own = _MODULES[step.key].context(draft, checked.facts, said)
    context = {
        **frame(draft, step),
        **own,
        "problems": problems_of(finding for finding in said if finding.blocking),
        **(extra or {}),
    }
    page = render(request, f"wizard/{step.key}.html", context, status=status)
    page.headers[VERSION_HEADER] = str(draft.version)
    return page


def stale(request: HtmxRequest, draft: Draft, step: Step, entries: dict[str, Any]) -> HttpResponse:
    """409: another window was quicker. The page shows what was typed here, and asks which of the two shall stay."""
    draft.refresh_from_db()
    if draft.is_submitted:
        return redirect("wizard-step", draft.key, steps.DONE.key)
    draft.entries = {**draft.entries, step.key: entries}  # not saved
    return _page(request, draft, step, complain=False, status=409, extra={"is_stale": True})


@login_required
@require_safe
def role_states(request: HtmxRequest, key: UUID) -> HttpResponse:
    """Fragments that take the places of the states in the tabs of step 2."""
    draft = draft_for(request, key)
    states = roles_step.states_of(draft, checked_draft(draft).findings)
    return render(request, "wizard/_role_states.html", {"states": states.items()})


@login_required
@require_safe
def name_check(request: HtmxRequest, key: UUID) -> HttpResponse:
    """The name while it is being typed: a fragment that says whether it may be used."""
    draft = draft_for(request, key)
    name = request.GET.get("name", "").strip(" ")[:100]
    namespace = request.GET.get("namespace", draft.namespace)
    findings, standing = check_name(name), None
    if name and namespace and not findings:
        standing = name_standing(request.user, namespace, name)
        if standing is NameStanding.TAKEN:
            findings = [error(Code.NAME_TAKEN, "name", name=name)]
    words = [wording.words_of(finding) for finding in findings] if name else []
    return render(request, "wizard/_name_check.html", {"problems": words, "standing": standing or ""})
