from collections.abc import Iterable
from dataclasses import dataclass

from tasks import wording
from tasks.specification import Finding
from tasks.wizard import advanced_step, basics_step
from tasks.wizard.steps import ADVANCED, ROLES, Step, step_of


@dataclass(frozen=True, slots=True)
class Problem:
    """A finding away from its field: in a summary that links there."""

    words: str
    blocking: bool
    step: Step
    anchor: str  # id of the field's element on that step's page
    role: str = ""


def problems_of(findings: Iterable[Finding]) -> list[Problem]:
    return [_problem(finding) for finding in findings]


def _problem(finding: Finding) -> Problem:
    step, words = step_of(finding), wording.words_of(finding)
    if step is ADVANCED:
        return Problem(words, finding.blocking, step, f"id_{advanced_step.field_of(finding.path)}")
    if step is not ROLES:
        return Problem(words, finding.blocking, step, f"id_{basics_step.field_of(finding.path)}")
    _, _, rest = finding.path.partition(".")
    role, _, field = rest.partition(".")
    if not role:
        return Problem(words, finding.blocking, step, "roles")
    if field in ("", "env"):
        return Problem(words, finding.blocking, step, f"role-{role}", role)
    if field in ("flavor", "restart_policy"):  # a group of radio buttons
        return Problem(words, finding.blocking, step, f"field-{role}-{field}", role)
    return Problem(words, finding.blocking, step, f"id_{role}-{field.replace('.', '-')}", role)
