from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User

from console.cluster.identity import Identity
from console.index.models import Facet
from console.people.identity import identity_of
from tasks.frameworks.building import build
from tasks.specification import Facts, Framework, TaskSpec

# Stands in a manifest that is only tried out or shown; a submitted one has the key of its operation.
NO_OPERATION = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A task that the rules have nothing blocking to say about, and who asks. All that the database knows is in it:
    the checks run in threads, and have only others to ask."""

    spec: TaskSpec
    facts: Facts
    framework: Framework
    user: User
    identity: Identity
    phases: frozenset[str]  # of the tasks of this type, in the whole cluster

    def manifest(self) -> dict[str, Any]:
        """As it would be submitted, but for the operation's key. A new one each time: callers may change it."""
        return build(self.spec, operation=NO_OPERATION, owner=self.identity.user)


def subject_for(spec: TaskSpec, facts: Facts, framework: Framework, *, by: User) -> Subject:
    phases = Facet.objects.filter(framework=framework.key, tasks__gt=0).values_list("phase", flat=True).distinct()
    return Subject(
        spec=spec, facts=facts, framework=framework, user=by, identity=identity_of(by), phases=frozenset(phases)
    )
