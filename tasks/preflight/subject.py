from dataclasses import dataclass
from math import inf
from time import monotonic
from typing import Any

from django.contrib.auth.models import User

from console.cluster.identity import Identity
from console.index.models import Facet
from console.people.identity import identity_of
from tasks.flavors import drivers
from tasks.frameworks.building import build
from tasks.preflight.asking import GivenUp
from tasks.specification import Facts, Framework, TaskSpec
from tasks.specification.cuda_rules import Driver

# Stands in a manifest that is only tried out or shown; a submitted one has the key of its operation.
NO_OPERATION = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A task that the rules have nothing blocking to say about, who asks, and what the database knows about both."""

    spec: TaskSpec
    facts: Facts
    framework: Framework
    user: User
    identity: Identity
    phases: frozenset[str]  # of the tasks of this type, in the whole cluster
    drivers: tuple[Driver, ...] = ()  # the table: which CUDA a driver takes
    until: float = inf  # of time.monotonic(): after that nobody waits for what a check finds

    def go_on(self) -> None:
        """For checks to call before they ask once more. Raises GivenUp when nobody waits any longer."""
        if monotonic() > self.until:
            raise GivenUp

    def manifest(self) -> dict[str, Any]:
        """As it would be submitted, but for the operation's key. A new one each time: callers may change it."""
        return build(self.spec, operation=NO_OPERATION, owner=self.identity.user)


def subject_for(spec: TaskSpec, facts: Facts, framework: Framework, *, by: User) -> Subject:
    phases = Facet.objects.filter(framework=framework.key, tasks__gt=0).values_list("phase", flat=True).distinct()
    return Subject(
        spec=spec,
        facts=facts,
        framework=framework,
        user=by,
        identity=identity_of(by),
        phases=frozenset(phases),
        drivers=drivers(),
    )
