"""What a new cluster holds: namespaces, claims, roles, people's rights."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from console.localcluster.machinery.api import Api
from console.localcluster.machinery.kinds import CRD, JOB_KINDS, NAMESPACE, Kind, kind_of
from console.localcluster.machinery.objects import new_uid, seconds_text

HERE = Path(__file__).parent


def plant(api: Api, served: tuple[Kind, ...], rights: Path) -> None:
    """At the first start only; `rights`: a folder of YAML files with RBAC objects (deploy/rbac)."""
    _serve_crds(api, served)
    if api.store.get(NAMESPACE.key, "", "default") is not None:
        return
    files = [HERE / "objects.yaml", HERE / "cluster-roles.yaml", *sorted(rights.glob("*.yaml"))]
    for file in files:
        for manifest in _documents(file):
            _create(api, manifest)


def _documents(file: Path) -> Iterator[dict[str, Any]]:
    for document in yaml.safe_load_all(file.read_text()):
        if document:
            yield from document["items"] if document.get("kind") == "List" else [document]


def _create(api: Api, manifest: dict[str, Any]) -> None:
    kind = kind_of(manifest["apiVersion"], manifest["kind"])
    if kind is None:
        raise ValueError(f"no such kind here: {manifest['apiVersion']} {manifest['kind']}")
    api.create(kind, manifest["metadata"].get("namespace", ""), manifest)


def _serve_crds(api: Api, served: tuple[Kind, ...]) -> None:
    """One CustomResourceDefinition for each job kind served, and none for the others."""
    for kind in JOB_KINDS:
        held = api.store.get(CRD.key, "", kind.key)
        if kind in served and held is None:
            api.store.put(CRD.key, _crd(api, kind))
        elif kind not in served and held is not None:
            api.store.remove(CRD.key, "", kind.key)


def _crd(api: Api, kind: Kind) -> dict[str, Any]:
    now = seconds_text(api.clock())
    names = {"kind": kind.kind, "listKind": kind.list_kind, "plural": kind.plural, "singular": kind.singular}
    state = {"jsonPath": ".status.conditions[-1:].type", "name": "State", "type": "string"}
    age = {"jsonPath": ".metadata.creationTimestamp", "name": "Age", "type": "date"}
    # The schema itself is served by /openapi/v3; here it only says that there is one.
    schema = {"openAPIV3Schema": {"type": "object"}}
    version = {
        "name": kind.version,
        "served": True,
        "storage": True,
        "schema": schema,
        "subresources": {"status": {}},
        "additionalPrinterColumns": [state, age],
    }
    conditions = [
        {"type": name, "status": "True", "reason": reason, "lastTransitionTime": now, "message": ""}
        for name, reason in (("NamesAccepted", "NoConflicts"), ("Established", "InitialNamesAccepted"))
    ]
    return {
        "apiVersion": CRD.api_version,
        "kind": CRD.kind,
        "metadata": {"name": kind.key, "uid": new_uid(), "creationTimestamp": now, "generation": 1},
        "spec": {"group": kind.group, "names": names, "scope": "Namespaced", "versions": [version]},
        "status": {"acceptedNames": names, "conditions": conditions, "storedVersions": [kind.version]},
    }
