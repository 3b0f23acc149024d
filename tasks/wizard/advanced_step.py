from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from tasks.models import Draft
from tasks.specification import CleanPodPolicy, Facts, Finding
from tasks.wizard import explanations
from tasks.wizard.forms import EntryForm, focus_first

_NUMBER = {"inputmode": "numeric", "autocomplete": "off"}


class AdvancedForm(EntryForm):
    """Step 3: when the task gives up, and what is left of it."""

    backoff_limit = forms.CharField(
        label=_("Retry limit"),
        initial="0",
        widget=forms.TextInput(attrs=_NUMBER),
        help_text=_("How often containers may restart before the task fails. Applies to OnFailure and Always only."),
    )
    active_deadline_seconds = forms.CharField(
        label=_("Maximum lifetime (s)"),
        required=False,
        widget=forms.TextInput(attrs=_NUMBER),
        help_text=_("A task that has not ended by then fails. Empty: no limit."),
    )
    ttl_seconds_after_finished = forms.CharField(
        label=_("Time to live after finish (s)"),
        required=False,
        widget=forms.TextInput(attrs=_NUMBER),
        help_text=_("Then the task is deleted with its pods and their logs. Empty: kept until somebody deletes it."),
    )
    clean_pod_policy = forms.ChoiceField(
        label=_("Clean-up policy"),
        initial="Running",
        choices=[(policy.value, explanations.CLEAN_UP[policy.value]) for policy in CleanPodPolicy],
        widget=forms.Select,
    )
    suspend = forms.CharField(
        label=_("Create it suspended: no pods until it is resumed"), required=False, widget=forms.CheckboxInput
    )


def read_post(draft: Draft, posted: Mapping[str, str]) -> dict[str, Any]:
    return AdvancedForm.entries_in(posted)


def field_of(path: str) -> str:
    return path.removeprefix("run_policy.")


def context(draft: Draft, facts: Facts, findings: Iterable[Finding]) -> dict[str, Any]:
    form = AdvancedForm(draft.entries.get("advanced", {}))
    for finding in findings:
        form.place(field_of(finding.path), finding)
    focus_first([form])
    return {"form": form}
