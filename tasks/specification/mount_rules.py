"""Where things are mounted in the containers of a role: what the task brings, its files, and what is carried along."""

from tasks.specification.facts import Facts
from tasks.specification.findings import Code, Finding, error, warning
from tasks.specification.kept import CONTAINER, in_force
from tasks.specification.paths import check_mount_path, is_inside, normal_path
from tasks.specification.reference_rules import check_keys, check_object
from tasks.specification.task import FileMount, RoleSpec, TaskSpec

MOUNTS_MAX = 100
SHARED_MEMORY_PATH = "/dev/shm"  # noqa: S108  (a mount point, not a temporary file)


def check_neighbours(text: str, mounted: list[str], path: str) -> list[Finding]:
    """What is wrong with a mount path beside those before it; adds it to `mounted`."""
    own = normal_path(text)
    if own in mounted:
        return [error(Code.PATH_TAKEN, path, path=own)]
    other = next((other for other in mounted if is_inside(own, other) or is_inside(other, own)), "")
    mounted.append(own)
    return [warning(Code.PATH_NESTED, path, path=other)] if other else []


def check_mounts(role: RoleSpec, spec: TaskSpec, facts: Facts, path: str) -> list[Finding]:
    """The files of a role, and the mounts that it carries along. /dev/shm is free where the role has no large one."""
    if len(role.mounts) > MOUNTS_MAX:
        return [error(Code.TOO_MANY, f"{path}.mounts", maximum=MOUNTS_MAX)]
    mounted = [normal_path(volume.mount_path) for volume in spec.volumes if volume.mount_path]
    if role.shared_memory:
        mounted.append(SHARED_MEMORY_PATH)
    found: list[Finding] = []
    for index, mount in enumerate(role.mounts):
        here = f"{path}.mounts.{index}"
        found += _check_files(mount, spec, facts, here)
        wrong = check_mount_path(mount.mount_path, f"{here}.mount_path")
        found += wrong or check_neighbours(mount.mount_path, mounted, f"{here}.mount_path")
    for at, value in in_force(role).items():
        where = (
            value.get("mountPath") if at.startswith(f"{CONTAINER}.volumeMounts[") and isinstance(value, dict) else ""
        )
        if isinstance(where, str) and where:
            here = f"{path}.kept.{at}"
            wrong = [] if normal_path(where) == SHARED_MEMORY_PATH else check_mount_path(where, here)
            found += wrong or check_neighbours(where, mounted, here)
    return found


def _check_files(mount: FileMount, spec: TaskSpec, facts: Facts, path: str) -> list[Finding]:
    found = check_object(mount.source, mount.name, facts, spec.namespace, f"{path}.name")
    repeated = next((key for index, key in enumerate(mount.keys) if key in mount.keys[:index]), "")
    if repeated:
        found.append(error(Code.TWICE, f"{path}.keys", name=repeated))
    return found + check_keys(mount.source, mount.name, mount.keys, facts, f"{path}.keys")
