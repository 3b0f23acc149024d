"""Do all pods find room at once? Without gang scheduling nobody asks: some start, and wait for the rest."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from tasks.preflight.asking import NotAsked
from tasks.preflight.subject import Subject
from tasks.specification import Code, Finding, Flavor, NodeFact, RoleSpec, warning
from tasks.specification.capacity_rules import nodes_for
from tasks.specification.kept import SELECTOR, in_force


@dataclass(slots=True)
class _Room:
    """What is left of a node, in the units of NodeFact."""

    cpu_millicores: int
    memory_mib: int
    gpus: int

    def take(self, flavor: Flavor) -> bool:
        if self.cpu_millicores < flavor.cpu_millicores or self.memory_mib < flavor.memory_mib:
            return False
        if self.gpus < flavor.gpus:
            return False
        self.cpu_millicores -= flavor.cpu_millicores
        self.memory_mib -= flavor.memory_mib
        self.gpus -= flavor.gpus
        return True


def find_room(subject: Subject) -> Iterator[Finding]:
    nodes = subject.facts.nodes
    if nodes is None:
        raise NotAsked(_("No node has been seen yet."))
    placed, pods = pods_that_fit(subject.spec.roles, nodes)
    if not placed:
        yield warning(Code.NODES_NONE, "roles")
    elif placed < pods:
        yield warning(Code.NODES_TOO_FEW, "roles", placed=placed, pods=pods)


def pods_that_fit(roles: Sequence[RoleSpec], nodes: Sequence[NodeFact]) -> tuple[int, int]:
    """How many of the task's pods the nodes could hold together were they empty, and how many there are.

    First fit, the largest pods first: right but for rare cases near the limit, where it finds room for fewer.
    """
    rooms = {node.name: _Room(node.cpu_millicores, node.memory_mib, node.gpus) for node in nodes}
    placed = pods = 0
    for role in sorted(roles, key=_size, reverse=True):
        pods += role.replicas
        if role.flavor is None:
            continue
        selector = (in_force(role).get(SELECTOR) or {}).items()  # of an imported manifest, beside the flavor's own
        fitting = [node for node in nodes_for(role.flavor, nodes) if selector <= node.labels.items()]
        open_rooms = [rooms[node.name] for node in fitting]
        for _pod in range(role.replicas):
            # A room that was too small once stays so: nobody gives anything back.
            while open_rooms and not open_rooms[-1].take(role.flavor):
                open_rooms.pop()
            placed += bool(open_rooms)
    return placed, pods


def _size(role: RoleSpec) -> tuple[int, int, int]:
    flavor = role.flavor
    return (flavor.gpus, flavor.memory_mib, flavor.cpu_millicores) if flavor else (0, 0, 0)
