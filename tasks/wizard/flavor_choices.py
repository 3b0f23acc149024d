"""The flavors that a role may take, as the page lays them out: a line a GPU model or class, a tile a size."""

from dataclasses import dataclass
from itertools import groupby

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tasks import wording
from tasks.flavors import GPU_TITLES
from tasks.specification import Facts, Flavor, FlavorClass, RoleShape, check_flavor_fits

_CLASS_TITLES = {FlavorClass.CPU: _("CPU only"), FlavorClass.RDMA: _("RDMA accelerated")}


@dataclass(frozen=True, slots=True)
class FlavorTile:
    flavor: Flavor
    problem: str  # why no node has it; "" when one has


@dataclass(frozen=True, slots=True)
class FlavorLine:
    title: str | Promise
    tiles: tuple[FlavorTile, ...]

    @property
    def problem(self) -> str:
        """What is wrong with all of its sizes alike, so that it need be said only once."""
        problems = {tile.problem for tile in self.tiles}
        return problems.pop() if len(problems) == 1 else ""


def flavor_lines(shape: RoleShape, facts: Facts) -> list[FlavorLine]:
    """CPU sizes first where they are offered: whoever enabled them has a cluster to try things out on."""
    offered = [flavor for flavor in facts.flavors.values() if shape.rdma or flavor.class_ != FlavorClass.RDMA]
    offered.sort(key=lambda flavor: [FlavorClass.CPU, FlavorClass.GPU, FlavorClass.RDMA].index(flavor.class_))
    return [
        FlavorLine(
            GPU_TITLES.get(model, model) or _CLASS_TITLES[class_],
            tuple(FlavorTile(flavor, _problem(flavor, facts)) for flavor in flavors),
        )
        for (class_, model), flavors in groupby(offered, key=lambda flavor: (flavor.class_, flavor.gpu_model))
    ]


def _problem(flavor: Flavor, facts: Facts) -> str:
    return " ".join(wording.words_of(finding) for finding in check_flavor_fits(flavor, facts.nodes, ""))
