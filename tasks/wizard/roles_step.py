import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tasks import wording
from tasks.frameworks import FRAMEWORKS
from tasks.models import Draft
from tasks.specification import Facts, Finding, Mode, PodField, RoleShape
from tasks.specification.entries import takes_part
from tasks.specification.env_rules import ENTRIES_MAX
from tasks.wizard import explanations
from tasks.wizard.flavor_choices import FlavorLine, flavor_lines
from tasks.wizard.forms import EntryForm, focus_first

_CODE = {"spellcheck": "false", "autocomplete": "off", "autocapitalize": "off"}
_ROW = re.compile(r"([0-9]{1,4})-name")


class RoleForm(EntryForm):
    """Step 2, one form a role: how many pods, of which size, and what they run."""

    enabled = forms.CharField(label=_("Enable this role"), required=False, widget=forms.CheckboxInput)
    replicas = forms.CharField(
        label=_("Number of pods"), initial="1", widget=forms.TextInput(attrs={"inputmode": "numeric", **_CODE})
    )
    flavor = forms.CharField(label=_("Pod flavor"), initial="")  # drawn by the page: radio buttons as tiles
    command = forms.CharField(
        label=_("Start command"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "class": "font-monospace", **_CODE}),
        help_text=_("One word a line, without quotes; replaces the image's entry point. Empty: the image's own."),
    )
    args = forms.CharField(
        label=_("Arguments"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "class": "font-monospace", **_CODE}),
        help_text=_("One argument a line, passed exactly as it stands."),
    )
    restart_policy = forms.ChoiceField(label=_("Restart policy"), initial="Never", widget=forms.RadioSelect)


class EnvForm(EntryForm):
    """One environment variable."""

    name = forms.CharField(label=_("Variable"), widget=forms.TextInput(attrs=_CODE))
    source = forms.ChoiceField(
        label=_("Comes from"),
        initial="value",
        choices=[
            ("value", _("Typed in")),
            ("field", _("The pod")),
            ("config_map", _("A ConfigMap")),
            ("secret", _("A Secret")),
        ],
        widget=forms.Select,
    )
    value = forms.CharField(label=_("Value"), required=False, widget=forms.TextInput(attrs=_CODE))
    field = forms.ChoiceField(
        label=_("Which of the pod"),
        required=False,
        initial=PodField.POD_IP.value,
        choices=[(PodField.POD_IP.value, "PodIP"), (PodField.POD_NAME.value, "PodName")],
        widget=forms.Select,
    )
    reference = forms.CharField(label=_("Its name"), required=False, widget=forms.TextInput(attrs=_CODE))
    key = forms.CharField(label=_("Its key"), required=False, widget=forms.TextInput(attrs=_CODE))


@dataclass(slots=True)
class RoleTab:
    """One role on the page."""

    shape: RoleShape
    explanation: Promise
    form: RoleForm
    env: list[EnvForm]
    blank_env: EnvForm  # what the page's "add" copies
    flavor_lines: list[FlavorLine]
    policies: list[tuple[str, Promise]]
    takes_part: bool
    is_complete: bool
    errors: list[str]  # about the role as a whole

    @property
    def state(self) -> str:
        if not self.takes_part:
            return "off"
        return "complete" if self.is_complete else "incomplete"


def read_post(draft: Draft, posted: Mapping[str, str]) -> dict[str, Any]:
    """The roles that the page showed; those of other modes stay as they were."""
    roles = dict(draft.entries.get("roles", {}))
    for shape in _mode(draft).roles:
        if f"{shape.name}-replicas" in posted:
            roles[shape.name] = {
                **RoleForm.entries_in(posted, prefix=shape.name),
                "env": _rows_in(posted, f"{shape.name}-env-"),
            }
    return roles


def add_row(roles: dict[str, Any], role: str) -> None:
    """The page's "add" button, where scripts are off."""
    if role in roles and len(roles[role]["env"]) < ENTRIES_MAX:
        roles[role]["env"].append({"name": "", "source": "value", "value": ""})


def remove_row(roles: dict[str, Any], role: str, index: str) -> None:
    rows = roles.get(role, {}).get("env", [])
    if index.isascii() and index.isdecimal() and len(index) < 5 and int(index) < len(rows):
        del rows[int(index)]


def context(
    draft: Draft, facts: Facts, findings: Iterable[Finding], *, all_findings: Iterable[Finding]
) -> dict[str, Any]:
    """`findings` are said beside their fields; `all_findings` decide whether a role is complete."""
    blocking = [finding.path for finding in all_findings if finding.blocking]
    tabs = [_tab(draft, shape, facts, blocking) for shape in _mode(draft).roles]
    by_name = {tab.shape.name: tab for tab in tabs}
    for finding in findings:
        _, _, rest = finding.path.partition(".")
        name, _, field = rest.partition(".")
        if name in by_name:
            _place(by_name[name], field, finding)
    focus_first(form for tab in tabs for form in (tab.form, *tab.env))
    shown = next((tab for tab in tabs if tab.form.errors or any(row.errors for row in tab.env)), tabs[0])
    return {"tabs": tabs, "shown": shown.shape.name, "env_max": ENTRIES_MAX}


def _mode(draft: Draft) -> Mode:
    framework = FRAMEWORKS[draft.framework]
    return framework.mode(draft.mode) or framework.modes[0]


def _tab(draft: Draft, shape: RoleShape, facts: Facts, blocking: list[str]) -> RoleTab:
    framework = FRAMEWORKS[draft.framework]
    typed = draft.entries.get("roles", {}).get(shape.name, {})
    form = RoleForm(typed, prefix=shape.name)
    policies = [(policy.value, explanations.RESTART_POLICIES[policy.value]) for policy in framework.restart_policies]
    if shape.exactly is not None:
        form.fields["replicas"].widget.attrs["readonly"] = True
    path = f"roles.{shape.name}"
    return RoleTab(
        shape=shape,
        explanation=explanations.ROLES[f"{framework.key}.{shape.name}"],
        form=form,
        env=[EnvForm(row, prefix=f"{shape.name}-env-{index}") for index, row in enumerate(typed.get("env", []))],
        blank_env=EnvForm({}, prefix=f"{shape.name}-env-__index__"),
        flavor_lines=flavor_lines(shape, facts),
        policies=policies,
        takes_part=takes_part(draft.entries, shape),
        is_complete=not any(found == path or found.startswith(f"{path}.") for found in blocking),
        errors=[],
    )


def _place(tab: RoleTab, field: str, finding: Finding) -> None:
    form: EntryForm = tab.form
    if field.startswith("env."):
        _, index, field = field.split(".")
        form = tab.env[int(index)]
    if not form.place(field, finding):
        tab.errors.append(wording.words_of(finding))


def _rows_in(posted: Mapping[str, str], prefix: str) -> list[dict[str, str]]:
    """The rows in the page's order, without those that are quite empty."""
    indexes = [
        int(match[1]) for key in posted if key.startswith(prefix) and (match := _ROW.fullmatch(key[len(prefix) :]))
    ]
    rows = [EnvForm.entries_in(posted, prefix=f"{prefix}{index}") for index in sorted(indexes)]
    return [row for row in rows if row["name"] or row["value"] or row["reference"] or row["key"]]
