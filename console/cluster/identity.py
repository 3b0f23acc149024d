"""Who a request is made for, and how that is told to the API server."""

import unicodedata
from dataclasses import dataclass

Headers = list[tuple[str, str]]

# One constant a name: aiohttp lets the last of differently spelt names replace the others, and a group would be lost.
IMPERSONATE_USER = "Impersonate-User"
IMPERSONATE_GROUP = "Impersonate-Group"
_LENGTH_MAX = 253


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a request is made for, as the cluster names people."""

    user: str
    groups: tuple[str, ...] = ()


class UnusableIdentity(ValueError):
    """A name that no person of the console can have; nothing was sent."""


def checked(identity: Identity) -> Identity:
    """The identity itself. Raises UnusableIdentity for what must never reach the API server.

    An empty user answers with 500, an empty group is accepted as a group, and `system:` names are the cluster's own:
    `system:masters` may do everything.
    """
    for what, name in (("user", identity.user), *(("group", group) for group in identity.groups)):
        _check_name(what, name)
    return identity


def headers_for(identity: Identity) -> Headers:
    """The identity part of a request, built from nothing: one header a group.

    A comma-joined value would be one group with a strange name, so a comma inside a name is just part of it.
    """
    checked(identity)
    return [(IMPERSONATE_USER, identity.user), *((IMPERSONATE_GROUP, group) for group in identity.groups)]


def _check_name(what: str, name: str) -> None:
    if not isinstance(name, str) or not name.strip():
        raise UnusableIdentity(f"The {what} name is empty.")
    if len(name) > _LENGTH_MAX:
        raise UnusableIdentity(f"The {what} name is longer than {_LENGTH_MAX} characters.")
    # Headers lose spaces at both ends, so " system:masters" would arrive as the real one.
    if name != name.strip() or any(unicodedata.category(char).startswith("C") for char in name):
        raise UnusableIdentity(f"The {what} name {name!r} holds spaces at an end or control characters.")
    if unicodedata.normalize("NFKC", name).strip().casefold().startswith("system:"):
        raise UnusableIdentity(f"The {what} name {name!r} belongs to the cluster itself.")
