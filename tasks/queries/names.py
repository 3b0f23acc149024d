"""Whether a task of some name could be created, as far as the console knows now."""

from enum import StrEnum

from django.contrib.auth.models import AnonymousUser, User
from django.http import Http404

from console.cluster import ClusterUnavailable
from namespaces.access import namespace_for
from tasks.queries.operations import is_name_promised
from tasks.queries.staleness import staleness
from tasks.queries.tasks import name_taken


class NameStanding(StrEnum):
    FREE = "free"
    TAKEN = "taken"
    UNKNOWN = "unknown"  # nobody could be asked, or what was last read is old


def name_standing(user: User | AnonymousUser, namespace: str, name: str) -> NameStanding:
    """Over all kinds of tasks, and those that are asked for. Nothing is told about a namespace one does not see."""
    try:
        access = namespace_for(user, namespace)
    except (Http404, ClusterUnavailable):
        return NameStanding.UNKNOWN
    if name_taken(access.name, name) or is_name_promised(access.name, name):
        return NameStanding.TAKEN
    return NameStanding.UNKNOWN if access.uncertain or staleness() else NameStanding.FREE
