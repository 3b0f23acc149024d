"""Saves that no button asks for: static/js/autosave.js sends the step's form while somebody types."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse

from tasks import actions
from tasks.models import Draft
from tasks.wizard.steps import Step

VERSION_HEADER = "X-Draft-Version"  # the one that the next save has to name
SAVE = "save"  # what the form's "go" says


def save_quietly(draft: Draft, step: Step, entries: Mapping[str, Any], *, version: int) -> HttpResponse:
    """204 with the draft's new version; 409 with the newest one, and nothing written, where another window was quicker.

    A step that was done stays done: what is wrong in it by now is told when somebody comes to the last step.
    """
    try:
        actions.save_step(draft, step=step.key, entries=entries, version=version, done=None)
    except actions.StaleDraft:
        draft.refresh_from_db(fields=["version"])
        return conflict(draft)
    return HttpResponse(status=204, headers={VERSION_HEADER: str(draft.version)})


def conflict(draft: Draft) -> HttpResponse:
    """409, with "submitted" for a version where there is nothing to save to any more."""
    version = "submitted" if draft.is_submitted else str(draft.version)
    return HttpResponse(status=409, headers={VERSION_HEADER: version})
