from typing import Any
from uuid import UUID, uuid4

import yaml
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from console.cluster import ClusterError, ClusterUnavailable, connect
from console.people.identity import identity_of
from console.web.requests import HtmxRequest
from tasks import actions
from tasks.frameworks.building import build
from tasks.models import Draft, Operation
from tasks.queries.checked import CheckedDraft, checked_draft
from tasks.queries.operations import operation_of
from tasks.specification import TaskSpec, totals
from tasks.wizard import steps
from tasks.wizard.explanations import CLEAN_UP
from tasks.wizard.page import draft_for, frame, version_in
from tasks.wizard.problems import problems_of

# Stands in the manifest that is shown and tried out; the real one has the key of the operation.
_NO_OPERATION = "00000000-0000-0000-0000-000000000000"


def page(request: HtmxRequest, draft: Draft, *, status: int = 200, **extra: Any) -> HttpResponse:
    """Everything that was chosen, what the rules say about it, and the manifest."""
    checked = checked_draft(draft)
    context = {
        **frame(draft, steps.CONFIRM),
        "spec": checked.spec,
        "clean_up": CLEAN_UP[checked.spec.run_policy.clean_pod_policy.value],
        "roles": _roles(checked.spec),
        "totals": totals(checked.spec),
        "blocking": problems_of(checked.blocking),
        "warnings": problems_of(finding for finding in checked.findings if not finding.blocking),
        "manifest": "" if checked.blocking else _yaml(checked, request),
        "key": uuid4(),
        **extra,
    }
    return render(request, "wizard/confirm.html", context, status=status)


def submit(request: HtmxRequest, draft: Draft) -> HttpResponse:
    """Ask for it, once: the page's key makes a double click, a reload and a second try the same wish."""
    try:
        key = UUID(request.POST.get("key", ""))
    except ValueError:
        return HttpResponseBadRequest()
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
    """What the cluster itself says to this very manifest, without keeping it: a dry run as the person.

    A fragment; where scripts are off, the whole page with it.
    """
    draft = draft_for(request, key)
    checked = checked_draft(draft)
    context: dict[str, Any] = {"draft": draft}
    if checked.blocking:
        context["state"] = "blocked"
    else:
        context |= _dry_run(checked, request)
    if not request.htmx:
        return page(request, draft, preflight=context)
    return render(request, "wizard/_preflight.html", context)


def _dry_run(checked: CheckedDraft, request: HtmxRequest) -> dict[str, Any]:
    identity = identity_of(request.user)
    manifest = build(checked.spec, operation=_NO_OPERATION, owner=identity.user)
    try:
        connect(acting_as=identity).create(checked.framework.resource, manifest, dry_run=True)
    except ClusterUnavailable as exc:
        return {"state": "away", "message": str(exc)}
    except ClusterError as exc:
        return {"state": "refused", "message": str(exc), "causes": exc.causes}
    return {"state": "accepted"}


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
        return HttpResponse(status=404)
    if request.POST.get("answer") == "do":
        actions.confirm_operation(operation, by=request.user)
    else:
        actions.withdraw_operation(operation, by=request.user)
    draft = Draft.objects.filter(operation=operation, owner=request.user).first()
    if draft is not None and operation.verb == Operation.Verb.SUBMIT:
        return redirect("wizard-step", draft.key, steps.DONE.key)
    return redirect("task-list", operation.namespace)


def _roles(spec: TaskSpec) -> list[dict[str, Any]]:
    return [
        {
            "role": role,
            "cpu_millicores": role.replicas * role.flavor.cpu_millicores if role.flavor else 0,
            "memory_mib": role.replicas * role.flavor.memory_mib if role.flavor else 0,
            "gpus": role.replicas * role.flavor.gpus if role.flavor else 0,
        }
        for role in spec.roles
    ]


def _yaml(checked: CheckedDraft, request: HtmxRequest) -> str:
    manifest = build(checked.spec, operation=_NO_OPERATION, owner=identity_of(request.user).user)
    del manifest["metadata"]["labels"]["trainyard.io/operation"]  # a new one comes with the submit
    for role in manifest["spec"][checked.framework.roles_field].values():
        del role["template"]["metadata"]["labels"]["trainyard.io/operation"]
    text: str = yaml.dump(manifest, Dumper=_PlainDumper, sort_keys=False, allow_unicode=True, width=120)
    return text


class _PlainDumper(yaml.SafeDumper):
    """Without anchors: our importer, like others, refuses them."""

    def ignore_aliases(self, data: Any) -> bool:
        return True
