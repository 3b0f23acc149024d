from typing import Any

from tasks.specification.task import (
    ConfigMapKey,
    DataVolume,
    EnvEntry,
    FileMount,
    HttpCheck,
    PodField,
    Probe,
    RoleSpec,
    RunPolicy,
    SecretKey,
    TaskSpec,
)
from tasks.specification.typed import as_lines


def entries_of(spec: TaskSpec) -> dict[str, Any]:
    """The entries that a person would have typed for this task: `spec_of(entries_of(spec)).spec == spec`.

    Roles that do not take part are absent. The framework and the mode are no entries; they belong to the draft.
    """
    return {
        "basics": {
            "name": spec.name,
            "namespace": spec.namespace,
            "description": spec.description,
            "image": spec.image,
            "pull_secrets": list(spec.pull_secrets),
            **{key: value for volume in spec.volumes for key, value in _volume(volume).items()},
        },
        "roles": {role.name: _role(role) for role in spec.roles},
        "advanced": {
            **_run_policy(spec.run_policy),
            "priority_class": spec.priority_class,
            "tensorboard": _switch(spec.tensorboard),
        },
        "kept": dict(spec.kept),
    }


def _volume(volume: DataVolume) -> dict[str, str]:
    purpose = volume.purpose.value
    return {
        f"{purpose}_claim": volume.claim,
        f"{purpose}_sub_path": volume.sub_path,
        f"{purpose}_mount_path": volume.mount_path,
    }


def _run_policy(policy: RunPolicy) -> dict[str, str]:
    return {
        "backoff_limit": _number(policy.backoff_limit),
        "active_deadline_seconds": _number(policy.active_deadline_seconds),
        "ttl_seconds_after_finished": _number(policy.ttl_seconds_after_finished),
        "clean_pod_policy": policy.clean_pod_policy.value,
        "suspend": _switch(policy.suspend),
    }


def _role(role: RoleSpec) -> dict[str, Any]:
    return {
        "enabled": "on",
        "replicas": str(role.replicas),
        "image": role.image,
        "flavor": role.flavor.key if role.flavor else "",
        "command": as_lines(role.command),
        "args": as_lines(role.args),
        "restart_policy": role.restart_policy.value,
        "shared_memory": _switch(role.shared_memory),
        "env": [_env(entry) for entry in role.env],
        "liveness": _probe(role.liveness),
        "readiness": _probe(role.readiness),
        "post_start": as_lines(role.post_start),
        "pre_stop": as_lines(role.pre_stop),
        "mounts": [_mount(mount) for mount in role.mounts],
        "kept": dict(role.kept),
    }


def _env(entry: EnvEntry) -> dict[str, str]:
    typed = {"name": entry.name, "source": "value", "value": "", "field": "", "reference": "", "key": ""}
    match entry.source:
        case PodField() as field:
            return typed | {"source": "field", "field": field.value}
        case ConfigMapKey(name=name, key=key):
            return typed | {"source": "config_map", "reference": name, "key": key}
        case SecretKey(name=name, key=key):
            return typed | {"source": "secret", "reference": name, "key": key}
        case value:
            return typed | {"value": value}


def _probe(probe: Probe | None) -> dict[str, str]:
    if probe is None:
        return {"kind": ""}
    check = probe.check
    if isinstance(check, HttpCheck):
        typed = {"kind": "http", "path": check.path, "port": str(check.port), "scheme": check.scheme.value}
    else:
        typed = {"kind": "command", "command": as_lines(check.command)}
    return typed | {
        "initial_delay_seconds": str(probe.initial_delay_seconds),
        "timeout_seconds": str(probe.timeout_seconds),
        "period_seconds": str(probe.period_seconds),
        "success_threshold": str(probe.success_threshold),
        "failure_threshold": str(probe.failure_threshold),
    }


def _mount(mount: FileMount) -> dict[str, str]:
    return {
        "source": mount.source.value,
        "name": mount.name,
        "mount_path": mount.mount_path,
        "keys": as_lines(mount.keys),
    }


def _number(value: int | None) -> str:
    return "" if value is None else str(value)


def _switch(on: bool) -> str:
    return "on" if on else ""
