from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from console.web.htmx import render_page
from console.web.requests import HtmxRequest
from tasks import actions
from tasks.models import Draft
from tasks.wizard.page import draft_for


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def delete_draft(request: HtmxRequest, key: UUID) -> HttpResponse:
    """GET asks whether to throw it away, POST does. Where it was submitted, only the draft goes, not the task."""
    draft = draft_for(request, key, readable=False)
    if request.method == "POST":
        actions.delete_draft(draft)
        said = _("The draft %(name)s was discarded.") if draft.listed_name else _("The draft was discarded.")
        messages.info(request, said % {"name": draft.listed_name})
        return redirect("task-list", draft.listed_namespace) if draft.listed_namespace else redirect("home")
    return render_page(request, "wizard/discard.html", {"draft": draft}, fragment="question")


def unreadable(request: HtmxRequest, draft: Draft) -> HttpResponse:
    """In place of every step of a draft whose key is gone."""
    return render(request, "wizard/unreadable.html", {"draft": draft}, status=410)
