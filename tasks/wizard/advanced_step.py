from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from console.web.templatetags.figures import duration
from tasks.models import Draft
from tasks.specification import CleanPodPolicy, Facts, Finding
from tasks.specification.numbers import parse_whole
from tasks.wizard import explanations
from tasks.wizard.drawn_field import Choice, Line
from tasks.wizard.forms import CODE, NUMBER, EntryForm, focus_first
from tasks.wizard.role_tab import kept_values

WITH_TENSORBOARD = frozenset({"tensorflow", "pytorch"})
_SECONDS = {**NUMBER, "data-seconds": ""}


class AdvancedForm(EntryForm):
    """Step 3: when the task gives up, and what is left of it."""

    backoff_limit = forms.CharField(
        label=_("Retry limit"),
        initial="0",
        widget=Line(attrs=NUMBER),
        help_text=_("How often containers may restart before the task fails. Applies to OnFailure and Always only."),
    )
    active_deadline_seconds = forms.CharField(
        label=_("Maximum lifetime (s)"),
        required=False,
        widget=Line(attrs=_SECONDS),
        help_text=_("A task that has not ended by then fails. Empty: no limit."),
    )
    ttl_seconds_after_finished = forms.CharField(
        label=_("Time to live after finish (s)"),
        required=False,
        widget=Line(attrs=_SECONDS),
        help_text=_("Then the task is deleted with its pods and their logs. Empty: kept until somebody deletes it."),
    )
    clean_pod_policy = forms.ChoiceField(
        label=_("Clean-up policy"),
        initial="Running",
        choices=[(policy.value, explanations.CLEAN_UP[policy.value]) for policy in CleanPodPolicy],
        widget=Choice,
    )
    priority_class = forms.CharField(
        label=_("Priority class"),
        required=False,
        widget=Line(attrs={**CODE, "list": "priority-classes"}),
        help_text=_("A PriorityClass of the cluster: who waits for whom. Empty: the cluster's default."),
    )
    suspend = forms.CharField(
        label=_("Create it suspended: no pods until it is resumed"), required=False, widget=forms.CheckboxInput
    )
    tensorboard = forms.CharField(label=_("Enable TensorBoard"), required=False, widget=forms.CheckboxInput)


def read_post(draft: Draft, posted: Mapping[str, str]) -> dict[str, Any]:
    entries = AdvancedForm.entries_in(posted)
    if draft.framework not in WITH_TENSORBOARD:
        entries["tensorboard"] = ""
    return entries


def field_of(path: str) -> str:
    return path.removeprefix("run_policy.")


def context(draft: Draft, facts: Facts, findings: Iterable[Finding]) -> dict[str, Any]:
    """`errors` are about the task as a whole; `log_path` is what TensorBoard would read."""
    form = AdvancedForm(draft.entries.get("advanced", {}))
    for name in ("active_deadline_seconds", "ttl_seconds_after_finished"):
        form.fields[name].widget.attrs["data-echo"] = _echo(form[name].value())
    for finding in findings:
        form.place(field_of(finding.path), finding)
    focus_first([form])
    basics = draft.entries.get("basics", {})
    return {
        "form": form,
        "with_tensorboard": draft.framework in WITH_TENSORBOARD,
        "log_path": "/".join(filter(None, (basics.get("log_claim"), basics.get("log_sub_path")))),
        "kept": kept_values(draft.entries.get("kept")),
    }


def _echo(typed: object) -> str:
    """Seconds in words, "2 h 00 min"; "" for what is no number of seconds."""
    seconds = parse_whole(str(typed or "").strip(" "))
    return duration(seconds) if seconds is not None and seconds >= 0 else ""
