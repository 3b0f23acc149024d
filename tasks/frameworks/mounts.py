"""The volumes of a pod that a specification models, and where its container mounts them."""

from console.cluster.resources import Manifest
from tasks.specification.task import FileMount, FileSource, RoleSpec, TaskSpec

SHARED_MEMORY_VOLUME = "shared-memory"
SHARED_MEMORY_PATH = "/dev/shm"  # noqa: S108  (a mount point, not a temporary file)
SHARED_MEMORY = {"medium": "Memory"}
_FILES_VOLUME = "files-{}"


def volumes_of(role: RoleSpec, spec: TaskSpec) -> list[Manifest]:
    volumes: list[Manifest] = [
        {"name": volume.purpose.value, "persistentVolumeClaim": {"claimName": volume.claim}} for volume in spec.volumes
    ]
    if role.shared_memory:
        volumes.append({"name": SHARED_MEMORY_VOLUME, "emptyDir": dict(SHARED_MEMORY)})
    volumes += [
        {"name": name, **written_files(mount)} for name, mount in zip(_files_names(role), role.mounts, strict=True)
    ]
    return volumes


def mounts_of(role: RoleSpec, spec: TaskSpec) -> list[Manifest]:
    mounts: list[Manifest] = []
    for volume in spec.volumes:
        mount = {"name": volume.purpose.value, "mountPath": volume.mount_path}
        if volume.sub_path:
            mount["subPath"] = volume.sub_path
        mounts.append(mount)
    if role.shared_memory:
        mounts.append({"name": SHARED_MEMORY_VOLUME, "mountPath": SHARED_MEMORY_PATH})
    mounts += [
        {"name": name, "mountPath": mount.mount_path, "readOnly": True}
        for name, mount in zip(_files_names(role), role.mounts, strict=True)
    ]
    return mounts


def written_files(mount: FileMount) -> Manifest:
    """The source of a volume. Its files' mode is left to Kubernetes (0644)."""
    field, name = ("configMap", "name") if mount.source == FileSource.CONFIG_MAP else ("secret", "secretName")
    source: Manifest = {name: mount.name}
    if mount.keys:
        source["items"] = [{"key": key, "path": key} for key in mount.keys]
    return {field: source}


def _files_names(role: RoleSpec) -> list[str]:
    """A name for each mount: stable, and none that a volume carried along has already."""
    taken = {str(value["name"]) for value in role.kept.values() if isinstance(value, dict) and "name" in value}
    free = (name for number in range(1000) if (name := _FILES_VOLUME.format(number)) not in taken)
    return [next(free) for _ in role.mounts]
