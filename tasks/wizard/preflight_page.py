"""The pre-flight on the confirm page: a line a check, each asked for by itself, so that a slow one holds nobody up."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from console.web.requests import HtmxRequest
from tasks.preflight import CHECKS, Check, Outcome, Subject, check_named, run_check, subject_for
from tasks.queries.checked import CheckedDraft, checked_draft
from tasks.wizard.page import draft_for
from tasks.wizard.problems import Problem, problems_of


@dataclass(frozen=True, slots=True)
class Line:
    """One check on the page; `outcome` is None as long as it has not been asked for."""

    check: Check
    outcome: Outcome | None = None

    @property
    def problems(self) -> list[Problem]:
        return problems_of(self.outcome.findings) if self.outcome else []


def lines_of(outcomes: list[Outcome] | None = None) -> list[Line]:
    """All lines in order: with their outcomes, or to be asked for by the page."""
    by_check = {outcome.check: outcome for outcome in outcomes or []}
    return [Line(check, by_check.get(check.key)) for check in CHECKS]


def subject_of(checked: CheckedDraft, request: HtmxRequest) -> Subject:
    return subject_for(checked.spec, checked.facts, checked.framework, by=request.user)


@login_required
@require_safe
def preflight_line(request: HtmxRequest, key: UUID, check: str) -> HttpResponse:
    """A fragment: what one check has to say about the draft as it is now."""
    draft = draft_for(request, key)
    asked = check_named(check)
    if asked is None:
        raise Http404
    checked = checked_draft(draft)
    context: dict[str, Any] = {"draft": draft, "is_blocked": bool(checked.blocking)}
    context["line"] = Line(asked, None if checked.blocking else run_check(asked, subject_of(checked, request)))
    return render(request, "wizard/_preflight_line.html", context)
