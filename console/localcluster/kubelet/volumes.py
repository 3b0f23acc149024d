"""Volumes as folders: what the manifest names is made under the pod's (or, for claims, the cluster's) folder."""

from __future__ import annotations

import base64
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from console.localcluster.kubelet.environment import (
    ConfigProblem,
    Environment,
    Lookup,
    amount,
    expand,
    field_value,
    resource_value,
)

Object = dict[str, Any]
# Returns a bearer token for the pod's service account; raises ConfigProblem when there is none to be had.
TokenSource = Callable[[], str]


class MountFailed(Exception):
    """A volume cannot be set up (yet): event FailedMount with this text."""


class Volumes:
    """The volumes of one pod."""

    def __init__(self, pod: Object, folder: Path, claims: Path, lookup: Lookup, token: TokenSource) -> None:
        self._pod, self._folder, self._claims = pod, folder / "volumes", claims
        self._lookup, self._token = lookup, token
        self._places: dict[str, Path] = {}

    def memory_volumes(self) -> tuple[tuple[str, str], ...]:
        """Return (folder, tmpfs options) of each `emptyDir` of medium Memory: the shim mounts those."""
        found = []
        for volume in self._pod["spec"].get("volumes") or []:
            empty = volume.get("emptyDir")
            if empty is not None and empty.get("medium") == "Memory":
                limit = f",size={int(amount(empty['sizeLimit']))}" if empty.get("sizeLimit") else ""
                found.append((str(self._folder / volume["name"]), f"mode=1777{limit}"))
        return tuple(found)

    def set_up(self) -> None:
        """Make every volume. Raises MountFailed; calling again goes on where it failed."""
        for volume in self._pod["spec"].get("volumes") or []:
            try:
                self._places[volume["name"]] = self._place(volume)
            except (ConfigProblem, OSError) as error:
                raise MountFailed(f'MountVolume.SetUp failed for volume "{volume["name"]}" : {error}') from error

    def refresh(self) -> None:
        """Write changed ConfigMaps and Secrets into volumes that show them; what is missing now stays as it was."""
        for volume in self._pod["spec"].get("volumes") or []:
            if volume.keys() & {"configMap", "secret"}:
                try:
                    self._place(volume)
                except (ConfigProblem, OSError):
                    continue

    def _place(self, volume: Object) -> Path:
        folder: Path = self._folder / volume["name"]
        if "persistentVolumeClaim" in volume:
            return self._claim(volume["persistentVolumeClaim"]["claimName"])
        if "emptyDir" in volume:
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(0o777)
            return folder
        if "configMap" in volume:
            return self._written(folder, [volume["configMap"] | {"kind": "configMap"}], volume["configMap"])
        if "secret" in volume:
            source = volume["secret"] | {"kind": "secret", "name": volume["secret"]["secretName"]}
            return self._written(folder, [source], volume["secret"])
        if "downwardAPI" in volume:
            return self._written(folder, [volume["downwardAPI"] | {"kind": "downwardAPI"}], volume["downwardAPI"])
        if "projected" in volume:
            sources = [
                body | {"kind": kind} for source in volume["projected"]["sources"] for kind, body in source.items()
            ]
            return self._written(folder, sources, volume["projected"])
        kind = next((key for key in volume if key != "name"), "")
        raise ConfigProblem(f"the local cluster has no volumes of kind {kind}")

    def _claim(self, name: str) -> Path:
        if self._lookup("persistentvolumeclaims", name) is None:
            raise ConfigProblem(f'persistentvolumeclaim "{name}" not found')
        folder: Path = self._claims / self._pod["metadata"]["namespace"] / name
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o777)
        return folder

    def _written(self, folder: Path, sources: list[Object], settings: Object) -> Path:
        """Write the files of all sources; files that are no longer named are removed."""
        default_mode = settings.get("defaultMode", 0o644)
        wanted: dict[str, tuple[bytes, int]] = {}
        for source in sources:
            wanted.update(self._files(source, default_mode))
        for name in wanted:
            if os.path.isabs(name) or ".." in Path(name).parts:
                raise ConfigProblem(f"{name} leads out of the volume")
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o755)
        for name, (data, mode) in wanted.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if not path.exists() or path.read_bytes() != data:
                path.unlink(missing_ok=True)
                path.write_bytes(data)
            path.chmod(mode)
        for path in folder.rglob("*"):
            if path.is_file() and str(path.relative_to(folder)) not in wanted:
                path.unlink()
        return folder

    def _files(self, source: Object, default_mode: int) -> dict[str, tuple[bytes, int]]:
        kind = source["kind"]
        if kind == "serviceAccountToken":
            return {source["path"]: (self._token().encode(), 0o644)}
        if kind == "downwardAPI":
            return {
                item["path"]: (self._downward(item).encode(), item.get("mode", default_mode))
                for item in source.get("items") or []
            }
        data = self._data(kind, source)
        if data is None:
            return {}
        items = source.get("items")
        if not items:
            return {key: (value, default_mode) for key, value in data.items()}
        files = {}
        for item in items:
            if item["key"] not in data:
                if source.get("optional"):
                    continue
                word = "configmap" if kind == "configMap" else "secret"
                raise ConfigProblem(f"{word} references non-existent config key: {item['key']}")
            files[item["path"]] = (data[item["key"]], item.get("mode") or default_mode)
        return files

    def _downward(self, item: Object) -> str:
        if "fieldRef" in item:
            return field_value(self._pod, item["fieldRef"]["fieldPath"], {})
        reference = item["resourceFieldRef"]
        containers = {container["name"]: container for container in self._pod["spec"]["containers"]}
        return resource_value(containers[reference["containerName"]], reference, {})

    def _data(self, kind: str, source: Object) -> dict[str, bytes] | None:
        plural, word = ("configmaps", "configmap") if kind == "configMap" else ("secrets", "secret")
        found = self._lookup(plural, source["name"])
        if found is None:
            if source.get("optional"):
                return None
            raise ConfigProblem(f'{word} "{source["name"]}" not found')
        if kind == "configMap":
            data = {key: text.encode() for key, text in (found.get("data") or {}).items()}
            binary = found.get("binaryData") or {}
        else:
            data, binary = {}, found.get("data") or {}
        return data | {key: base64.b64decode(text) for key, text in binary.items()}

    def mounts(self, container: Object, environment: dict[str, str]) -> list[Object]:
        """Return the shim's mounts for one container. Raises ConfigProblem."""
        read_only = {
            volume["name"]
            for volume in self._pod["spec"].get("volumes") or []
            if volume.keys() & {"configMap", "secret", "projected", "downwardAPI"}
            or volume.get("persistentVolumeClaim", {}).get("readOnly")
        }
        found = []
        for mount in container.get("volumeMounts") or []:
            name = mount["name"]
            place = self._places[name]
            sub_path = expand(mount.get("subPathExpr", ""), environment) or mount.get("subPath") or ""
            found.append(
                {
                    "source": str(place),
                    "sub_path": self._within(place, sub_path),
                    "target": os.path.normpath("/" + mount["mountPath"]),
                    "read_only": mount.get("readOnly", False) or name in read_only,
                }
            )
        return found

    def _within(self, place: Path, sub_path: str) -> str:
        """Return the part of a volume that `subPath` names, made if missing. A link must not lead out of the volume."""
        inside = place.resolve()
        target = (inside / sub_path).resolve()
        if not target.is_relative_to(inside):
            raise ConfigProblem(f"failed to prepare subPath for volumeMount: {sub_path} leads out of the volume")
        if not target.exists():
            target.mkdir(parents=True)
        return "" if target == inside else str(target.relative_to(inside))

    def remove(self) -> None:
        """Forget the pod's own volumes; claims stay."""
        shutil.rmtree(self._folder, ignore_errors=True)


__all__ = ["ConfigProblem", "Environment", "MountFailed", "Volumes"]
