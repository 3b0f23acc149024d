from dataclasses import dataclass

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.views.decorators.http import require_http_methods

from console.cluster import ClusterUnavailable
from console.web.requests import HtmxRequest
from namespaces.access import NamespaceAccess, visible_namespaces
from tasks import actions, wording
from tasks.frameworks import FRAMEWORKS
from tasks.queries.cluster import served_frameworks
from tasks.specification import Code, Framework, error
from tasks.wizard import explanations, steps
from tasks.wizard.modes import mode_cards


@dataclass(frozen=True, slots=True)
class TypeCard:
    framework: Framework
    explanation: Promise
    is_served: bool
    reason: str  # why it cannot be chosen


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def wizard_start(request: HtmxRequest) -> HttpResponse:
    """Choose type and mode; POST makes the draft. The namespace is a proposal: the first step asks for it."""
    asked = request.POST if request.method == "POST" else request.GET
    cards = _type_cards()
    chosen = _chosen(asked.get("framework", ""), cards)
    namespace = _namespace(request, asked.get("namespace", ""))
    mode = chosen.framework.mode(asked.get("mode", ""))
    if request.method == "POST" and mode is not None and chosen.is_served:
        draft = actions.create_draft(
            by=request.user,
            framework=chosen.framework.key,
            mode=mode.key,
            namespace=namespace.name if namespace else "",
        )
        return redirect("wizard-step", draft.key, steps.BASICS.key)
    context = {
        "namespace": namespace,
        "types": cards,
        "chosen": chosen,
        "modes": mode_cards(chosen.framework),
        "mode": mode or chosen.framework.modes[0],
        "steps": [
            steps.StepMark(step, number, done=False, current=False, reachable=False)
            for number, step in enumerate(steps.STEPS, 1)
        ],
    }
    return render(request, "wizard/start.html", context, status=422 if request.method == "POST" else 200)


def _type_cards() -> list[TypeCard]:
    served = served_frameworks()
    return [
        TypeCard(
            framework,
            explanations.FRAMEWORKS[key],
            key in served,
            ""
            if key in served
            else wording.words_of(error(Code.FRAMEWORK_NOT_SERVED, "framework", kind=framework.resource.kind)),
        )
        for key, framework in FRAMEWORKS.items()
    ]


def _chosen(key: str, cards: list[TypeCard]) -> TypeCard:
    """The type that was asked for, else the first that is served."""
    asked = [card for card in cards if card.framework.key == key]
    return next(iter(asked), None) or next((card for card in cards if card.is_served), cards[0])


def _namespace(request: HtmxRequest, name: str) -> NamespaceAccess | None:
    """The one that was asked for, if the person sees it; else the only one there is."""
    try:
        visible = visible_namespaces(request.user)
    except ClusterUnavailable:
        return None
    if len(visible) == 1:
        return visible[0]
    return next((access for access in visible if access.name == name), None)
