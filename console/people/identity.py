"""The one way from an account to the identity that the cluster is asked with."""

from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.utils.translation import gettext as _

from console.cluster.identity import Identity
from console.people.models import RESERVED_PREFIX, Person


def identity_of(user: User | AnonymousUser) -> Identity:
    """Return the cluster user and groups of `user`.

    Raises PermissionDenied for an account without a person, and for a name the cluster keeps for itself:
    a row that was written past the model's validators still never becomes an administrator.
    """
    person = person_of(user)
    if person is None:
        raise PermissionDenied(_("Your account has no user in the cluster. Ask an administrator of the console."))
    names = [person.cluster_user, *person.cluster_groups]
    if not all(isinstance(name, str) and name and not name.startswith(RESERVED_PREFIX) for name in names):
        raise PermissionDenied(_("Your name in the cluster is not allowed. Ask an administrator of the console."))
    return Identity(person.cluster_user, tuple(person.cluster_groups))


def person_of(user: User | AnonymousUser) -> Person | None:
    """The person of an account, read once a request; None for nobody and for an account without one."""
    if not user.is_authenticated:
        return None
    try:
        return user.person  # type: ignore[no-any-return, attr-defined, union-attr, unused-ignore]
    except ObjectDoesNotExist:
        return None
