from collections.abc import Iterable
from dataclasses import dataclass

from tasks.models import Draft
from tasks.wizard.steps import CONFIRM, FILLED_IN, STEPS, Step


@dataclass(frozen=True, slots=True)
class DraftLine:
    """An unfinished draft in a list."""

    draft: Draft
    step: Step  # where it stands: the first that was not left by "next"
    number: int
    failed: bool  # it was submitted, and the cluster would not have it


def draft_lines(drafts: Iterable[Draft]) -> list[DraftLine]:
    return [
        DraftLine(draft, step := first_open(draft), STEPS.index(step) + 1, bool(draft.operation)) for draft in drafts
    ]


def first_open(draft: Draft) -> Step:
    return next((step for step in FILLED_IN if step.key not in draft.steps_done), CONFIRM)
