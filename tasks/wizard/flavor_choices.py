"""The flavors that a role may take, as the page lays them out: a line a title, a tile a size; and the driver table."""

from dataclasses import dataclass
from itertools import groupby

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tasks import wording
from tasks.specification import Code, Facts, Flavor, FlavorClass, RoleShape, check_flavor_fits, error

_CLASS_TITLES = {
    FlavorClass.GPU: _("GPU accelerated"),
    FlavorClass.CPU: _("CPU only"),
    FlavorClass.RDMA: _("RDMA accelerated"),
}
# CPU sizes first where they are offered: whoever enabled them has a cluster to try things out on.
_ORDER = (FlavorClass.CPU, FlavorClass.GPU, FlavorClass.RDMA)


@dataclass(frozen=True, slots=True)
class FlavorTile:
    flavor: Flavor
    problem: str  # why no node has it, or why it cannot be chosen; "" when all is well


@dataclass(frozen=True, slots=True)
class FlavorLine:
    title: str | Promise
    tiles: tuple[FlavorTile, ...]

    @property
    def problems(self) -> list[str]:
        """What is wrong with its sizes, each thing once."""
        return list(dict.fromkeys(tile.problem for tile in self.tiles if tile.problem))

    @property
    def is_alike(self) -> bool:
        """Whether that holds for all of them: then no single one need be marked."""
        return len({tile.problem for tile in self.tiles}) == 1


def flavor_lines(shape: RoleShape, facts: Facts, chosen: str = "") -> list[FlavorLine]:
    """A line a class and title. `chosen` is there even when it is not offered any more, and says so."""
    shown = [flavor for flavor in facts.flavors.values() if _is_offered(flavor, shape) or flavor.key == chosen]
    lines = list(dict.fromkeys((flavor.class_, flavor.title) for flavor in shown))  # in the administrators' order
    shown.sort(key=lambda flavor: (_ORDER.index(flavor.class_), lines.index((flavor.class_, flavor.title))))
    return [
        FlavorLine(
            title or _CLASS_TITLES[class_], tuple(FlavorTile(flavor, _problem(flavor, facts)) for flavor in line)
        )
        for (class_, title), line in groupby(shown, key=lambda flavor: (flavor.class_, flavor.title))
    ]


def title_of(flavor: Flavor) -> str | Promise:
    """What its line is called."""
    return flavor.title or _CLASS_TITLES[flavor.class_]


def _is_offered(flavor: Flavor, shape: RoleShape) -> bool:
    return not flavor.retired and (shape.rdma or flavor.class_ != FlavorClass.RDMA)


def _problem(flavor: Flavor, facts: Facts) -> str:
    if flavor.retired:
        return wording.words_of(error(Code.FLAVOR_RETIRED, "", flavor=flavor.key))
    return " ".join(wording.words_of(finding) for finding in check_flavor_fits(flavor, facts.nodes, ""))
