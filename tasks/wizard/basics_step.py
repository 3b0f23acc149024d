from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.conf import settings
from django.forms import BoundField
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from console.index.models import Claim
from tasks.models import Draft
from tasks.queries.cluster import claims_in, cluster_dns
from tasks.specification import Facts, Finding, NamespaceFact, VolumePurpose
from tasks.specification.entries import lines
from tasks.specification.rules import DESCRIPTION_MAX
from tasks.wizard.drawn_field import Choice, Line, Lines
from tasks.wizard.explanations import VOLUMES
from tasks.wizard.forms import CODE, EntryForm, focus_first
from tasks.wizard.namespace_change import is_held_back

_EXAMPLES = {VolumePurpose.DATA: "/data", VolumePurpose.OUTPUT: "/output", VolumePurpose.LOG: "/logs"}


def _volume_fields(purpose: VolumePurpose) -> dict[str, forms.Field]:
    def label(part: Promise) -> Any:
        return format_lazy("{} · {}", VOLUMES[purpose.value], part)

    return {
        f"{purpose.value}_claim": forms.CharField(label=label(_("Claim")), required=False, widget=Choice),
        f"{purpose.value}_sub_path": forms.CharField(
            label=label(_("Path in the claim")), required=False, widget=Line(attrs=CODE)
        ),
        f"{purpose.value}_mount_path": forms.CharField(
            label=label(_("Mount path in the container")),
            required=False,
            widget=Line(attrs={**CODE, "placeholder": format_lazy(_("for example {}"), _EXAMPLES[purpose])}),
        ),
    }


class _Basics(EntryForm):
    name = forms.CharField(
        label=_("Task name"),
        help_text=_(
            "Lowercase letters, digits and hyphens; starts with a letter, does not end with a hyphen; up to 24."
        ),
        widget=Line(attrs=CODE),
    )
    namespace = forms.CharField(label=_("Namespace"), widget=Choice)
    description = forms.CharField(
        label=_("Description"),
        required=False,
        widget=Lines(attrs={"rows": 2, "data-count-max": DESCRIPTION_MAX}),
    )
    image = forms.CharField(
        label=_("Image"),
        help_text=_("registry/repository:tag, or @digest. Without a registry it comes from Docker Hub."),
        widget=Line(attrs=CODE),
    )
    pull_secrets = forms.CharField(
        label=_("Pull secrets"),
        required=False,
        widget=Lines(attrs={"rows": 1, **CODE}),
        help_text=_("Names of Secrets of the namespace, one a line: for images that are not public."),
    )


# Step 1: what the task is called, where it runs, its image and its data.
BasicsForm: type[EntryForm] = type(
    "BasicsForm",
    (_Basics,),
    {name: field for purpose in VolumePurpose for name, field in _volume_fields(purpose).items()},
)


@dataclass(frozen=True, slots=True)
class VolumeFields:
    """One entry of the training data, as the page draws it."""

    purpose: str
    title: Promise
    claim: BoundField
    sub_path: BoundField
    mount_path: BoundField


def field_of(path: str) -> str:
    """The form field of a finding's path: "volumes.data.claim", "pull_secrets.0"."""
    group, _dot, rest = path.partition(".")
    if group == "volumes":
        return rest.replace(".", "_")
    return group if group == "pull_secrets" else path


def read_post(draft: Draft, posted: Mapping[str, str]) -> dict[str, Any]:
    """What was typed. A new namespace is not taken while something depends on the old one: that is asked first."""
    entries: dict[str, Any] = dict(BasicsForm.entries_in(posted))
    entries["pull_secrets"] = [name.strip(" ") for name in lines(entries["pull_secrets"])]
    if is_held_back(draft, entries):
        entries["namespace"] = draft.namespace
    return entries


def context(draft: Draft, facts: Facts, findings: Iterable[Finding]) -> dict[str, Any]:
    """The form with its findings; `volumes` are its fields about training data, grouped."""
    entries = dict(draft.entries.get("basics", {}))
    entries["pull_secrets"] = "\n".join(entries.get("pull_secrets") or [])
    form = BasicsForm(entries)
    _offer_namespaces(form, facts.namespaces or {})
    claims = claims_in(draft.namespace) if draft.namespace in (facts.namespaces or {}) else []
    choices = [("", "–"), *((claim.name, claim_words(claim)) for claim in claims)]
    for purpose in VolumePurpose:
        _offer(form, f"{purpose.value}_claim", choices)
    for finding in findings:
        form.place(field_of(finding.path), finding)
    focus_first([form])
    return {
        "form": form,
        "volumes": [_volume(form, purpose) for purpose in VolumePurpose],
        "has_claims": bool(claims),
        "dns": cluster_dns(),
        "local_images": settings.LOCAL_IMAGES,
        "may_choose": facts.namespaces is not None,
    }


def claim_words(claim: Claim) -> str:
    """A claim in one line: its name first, then what tells it from others."""
    about = [claim.capacity, ", ".join(claim.access_modes), claim.storage_class]
    return " · ".join(filter(None, [claim.name, *about, phase_words(claim.phase)]))


def phase_words(phase: str) -> str:
    return {"Bound": gettext("bound"), "Pending": gettext("not bound yet"), "Lost": gettext("volume lost")}.get(
        phase, phase
    )


def _offer_namespaces(form: EntryForm, namespaces: Mapping[str, NamespaceFact]) -> None:
    _offer(form, "namespace", [("", "–"), *((name, _namespace_words(fact)) for name, fact in namespaces.items())])
    widget = form.fields["namespace"].widget
    widget.disabled = frozenset(name for name, fact in namespaces.items() if not (fact.may_create and fact.active))


def _namespace_words(fact: NamespaceFact) -> str:
    if not fact.active:
        return gettext("%(namespace)s · being deleted") % {"namespace": fact.name}
    if not fact.may_create:
        return gettext("%(namespace)s · normal, you may only look") % {"namespace": fact.name}
    return gettext("%(namespace)s · normal") % {"namespace": fact.name}


def _offer(form: EntryForm, field: str, choices: list[tuple[str, str]]) -> None:
    """The choices, and what was chosen before even if it is not among them any more: it is shown as an error."""
    chosen = str(form.data.get(field) or "")
    missing = [(chosen, chosen)] if chosen and all(chosen != key for key, _words in choices) else []
    form.fields[field].widget.choices = [*choices, *missing]


def _volume(form: EntryForm, purpose: VolumePurpose) -> VolumeFields:
    key = purpose.value
    return VolumeFields(
        key, VOLUMES[purpose.value], form[f"{key}_claim"], form[f"{key}_sub_path"], form[f"{key}_mount_path"]
    )
