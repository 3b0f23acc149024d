from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from tasks.models import Draft
from tasks.queries.cluster import claims_in
from tasks.specification import Facts, Finding
from tasks.specification.names import NAME_MAX
from tasks.specification.rules import DESCRIPTION_MAX
from tasks.wizard.forms import EntryForm, focus_first


class BasicsForm(EntryForm):
    """Step 1: what the task is called, where it runs, its image and its data."""

    name = forms.CharField(
        label=_("Task name"),
        help_text=_(
            "Lowercase letters, digits and hyphens; starts with a letter, does not end with a hyphen; up to 24."
        ),
    )
    namespace = forms.CharField(label=_("Namespace"), widget=forms.Select)
    description = forms.CharField(label=_("Description"), required=False, widget=forms.Textarea(attrs={"rows": 3}))
    image = forms.CharField(
        label=_("Image"),
        help_text=_("registry/repository:tag, or @digest. Without a registry it comes from Docker Hub."),
    )
    data_claim = forms.CharField(label=_("Claim"), required=False, widget=forms.Select)
    data_sub_path = forms.CharField(
        label=_("Path in the claim"), required=False, help_text=_("Empty for all of it; relative, such as mnist/v2.")
    )
    data_mount_path = forms.CharField(
        label=_("Mount path in the container"), required=False, help_text=_("Absolute, such as /data.")
    )

    def __init__(self, entries: Mapping[str, Any], *, namespaces: Iterable[str], claims: Iterable[str]) -> None:
        super().__init__(entries)
        self.fields["name"].widget.attrs |= {"maxlength": 2 * NAME_MAX, "autocomplete": "off", "spellcheck": "false"}
        self.fields["description"].widget.attrs |= {"data-count-max": DESCRIPTION_MAX}
        for name in ("image", "data_sub_path", "data_mount_path"):
            self.fields[name].widget.attrs |= {"spellcheck": "false", "autocomplete": "off"}
        self._offer("namespace", namespaces, entries)
        self._offer("data_claim", claims, entries)

    def _offer(self, field: str, names: Iterable[str], entries: Mapping[str, Any]) -> None:
        """The choices, and what was chosen before even if it is not among them any more: it is shown as an error."""
        chosen = str(entries.get(field, ""))
        choices = [("", "–"), *((name, name) for name in names)]
        if chosen and (chosen, chosen) not in choices:
            choices.append((chosen, chosen))
        self.fields[field].widget.choices = choices


_FIELDS = {
    "volumes.data.claim": "data_claim",
    "volumes.data.sub_path": "data_sub_path",
    "volumes.data.mount_path": "data_mount_path",
}


def field_of(path: str) -> str:
    """The form field of a finding's path."""
    return _FIELDS.get(path, path)


def read_post(draft: Draft, posted: Mapping[str, str]) -> dict[str, Any]:
    return BasicsForm.entries_in(posted)


def context(draft: Draft, facts: Facts, findings: Iterable[Finding]) -> dict[str, Any]:
    """The form with its findings; `claims` describes the choices."""
    entries = draft.entries.get("basics", {})
    namespaces = sorted(facts.namespaces or {})
    inside = draft.namespace in (facts.namespaces or {})
    claims = claims_in(draft.namespace) if inside else []
    form = BasicsForm(entries, namespaces=namespaces, claims=[claim.name for claim in claims])
    for finding in findings:
        form.place(field_of(finding.path), finding)
    focus_first([form])
    return {"form": form, "claims": claims, "may_choose": facts.namespaces is not None}
