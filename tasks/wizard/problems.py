from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from tasks import wording
from tasks.specification import Finding
from tasks.wizard import advanced_step, basics_step
from tasks.wizard.advanced_step import AdvancedForm
from tasks.wizard.basics_step import BasicsForm
from tasks.wizard.forms import EntryForm
from tasks.wizard.roles_step import EnvForm, RoleForm
from tasks.wizard.steps import ADVANCED, ROLES, STEPS, Step, step_of

_ENVIRONMENT = _("Environment variables")


@dataclass(frozen=True, slots=True)
class Problem:
    """A finding away from its field: in a summary that links there."""

    label: str  # the field's, with its role: "Worker, Pod flavor"
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
    return Problem(_label(form, field), words, step, f"id_{field}")


def _role_problem(finding: Finding, words: str) -> Problem:
    _group, _dot, rest = finding.path.partition(".")
    role, _dot, field = rest.partition(".")
    if not field:
        return Problem(role or str(ROLES.title), words, ROLES, f"role-{role}" if role else "roles")
    if field == "env":
        return Problem(f"{role}, {_ENVIRONMENT}", words, ROLES, f"role-{role}")
    if field.startswith("env."):
        name = field.rpartition(".")[2]
        label = f"{role}, {_ENVIRONMENT}, {_label(EnvForm, name)}"
        return Problem(label, words, ROLES, f"id_{role}-{field.replace('.', '-')}")
    label = f"{role}, {_label(RoleForm, field)}"
    if field in ("flavor", "restart_policy"):  # a group of radio buttons
        return Problem(label, words, ROLES, f"field-{role}-{field}")
    return Problem(label, words, ROLES, f"id_{role}-{field}")


def _label(form: type[EntryForm], field: str) -> str:
    return str(form.base_fields[field].label) if field in form.base_fields else field
