"""A cluster in a dictionary, for what operations do when answers are lost: `connect=cluster.connect`."""

from copy import deepcopy
from typing import Any
from uuid import uuid4

from console.cluster import AlreadyExists, ClusterError, ClusterUnavailable, Identity, NotFound, Rejected
from console.cluster.resources import OPERATION_LABEL, Manifest, Resource


class MemoryCluster:
    def __init__(self) -> None:
        self.objects: dict[tuple[str, str, str], Manifest] = {}  # (kind, namespace, name)
        self.away = False
        self.loses_answers = False  # does what it is told, and the answer never arrives
        self.refusal: ClusterError | None = None  # the answer to whatever changes something
        self.creation_trouble: ClusterError | None = None  # the answer to whatever creates something
        self.asked_as: list[Identity] = []
        self.deletions: list[dict[str, Any]] = []

    def connect(self, identity: Identity) -> "MemoryCluster":
        self.asked_as.append(identity)
        return self

    def names(self) -> list[str]:
        return sorted(f"{kind} {name}" for kind, _, name in self.objects)

    def add(self, kind: str, name: str, *, namespace: str = "vision", operation: str = "") -> Manifest:
        labels = {OPERATION_LABEL: operation} if operation else {}
        metadata = {"name": name, "namespace": namespace, "uid": str(uuid4()), "labels": labels}
        made = {"kind": kind, "metadata": metadata, "spec": {"runPolicy": {}}}
        self.objects[kind, namespace, name] = made
        return made

    def get(self, resource: Resource, namespace: str, name: str) -> Manifest:
        self._reach()
        try:
            return deepcopy(self.objects[resource.kind, namespace, name])
        except KeyError:
            raise NotFound(f"{resource.key} {name!r} not found", status=404) from None

    def list(self, resource: Resource, namespace: str, *, label_selector: str) -> list[Manifest]:
        self._reach()
        name, _, value = label_selector.partition("=")
        return [
            deepcopy(found)
            for (kind, place, _), found in self.objects.items()
            if (kind, place) == (resource.kind, namespace) and found["metadata"]["labels"].get(name) == value
        ]

    def create_once(self, resource: Resource, manifest: Manifest) -> Manifest:
        self._change()
        if self.creation_trouble:
            raise self.creation_trouble
        metadata = manifest["metadata"]
        key = (resource.kind, metadata["namespace"], metadata["name"])
        found = self.objects.get(key)
        if found is None:
            found = deepcopy(manifest)
            found["metadata"]["uid"] = str(uuid4())
            self.objects[key] = found
        elif found["metadata"]["labels"].get(OPERATION_LABEL) != metadata["labels"][OPERATION_LABEL]:
            raise AlreadyExists(f"{resource.key} {metadata['name']!r} already exists", status=409)
        self._answer()
        return deepcopy(found)

    def patch(self, resource: Resource, namespace: str, name: str, patch: Manifest) -> Manifest:
        self._change()
        found = self.objects.get((resource.kind, namespace, name))
        if found is None:
            raise NotFound(f"{name!r} not found", status=404)
        if patch["metadata"]["uid"] != found["metadata"]["uid"]:
            raise Rejected('metadata.uid: Invalid value: "x": field is immutable', status=422)  # as the API server says
        found["spec"]["runPolicy"].update(patch["spec"]["runPolicy"])
        self._answer()
        return deepcopy(found)

    def delete(self, resource: Resource, namespace: str, name: str, *, uid: str, propagation: str) -> None:
        self._change()
        found = self.objects.get((resource.kind, namespace, name))
        if found is None or found["metadata"]["uid"] != uid:
            raise NotFound(f"{name!r} not found", status=404)
        self.deletions.append({"name": name, "uid": uid, "propagation": propagation})
        del self.objects[resource.kind, namespace, name]
        self._answer()

    def _reach(self) -> None:
        if self.away:
            raise ClusterUnavailable("connection refused")

    def _change(self) -> None:
        self._reach()
        if self.refusal is not None:
            raise self.refusal

    def _answer(self) -> None:
        if self.loses_answers:
            raise ClusterUnavailable("the connection was closed")
