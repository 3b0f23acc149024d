from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tasks import wording
from tasks.specification import Finding
from tasks.wizard import advanced_step, basics_step
from tasks.wizard.advanced_step import AdvancedForm
from tasks.wizard.basics_step import BasicsForm
from tasks.wizard.forms import EntryForm
from tasks.wizard.role_forms import EnvForm, MountForm, ProbeForm, RoleForm
from tasks.wizard.steps import ADVANCED, ROLES, STEPS, Step, step_of

_GROUPS: Mapping[str, tuple[str | Promise, type[EntryForm]]] = {
    "env": (_("Environment variables"), EnvForm),
    "liveness": (_("Liveness probe"), ProbeForm),
    "readiness": (_("Readiness probe"), ProbeForm),
    "mounts": (_("Mounted ConfigMaps and Secrets"), MountForm),
}

_ELSEWHERE: Mapping[str, str | Promise] = {"framework": _("Task type")}  # was chosen before the first step


@dataclass(frozen=True, slots=True)
class Problem:
    """A finding away from its field: in a summary that links there."""

    label: str  # the field's, with its role: "Worker · Pod flavor"
    words: str
    step: Step
    anchor: str  # id of the field's element on that step's page


def problems_of(findings: Iterable[Finding]) -> list[Problem]:
    """In the order of the page."""
    return [_problem(finding) for finding in sorted(findings, key=_position)]


def _position(finding: Finding) -> tuple[int, int]:
    step = step_of(finding)
    if step is ROLES:
        return STEPS.index(step), 0  # they come role by role already
    module, form = (advanced_step, AdvancedForm) if step is ADVANCED else (basics_step, BasicsForm)
    fields, field = list(form.base_fields), module.field_of(finding.path)
    return STEPS.index(step), fields.index(field) if field in fields else -1


def _problem(finding: Finding) -> Problem:
    step, words = step_of(finding), wording.words_of(finding)
    if step is ROLES:
        return _role_problem(finding, words)
    module, form = (advanced_step, AdvancedForm) if step is ADVANCED else (basics_step, BasicsForm)
    field = module.field_of(finding.path)
    if field not in form.base_fields:
        label = str(_ELSEWHERE.get(finding.path, finding.path))
        return Problem(label, words, step, "kept" if step is ADVANCED else "main")
    return Problem(_label(form, field), words, step, f"id_{field}")


def _role_problem(finding: Finding, words: str) -> Problem:
    """`roles.Worker.liveness.port` is in the form of a group, `roles.Worker.env.2.name` in that of a row."""
    _roles, _dot, rest = finding.path.partition(".")
    role, _dot, field = rest.partition(".")
    group, _dot, inner = field.partition(".")
    if not field:
        return Problem(role or str(ROLES.title), words, ROLES, f"role-{role}" if role else "roles")
    if group in _GROUPS:
        title, form = _GROUPS[group]
        name = inner.rpartition(".")[2]
        if name not in form.base_fields:  # about the group as a whole
            return Problem(f"{role} · {title}", words, ROLES, f"field-{role}-{group}")
        row = inner.partition(".")[0]
        which = f" {int(row) + 1}" if row.isdecimal() else ""  # the rows of the page, counted from 1
        label = f"{role} · {title}{which} · {_label(form, name)}"
        return Problem(label, words, ROLES, f"id_{role}-{field.replace('.', '-')}")
    if group not in RoleForm.base_fields:
        return Problem(f"{role} · {field.removeprefix('kept.')}", words, ROLES, f"role-{role}")
    label = f"{role} · {_label(RoleForm, group)}"
    is_group = group in ("flavor", "restart_policy")  # of radio buttons
    return Problem(label, words, ROLES, f"field-{role}-{group}" if is_group else f"id_{role}-{group}")


def _label(form: type[EntryForm], field: str) -> str:
    return str(form.base_fields[field].label) if field in form.base_fields else field
