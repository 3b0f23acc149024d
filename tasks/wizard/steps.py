from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy

from tasks.models import Draft
from tasks.specification import Finding


@dataclass(frozen=True, slots=True)
class Step:
    key: str  # in the address
    title: Promise


BASICS = Step("basics", pgettext_lazy("wizard step", "Basic information"))
ROLES = Step("roles", pgettext_lazy("wizard step", "Roles"))
ADVANCED = Step("advanced", pgettext_lazy("wizard step", "Advanced settings"))
CONFIRM = Step("confirm", pgettext_lazy("wizard step", "Confirm"))
DONE = Step("done", pgettext_lazy("wizard step", "Done"))
STEPS = (BASICS, ROLES, ADVANCED, CONFIRM, DONE)
FILLED_IN = (BASICS, ROLES, ADVANCED)  # those with fields


def step_of(finding: Finding) -> Step:
    """The step with the field that a finding is about."""
    match finding.path.partition(".")[0]:
        case "roles" | "mode":
            return ROLES
        case "run_policy" | "priority_class" | "tensorboard" | "kept" | "spec" | "metadata":
            return ADVANCED
    return BASICS


@dataclass(frozen=True, slots=True)
class StepMark:
    """One entry of the stepper."""

    step: Step
    number: int
    done: bool
    current: bool
    reachable: bool  # a link leads there


def stepper(draft: Draft, current: Step) -> list[StepMark]:
    """Every step that was left once can be gone to, and the one after the last of those."""
    done = [step.key in draft.steps_done for step in FILLED_IN]
    first_open = done.index(False) if False in done else len(done)
    marks = []
    for index, step in enumerate(STEPS):
        is_done = draft.is_submitted if step in (CONFIRM, DONE) else done[index]
        reachable = step is DONE if draft.is_submitted else step is not DONE and (index <= first_open or is_done)
        marks.append(StepMark(step, index + 1, is_done, step is current, reachable))
    return marks
