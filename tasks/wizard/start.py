from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
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
from tasks.models import TaskTemplate
from tasks.queries.cluster import served_frameworks
from tasks.queries.facts import ASKED_MAX
from tasks.queries.templates import templates_in
from tasks.specification import Code, Framework, error
from tasks.wizard import explanations, steps
from tasks.wizard.modes import mode_cards

TEMPLATES_SHOWN = 24  # a namespace's own list has all of them


@dataclass(frozen=True, slots=True)
class TypeCard:
    framework: Framework
    explanation: Promise
    is_served: bool
    reason: str  # why it cannot be chosen


@dataclass(frozen=True, slots=True)
class TemplateLine:
    template: TaskTemplate
    namespace: NamespaceAccess


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def wizard_start(request: HtmxRequest) -> HttpResponse:
    """Choose type and mode, or a template; POST makes the draft. The namespace is a proposal: the first step asks."""
    asked = request.POST if request.method == "POST" else request.GET
    cards = _type_cards()
    chosen = _chosen(asked.get("framework", ""), cards)
    visible = _visible(request)
    namespace, may_create = _namespace(visible, asked.get("namespace", "")), may_create_somewhere(visible)
    mode = chosen.framework.mode(asked.get("mode", ""))
    if request.method == "POST" and mode is not None and chosen.is_served and may_create is not False:
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
        "visible": visible,
        "may_create": may_create,
        "templates": _template_lines(visible or [], namespace),
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


def may_create_somewhere(visible: Sequence[NamespaceAccess] | None) -> bool | None:
    """Whether one of these namespaces takes tasks of the person; None: nobody could tell, or they are too many."""
    asked = (visible or [])[:ASKED_MAX]
    if any(access.can_create for access in asked):
        return True
    is_known = visible is not None and len(visible) == len(asked) and not any(access.uncertain for access in asked)
    return False if is_known else None


def _visible(request: HtmxRequest) -> list[NamespaceAccess] | None:
    """Of the classes for tasks. None: nobody could tell."""
    try:
        return [access for access in visible_namespaces(request.user) if access.class_name in settings.TASK_CLASSES]
    except ClusterUnavailable:
        return None


def _namespace(visible: Sequence[NamespaceAccess] | None, name: str) -> NamespaceAccess | None:
    """The one that was asked for, if the person sees it; else the only one there is."""
    if visible and len(visible) == 1:
        return visible[0]
    return next((access for access in visible or [] if access.name == name), None)


def _template_lines(visible: Sequence[NamespaceAccess], first: NamespaceAccess | None) -> list[TemplateLine]:
    """Of all namespaces that the person sees; those of the namespace that is proposed come first."""
    by_name = {access.name: access for access in visible}
    found = templates_in(by_name)
    found.sort(key=lambda template: first is None or template.namespace != first.name)
    return [TemplateLine(template, by_name[template.namespace]) for template in found[:TEMPLATES_SHOWN]]
