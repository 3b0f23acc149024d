"""What a manifest says about a task and its roles, for reading: settings as they were submitted.

Reads any manifest, whoever wrote it: what is not there, or not of the shape it should have, is left out.
"""

from dataclasses import dataclass
from typing import Any

from tasks.frameworks.building import FLAVOR_ANNOTATION

Manifest = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPolicy:
    """None: not written down, so the operator's default holds."""

    clean_pod_policy: str | None
    backoff_limit: int | None
    active_deadline_seconds: int | None
    ttl_seconds_after_finished: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """One environment variable: typed in (`value`), or a reference (`source` says to what; no secret is shown)."""

    name: str
    value: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mount:
    path: str
    source: str  # "claim datasets", "ConfigMap settings", "Secret token"
    inside: str = ""  # subPath
    read_only: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleSettings:
    replicas: int
    restart_policy: str
    image: str
    command: list[str]
    args: list[str]
    typed: list[Variable]
    referenced: list[Variable]
    mounts: list[Mount]
    requests: dict[str, str]
    node_selector: dict[str, str]
    flavor: str  # its key; "" for a task that was made without our catalogue


def run_policy_of(manifest: Manifest) -> RunPolicy:
    """Since v1 the fields stand in spec.runPolicy, and MPI's clean-up policy may stand in spec itself."""
    spec = _dict(manifest, "spec")
    policy = _dict(spec, "runPolicy")
    return RunPolicy(
        clean_pod_policy=policy.get("cleanPodPolicy") or spec.get("cleanPodPolicy"),
        backoff_limit=policy.get("backoffLimit"),
        active_deadline_seconds=policy.get("activeDeadlineSeconds"),
        ttl_seconds_after_finished=policy.get("ttlSecondsAfterFinished"),
    )


def role_settings_of(manifest: Manifest, role: str) -> RoleSettings | None:
    """The settings of one role; None when the manifest has no such role."""
    replica = next((spec for name, spec in _replica_specs(manifest).items() if name.lower() == role.lower()), None)
    if replica is None:
        return None
    template = _dict(replica, "template")
    pod = _dict(template, "spec")
    container = (_list(pod, "containers") or [{}])[0]
    variables = [_variable(entry) for entry in _list(container, "env")]
    resources = _dict(container, "resources")
    return RoleSettings(
        replicas=replica.get("replicas", 1),
        restart_policy=replica.get("restartPolicy", ""),
        image=container.get("image", ""),
        command=[str(word) for word in _list(container, "command")],
        args=[str(word) for word in _list(container, "args")],
        typed=[variable for variable in variables if not variable.source],
        referenced=[variable for variable in variables if variable.source] + _whole_references(container),
        mounts=_mounts(pod, container),
        requests={**_dict(resources, "limits"), **_dict(resources, "requests")},
        node_selector=_dict(pod, "nodeSelector"),
        flavor=str(_dict(_dict(template, "metadata"), "annotations").get(FLAVOR_ANNOTATION, "")),
    )


def _replica_specs(manifest: Manifest) -> dict[str, Any]:
    """{"Worker": {...}}, from whichever of tfReplicaSpecs, pytorchReplicaSpecs, … the kind has."""
    for key, value in _dict(manifest, "spec").items():
        if key.endswith("ReplicaSpecs") and isinstance(value, dict):
            return value
    return {}


def _variable(entry: Manifest) -> Variable:
    name, source = str(entry.get("name", "")), _dict(entry, "valueFrom")
    for kind, words in (("secretKeyRef", "Secret"), ("configMapKeyRef", "ConfigMap")):
        if reference := _dict(source, kind):
            return Variable(name=name, source=f"{words} {reference.get('name', '')} · {reference.get('key', '')}")
    if field := _dict(source, "fieldRef"):
        return Variable(name=name, source=str(field.get("fieldPath", "")))
    if resource := _dict(source, "resourceFieldRef"):
        return Variable(name=name, source=str(resource.get("resource", "")))
    return Variable(name=name, value=str(entry.get("value", "")))


def _whole_references(container: Manifest) -> list[Variable]:
    """envFrom: every key of a ConfigMap or Secret, under a prefix."""
    found = []
    for entry in _list(container, "envFrom"):
        for kind, words in (("secretRef", "Secret"), ("configMapRef", "ConfigMap")):
            if reference := _dict(entry, kind):
                source = f"{words} {reference.get('name', '')}"
                found.append(Variable(name=f"{entry.get('prefix', '')}*", source=source))
    return found


def _mounts(pod: Manifest, container: Manifest) -> list[Mount]:
    sources = {volume.get("name"): _volume_source(volume) for volume in _list(pod, "volumes")}
    return [
        Mount(
            path=str(mount.get("mountPath", "")),
            source=sources.get(mount.get("name")) or str(mount.get("name", "")),
            inside=str(mount.get("subPath", "")),
            read_only=bool(mount.get("readOnly")),
        )
        for mount in _list(container, "volumeMounts")
    ]


def _volume_source(volume: Manifest) -> str:
    if claim := _dict(volume, "persistentVolumeClaim"):
        return f"PersistentVolumeClaim {claim.get('claimName', '')}"
    if config_map := _dict(volume, "configMap"):
        return f"ConfigMap {config_map.get('name', '')}"
    if secret := _dict(volume, "secret"):
        return f"Secret {secret.get('secretName', '')}"
    return next((key for key in volume if key != "name"), "")


def _dict(value: Manifest, key: str) -> Manifest:
    found = value.get(key)
    return found if isinstance(found, dict) else {}


def _list(value: Manifest, key: str) -> list[Any]:
    found = value.get(key)
    return found if isinstance(found, list) else []
