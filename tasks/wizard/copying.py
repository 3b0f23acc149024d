"""Copying what one role has to another, part by part."""

from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tasks.specification import Flavor, FlavorClass, RoleShape


@dataclass(frozen=True, slots=True)
class Part:
    """A group of a role's entries that is copied as a whole."""

    key: str
    title: Promise
    entries: tuple[str, ...]


_PARTS = (
    Part("replicas", _("Number of pods"), ("replicas",)),
    Part("flavor", _("Pod flavor"), ("flavor",)),
    Part("command", _("Start command and arguments"), ("command", "args")),
    Part("env", _("Environment variables"), ("env",)),
    Part("policy", _("Restart policy, shared memory"), ("restart_policy", "shared_memory")),
    Part("checks", _("Health checks"), ("liveness", "readiness")),
    Part("hooks", _("Lifecycle commands"), ("post_start", "pre_stop")),
    Part("mounts", _("Mounted ConfigMaps and Secrets"), ("mounts",)),
)


def parts_of(target: RoleShape) -> tuple[Part, ...]:
    """What may be copied to a role: a fixed number of pods stays as it is."""
    return tuple(part for part in _PARTS if part.key != "replicas" or target.exactly is None)


def copy_settings(
    roles: dict[str, Any], *, source: str, target: RoleShape, parts: Iterable[str], flavor: Flavor | None
) -> None:
    """Overwrite the parts of `target` with those of the role `source`. `flavor`: the one that the source has.

    An RDMA flavor is left out where the target computes: it could not be chosen there either.
    """
    chosen = set(parts)
    given, taken = roles.get(source, {}), dict(roles.get(target.name, {}))
    for part in parts_of(target):
        if part.key not in chosen:
            continue
        if part.key == "flavor" and flavor is not None and flavor.class_ == FlavorClass.RDMA and not target.rdma:
            continue
        taken |= {name: deepcopy(given[name]) for name in part.entries if name in given}
    roles[target.name] = taken
