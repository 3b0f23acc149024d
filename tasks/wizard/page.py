"""What every step's page needs."""

from typing import Any
from uuid import UUID

from django.http import Http404

from console.cluster import ClusterUnavailable
from console.web.requests import HtmxRequest
from namespaces.access import NamespaceAccess, namespace_for
from tasks.frameworks import FRAMEWORKS
from tasks.models import Draft
from tasks.queries.drafts import draft_of
from tasks.wizard.explanations import MODE_TITLES
from tasks.wizard.steps import FILLED_IN, Step, stepper


def draft_for(request: HtmxRequest, key: UUID, *, readable: bool = True) -> Draft:
    """Raises Http404, also for somebody else's draft, and for one whose key is gone unless `readable` is False."""
    draft = draft_of(request.user, key)
    if draft is None or draft.framework not in FRAMEWORKS or (readable and draft.is_unreadable):
        raise Http404
    return draft


def frame(draft: Draft, step: Step) -> dict[str, Any]:
    """What every step's page has."""
    framework = FRAMEWORKS[draft.framework]
    return {
        "draft": draft,
        "namespace": _namespace(draft),
        "framework": framework,
        "mode_title": MODE_TITLES.get(f"{draft.framework}.{draft.mode}", draft.mode),
        "mode": framework.mode(draft.mode) or framework.modes[0],
        "step": step,
        "steps": stepper(draft, step),
        "has_fields": step in FILLED_IN,
    }


def version_in(request: HtmxRequest) -> int:
    text = request.POST.get("version", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0


def _namespace(draft: Draft) -> NamespaceAccess | None:
    """For the top bar; None as long as none is chosen, or nobody can be asked."""
    try:
        return namespace_for(draft.owner, draft.namespace) if draft.namespace else None
    except (Http404, ClusterUnavailable):
        return None
