from dataclasses import dataclass

from django.utils.functional import Promise

from tasks.specification import Framework, Mode
from tasks.wizard import explanations
from tasks.wizard.drawing import Drawing, drawing_of


@dataclass(frozen=True, slots=True)
class ModeCard:
    """A training mode as the pages show it."""

    mode: Mode
    title: Promise
    description: Promise
    roles: tuple[tuple[str, bool, Promise], ...]  # name, optional, explanation
    drawing: Drawing


def mode_cards(framework: Framework) -> list[ModeCard]:
    return [
        ModeCard(
            mode=mode,
            title=explanations.MODE_TITLES[f"{framework.key}.{mode.key}"],
            description=explanations.MODES[f"{framework.key}.{mode.key}"],
            roles=tuple(
                (role.name, role.optional, explanations.ROLES[f"{framework.key}.{role.name}"]) for role in mode.roles
            ),
            drawing=drawing_of(framework.key, mode.key),
        )
        for mode in framework.modes
    ]
