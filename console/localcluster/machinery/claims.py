"""Claims of class "shared" get a volume of their own at once: a folder of this machine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from console.localcluster.machinery.api import Api
from console.localcluster.machinery.kinds import CLAIM, VOLUME
from console.localcluster.machinery.objects import Clock, at_path, clone, name_of, namespace_of, seconds_text, uid_of
from console.localcluster.store import Object

SHARED_CLASS = "shared"
ACCESS_MODES = ("ReadWriteMany", "ReadWriteOnce")


@dataclass(slots=True)
class ClaimBinder:
    """`folder`: where the kubelet keeps claims, as FOLDER/namespace/name. A claim that asks for more than the modes
    above, or for another class, stays Pending."""

    api: Api
    clock: Clock
    folder: Path

    async def run(self) -> None:
        claims = self.api.watch(CLAIM)
        try:
            async for change_type, claim in claims:
                if change_type == "DELETED":
                    self._release(claim)
                elif at_path(claim, "status.phase") != "Bound":
                    self._bind(claim)
        finally:
            claims.close()

    def _bind(self, claim: Object) -> None:
        held = self.api.store.get(CLAIM.key, namespace_of(claim), name_of(claim))
        spec = claim.get("spec") or {}
        if held is None or uid_of(held) != uid_of(claim) or spec.get("storageClassName") != SHARED_CLASS:
            return
        if not set(spec.get("accessModes") or ()) <= set(ACCESS_MODES):
            return
        capacity = {"storage": at_path(spec, "resources.requests.storage") or "1Gi"}
        name = f"pvc-{uid_of(claim)}"
        if self.api.store.get(VOLUME.key, "", name) is None:
            volume = self.api.create(VOLUME, "", self._volume(name, claim, capacity))
            self._set_phase(volume, "Bound")
        bound = clone(held)
        bound["spec"]["volumeName"] = name
        bound["metadata"].setdefault("annotations", {})["pv.kubernetes.io/bind-completed"] = "yes"
        bound = clone(self.api.update(CLAIM, bound))
        bound["status"] = {"phase": "Bound", "accessModes": list(ACCESS_MODES), "capacity": capacity}
        self.api.update_status(CLAIM, bound)

    def _volume(self, name: str, claim: Object, capacity: dict[str, str]) -> Object:
        path = self.folder / namespace_of(claim) / name_of(claim)
        reference: dict[str, Any] = {"apiVersion": "v1", "kind": CLAIM.kind, "uid": uid_of(claim)}
        reference |= {"namespace": namespace_of(claim), "name": name_of(claim)}
        return {
            "metadata": {"name": name},
            "spec": {
                "accessModes": list(ACCESS_MODES),
                "capacity": capacity,
                "claimRef": reference,
                "hostPath": {"path": str(path), "type": ""},
                "persistentVolumeReclaimPolicy": "Retain",
                "storageClassName": SHARED_CLASS,
                "volumeMode": "Filesystem",
            },
        }

    def _release(self, claim: Object) -> None:
        held = self.api.store.get(VOLUME.key, "", f"pvc-{uid_of(claim)}")
        if held is not None:
            self._set_phase(held, "Released")

    def _set_phase(self, volume: Object, phase: str) -> None:
        changed = clone(volume)
        changed["status"] = {"phase": phase, "lastPhaseTransitionTime": seconds_text(self.clock())}
        self.api.update_status(VOLUME, changed)
