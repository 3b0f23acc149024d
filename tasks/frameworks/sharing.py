from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from tasks.frameworks.reading_roles import ReadRole
from tasks.specification.task import DataVolume, RoleSpec, VolumePurpose


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """What all roles say alike belongs to the task; what only some say stays with them."""

    image: str
    volumes: tuple[DataVolume, ...]
    pull_secrets: tuple[str, ...]
    priority_class: str
    roles: tuple[RoleSpec, ...]


def share(roles: Sequence[ReadRole], *, image: str) -> Shared:
    """`roles` in their order. `image` is the task's where the manifest tells it, else it is the first role's."""
    image = image or (roles[0].image if roles else "")
    volumes = [volume for purpose in VolumePurpose if (volume := _common_volume(roles, purpose))]
    secrets = {role.pull_secrets for role in roles}
    classes = {role.priority_class for role in roles}
    pull_secrets = (secrets.pop() if len(secrets) == 1 else None) or ()
    priority_class = classes.pop() if len(classes) == 1 else ""
    purposes = {volume.purpose for volume in volumes}
    found = []
    for role in roles:
        kept: dict[str, Any] = dict(role.spec.kept)
        for purpose, paths in role.volumes.as_kept.items():
            if purpose not in purposes:
                kept |= paths
        if role.pull_secrets and not pull_secrets:
            kept["template.spec.imagePullSecrets"] = [{"name": name} for name in role.pull_secrets]
        if role.priority_class and not priority_class:
            kept["template.spec.priorityClassName"] = role.priority_class
        found.append(replace(role.spec, image="" if role.image == image else role.image, kept=kept))
    return Shared(
        image=image,
        volumes=tuple(volumes),
        pull_secrets=pull_secrets,
        priority_class=priority_class,
        roles=tuple(found),
    )


def _common_volume(roles: Sequence[ReadRole], purpose: VolumePurpose) -> DataVolume | None:
    found = {role.volumes.data.get(purpose) for role in roles}
    return found.pop() if len(found) == 1 else None
