from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from console.people.identity import identity_of
from console.web.requests import HtmxRequest
from tasks import actions
from tasks.models import Draft, Operation
from tasks.preflight import WEIGHED, Outcome, run_all
from tasks.queries.checked import CheckedDraft, checked_draft
from tasks.queries.operations import operation_of
from tasks.specification import Finding, totals
from tasks.wizard import steps
from tasks.wizard.manifest_text import yaml_of
from tasks.wizard.page import draft_for, frame, version_in
from tasks.wizard.preflight_page import lines_of, subject_of
from tasks.wizard.problems import problems_of
from tasks.wizard.task_facts import role_lines, volume_facts


def page(
    request: HtmxRequest, draft: Draft, *, status: int = 200, outcomes: list[Outcome] | None = None, **extra: Any
) -> HttpResponse:
    """Everything that was chosen, what the rules say about it, the pre-flight, and the manifest."""
    checked = checked_draft(draft)
    owner = identity_of(request.user).user
    context = {
        **frame(draft, steps.CONFIRM),
        "spec": checked.spec,
        "roles": role_lines(checked.spec),
        "volumes": volume_facts(checked.spec),
        "totals": totals(checked.spec),
        "blocking": problems_of(checked.blocking),
        "warnings": problems_of(_worth_knowing(checked)),
        "preflight": [] if checked.blocking else lines_of(outcomes),
        "manifest": "" if checked.blocking else yaml_of(checked.spec, checked.framework, owner=owner),
        "key": uuid4(),
        **extra,
    }
    return render(request, "wizard/confirm.html", context, status=status)


def _worth_knowing(checked: CheckedDraft) -> Iterator[Finding]:
    """What the rules warn of. What is a matter of the pre-flight stands there, once there is one."""
    for finding in checked.findings:
        if not finding.blocking and (checked.blocking or finding.code not in WEIGHED):
            yield finding


def submit(request: HtmxRequest, draft: Draft) -> HttpResponse:
    """Ask for it, once: the page's key makes a double click, a reload and a second try the same wish."""
    try:
        key = UUID(request.POST.get("key", ""))
    except ValueError:
        raise BadRequest from None
    if version_in(request) != draft.version:
        return page(request, draft, status=409, is_stale=True)
    try:
        actions.request_submit(draft, by=request.user, key=key)
    except actions.NotReady:
        return page(request, draft, status=422)
    except (actions.StaleDraft, actions.KeyReused):
        return page(request, draft, status=409, is_stale=True)
    return redirect("wizard-step", draft.key, steps.DONE.key)


@login_required
@require_safe
def preflight(request: HtmxRequest, key: UUID) -> HttpResponse:
    """Where scripts are off: the whole page with everything asked for at once."""
    draft = draft_for(request, key)
    checked = checked_draft(draft)
    return page(request, draft, outcomes=[] if checked.blocking else run_all(subject_of(checked, request)))


@login_required
@require_safe
def download_manifest(request: HtmxRequest, key: UUID) -> HttpResponse:
    """The manifest as a file; 409 while something blocks, since there is none then."""
    draft = draft_for(request, key)
    checked = checked_draft(draft)
    if checked.blocking:
        return page(request, draft, status=409)
    text = yaml_of(checked.spec, checked.framework, owner=identity_of(request.user).user)
    disposition = f'attachment; filename="{checked.spec.name}.yaml"'
    return HttpResponse(text, content_type="application/yaml", headers={"Content-Disposition": disposition})


def done(request: HtmxRequest, draft: Draft) -> HttpResponse:
    """What became of the submit; the fragment asks again each second while it is open."""
    if draft.operation is None:
        return redirect("wizard-step", draft.key, steps.CONFIRM.key)
    context = {**frame(draft, steps.DONE), "operation": draft.operation}
    template = "wizard/_outcome.html" if request.htmx else "wizard/done.html"
    return render(request, template, context)


@login_required
@require_POST
def decide_operation(request: HtmxRequest, key: UUID) -> HttpResponse:
    """The answer to an operation that waits for one: `answer` is "do" or "withdraw"."""
    operation = operation_of(request.user, key)
    if operation is None:
        raise Http404
    if request.POST.get("answer") == "do":
        actions.confirm_operation(operation, by=request.user)
    else:
        actions.withdraw_operation(operation, by=request.user)
    draft = Draft.objects.filter(operation=operation, owner=request.user).first()
    if draft is not None and operation.verb == Operation.Verb.SUBMIT:
        return redirect("wizard-step", draft.key, steps.DONE.key)
    return redirect("task-list", operation.namespace)
