from dataclasses import dataclass, field
from typing import Any

from console.cluster.resources import Manifest
from tasks.frameworks.fields import Fields
from tasks.frameworks.mounts import SHARED_MEMORY, SHARED_MEMORY_PATH, SHARED_MEMORY_VOLUME, written_files
from tasks.specification.findings import Code
from tasks.specification.kept import CONTAINER, ROLE_KEPT
from tasks.specification.shapes import Framework
from tasks.specification.task import DataVolume, FileMount, FileSource, VolumePurpose


@dataclass(slots=True)
class ReadVolumes:
    """The volumes of one role. `as_kept` has each data volume as it would be carried along, if other roles lack it."""

    shared_memory: bool = False
    data: dict[VolumePurpose, DataVolume] = field(default_factory=dict)
    as_kept: dict[VolumePurpose, dict[str, Any]] = field(default_factory=dict)
    files: tuple[FileMount, ...] = ()
    kept: dict[str, Any] = field(default_factory=dict)


def read_volumes(pod: Fields, container: Fields, framework: Framework) -> ReadVolumes:
    """A volume is one of ours when nothing about it, or its one mount, says more than ours do; else it is kept.

    A mount of a volume that is not there, or that was refused, is refused as well: no pod could start with it.
    """
    found = ReadVolumes()
    there = set(framework.reserved_volumes)
    volumes, mounts = list(pod.items("volumes")), list(container.items("volumeMounts"))
    read: set[int] = set()
    for index, _path, volume in volumes:
        name = volume.get("name") if isinstance(volume, dict) else None
        own = [(at, mount) for at, _, mount in mounts if isinstance(mount, dict) and mount.get("name") == name]
        twice = sum(isinstance(other, dict) and other.get("name") == name for _, _, other in volumes) > 1
        if isinstance(name, str) and len(own) == 1 and not twice:
            at, mount = own[0]
            if _read_one(volume, mount, found, f"volumes[{index}]", f"volumeMounts[{at}]"):
                read.add(at)
                continue
        kept = pod.keep(f"volumes[{index}]", volume, f"template.spec.volumes[{index}]", ROLE_KEPT, framework.key)
        there |= {value["name"] for value in kept.values()}
        found.kept |= kept
    for at, _path, mount in mounts:
        name = mount.get("name") if isinstance(mount, dict) else None
        if isinstance(name, str) and at not in read and name not in there:
            container.refuse(Code.VOLUME_UNKNOWN, f"volumeMounts[{at}].name", name=name[:80])
        elif at not in read:
            path = f"{CONTAINER}.volumeMounts[{at}]"
            found.kept |= container.keep(f"volumeMounts[{at}]", mount, path, ROLE_KEPT, framework.key)
    return found


def _read_one(volume: Manifest, mount: Manifest, found: ReadVolumes, volume_at: str, mount_at: str) -> bool:
    """Whether the volume and its mount are one of ours; then it is in `found`."""
    where = mount.get("mountPath")
    if not isinstance(where, str):
        return False
    plain = mount == {"name": volume["name"], "mountPath": where}
    if volume == {"name": SHARED_MEMORY_VOLUME, "emptyDir": SHARED_MEMORY} and plain and where == SHARED_MEMORY_PATH:
        found.shared_memory = True
        return True
    if data := _data_volume(volume, mount, where):
        found.data[data.purpose] = data
        found.as_kept[data.purpose] = {
            f"template.spec.{volume_at}": volume,
            f"{CONTAINER}.{mount_at}": mount,
        }
        return True
    read_only = mount == {"name": volume["name"], "mountPath": where, "readOnly": True}
    if (files := _files(volume, where)) and (plain or read_only):
        found.files += (files,)
        return True
    return False


def _data_volume(volume: Manifest, mount: Manifest, where: str) -> DataVolume | None:
    match volume:
        case {"name": name, "persistentVolumeClaim": {"claimName": str(claim)}} if name in set(VolumePurpose):
            purpose = VolumePurpose(name)
        case _:
            return None
    sub_path = mount.get("subPath", "")
    written = {"name": name, "mountPath": where} | ({"subPath": sub_path} if sub_path else {})
    if mount != written or volume != {"name": name, "persistentVolumeClaim": {"claimName": claim}}:
        return None
    if not isinstance(sub_path, str):
        return None
    return DataVolume(purpose=purpose, claim=claim, mount_path=where, sub_path=sub_path)


def _files(volume: Manifest, where: str) -> FileMount | None:
    source = {name: value for name, value in volume.items() if name != "name"}
    match source:
        case {"configMap": {"name": str(name)} as body}:
            kind = FileSource.CONFIG_MAP
        case {"secret": {"secretName": str(name)} as body}:
            kind = FileSource.SECRET
        case _:
            return None
    rows = body.get("items") or []
    if not isinstance(rows, list) or not all(isinstance(row, dict) and isinstance(row.get("key"), str) for row in rows):
        return None
    keys = tuple(row["key"] for row in rows)
    mount = FileMount(source=kind, name=name, mount_path=where, keys=keys)
    return mount if written_files(mount) == source else None
