from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from console.web.requests import HtmxRequest
from namespaces.access import NamespaceAccess
from tasks import wording
from tasks.flavors import catalogue
from tasks.frameworks import FRAMEWORKS, framework_of_kind
from tasks.frameworks.reading import Reading, read
from tasks.import_wording import words_of_fault
from tasks.importing import TEXT_MAX_BYTES, Document, Fault, parse_documents
from tasks.specification import Code, TaskSpec, totals
from tasks.specification.text import visible
from tasks.wizard.beginning import draft_of_spec, nearest_mode, places_for, to_first_open
from tasks.wizard.explanations import MODE_TITLES
from tasks.wizard.role_tab import KeptValue, kept_values
from tasks.wizard.task_facts import RoleLine, role_lines, volume_facts


@dataclass(frozen=True, slots=True)
class Choice:
    """One object of the text."""

    index: int
    document: Document
    is_task: bool  # of a kind that can be imported


@dataclass(frozen=True, slots=True)
class Refusal:
    """A part of the manifest that has no place in a task."""

    path: str
    line: int
    words: str


@dataclass(frozen=True, slots=True)
class Report:
    """What becomes of the chosen object."""

    spec: TaskSpec
    roles: list[RoleLine]
    totals: Mapping[str, int]
    mode_title: str
    unfit: str  # where its roles fit no training mode: what becomes of them; else ""
    kept: list[KeptValue]
    added: list[KeptValue]
    refused: list[Refusal]


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def import_manifest(request: HtmxRequest) -> HttpResponse:
    """Paste or upload a manifest, see what becomes of it, make a draft of it. The text stays, whatever is wrong."""
    places = places_for(request.user)
    if request.method != "POST":
        return _page(request, places, namespace=_origin(request, places))
    typed = _typed(request)
    parsed = parse_documents(typed)
    text = typed.decode("utf-8", "replace") if isinstance(typed, bytes) else typed
    if parsed.faults:
        return _page(request, places, namespace=_origin(request, places), text=text, faults=parsed.faults, status=422)
    choices = [_choice(index, document) for index, document in enumerate(parsed.documents)]
    chosen = _chosen(request, choices)
    if chosen is None:
        status = 200 if _tasks(choices) else 422
        return _page(request, places, namespace=_origin(request, places), text=text, choices=choices, status=status)
    reading = read(chosen.document.manifest, flavors=catalogue())
    namespace = _namespace(request, chosen.document, places)
    if request.POST.get("go") == "draft" and reading.spec is not None and namespace:
        draft = draft_of_spec(reading.spec, by=request.user, name=reading.spec.name, namespace=namespace)
        return to_first_open(draft)
    return _page(
        request,
        places,
        text=text,
        choices=choices,
        chosen=chosen,
        namespace=namespace,
        report=_report(chosen.document, reading),
    )


def _typed(request: HtmxRequest) -> str | bytes:
    """The file, where one was chosen, else the text. Of a file no more is read than shows that it is too large."""
    file = request.FILES.get("file")
    return file.read(TEXT_MAX_BYTES + 1) if file else request.POST.get("text", "")


def _choice(index: int, document: Document) -> Choice:
    framework = framework_of_kind(document.kind)
    is_task = framework is not None and framework.resource.api_version == document.api_version
    return Choice(index, document, is_task)


def _tasks(choices: Sequence[Choice]) -> list[Choice]:
    return [choice for choice in choices if choice.is_task]


def _chosen(request: HtmxRequest, choices: Sequence[Choice]) -> Choice | None:
    """The one that was asked for, if it is a task; else the only task there is."""
    tasks, asked = _tasks(choices), request.POST.get("document", "")
    found = next((choice for choice in tasks if str(choice.index) == asked and "file" not in request.FILES), None)
    return found or (tasks[0] if len(tasks) == 1 else None)


def _origin(request: HtmxRequest, places: Sequence[NamespaceAccess]) -> str:
    """The namespace whose page the person came from; "" where the address names none of theirs."""
    asked = request.GET.get("namespace", "")
    return asked if any(access.name == asked for access in places) else ""


def _namespace(request: HtmxRequest, document: Document, places: Sequence[NamespaceAccess]) -> str:
    """The one that was chosen, else the manifest's, else the one the person came from; "" where it is not theirs."""
    names = {access.name for access in places}
    asked = (request.POST.get("namespace", ""), document.namespace, request.GET.get("namespace", ""))
    return next((name for name in asked if name in names), "")


def _report(document: Document, reading: Reading) -> Report | None:
    spec = reading.spec
    if spec is None:
        return None
    refused = [
        Refusal(visible(finding.path), document.line_of(finding.path)[0], wording.words_of(finding))
        for finding in reading.refused
        if finding.code != Code.MODE_UNKNOWN or not spec.roles
    ]
    refused.sort(key=lambda part: part.line)
    title = MODE_TITLES.get(f"{spec.framework}.{spec.mode}", spec.mode)
    return Report(
        spec,
        role_lines(spec),
        totals(spec),
        str(title),
        "" if spec.mode or not spec.roles else _unfit(spec),  # nothing to say of no roles at all: that is refused
        kept_values(reading.kept),
        kept_values(reading.added),
        refused,
    )


def _unfit(spec: TaskSpec) -> str:
    """The roles are kept, and so is the draft: it only lacks something, or has something that does not take part."""
    mode, names = nearest_mode(spec), {role.name for role in spec.roles}
    missing = [shape.name for shape in mode.roles if shape.name not in names and not shape.optional]
    others = sorted(names - {shape.name for shape in mode.roles})
    sentences = [
        _("Its roles fit no training mode; the draft is one of “%(mode)s”.")
        % {"mode": MODE_TITLES[f"{spec.framework}.{mode.key}"]}
    ]
    if missing:
        sentences.append(_("Still to be filled in: %(roles)s.") % {"roles": ", ".join(missing)})
    if others:
        sentences.append(_("Left out: %(roles)s.") % {"roles": visible(", ".join(others))[:200]})
    return " ".join(sentences)


def _page(
    request: HtmxRequest,
    places: Sequence[NamespaceAccess],
    *,
    text: str = "",
    faults: Sequence[Fault] = (),
    choices: Sequence[Choice] = (),
    chosen: Choice | None = None,
    namespace: str = "",
    report: Report | None = None,
    status: int = 200,
) -> HttpResponse:
    context: dict[str, Any] = {
        "text": text,
        "problems": [(words_of_fault(fault), fault.line, _line(text, fault.line)) for fault in faults],
        "choices": choices,
        "task_choices": _tasks(choices),
        "chosen": chosen,
        "places": places,
        "chosen_namespace": namespace,
        "namespace": next((access for access in places if access.name == namespace), None),
        "foreign_namespace": chosen.document.namespace if chosen and chosen.document.namespace != namespace else "",
        "report": report,
        "framework": FRAMEWORKS[report.spec.framework] if report else None,
        "volumes": volume_facts(report.spec) if report else [],
        "maximum": TEXT_MAX_BYTES // 1024,
    }
    return render(request, "wizard/import.html", context, status=status)


def _line(text: str, number: int) -> str:
    """The line of a fault, cut to what a page can show."""
    lines = text.split("\n", number)
    return visible(lines[number - 1][:200]) if len(lines) >= number else ""
