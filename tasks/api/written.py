"""A specification as the API's JSON: `specification_of` reads it back as the same."""

from typing import Any

from tasks.specification import ConfigMapKey, EnvEntry, FileMount, HttpCheck, PodField, Probe, RoleSpec, TaskSpec
from tasks.specification.task import SecretKey


def written(spec: TaskSpec) -> dict[str, Any]:
    policy = spec.run_policy
    return {
        "framework": spec.framework,
        "mode": spec.mode,
        "name": spec.name,
        "namespace": spec.namespace,
        "description": spec.description,
        "image": spec.image,
        "pull_secrets": list(spec.pull_secrets),
        "volumes": {
            volume.purpose.value: {
                "claim": volume.claim,
                "sub_path": volume.sub_path,
                "mount_path": volume.mount_path,
            }
            for volume in spec.volumes
        },
        "roles": {role.name: _role(role) for role in spec.roles},
        "run_policy": {
            "backoff_limit": policy.backoff_limit,
            "active_deadline_seconds": policy.active_deadline_seconds,
            "ttl_seconds_after_finished": policy.ttl_seconds_after_finished,
            "clean_pod_policy": policy.clean_pod_policy.value,
            "suspend": policy.suspend,
        },
        "priority_class": spec.priority_class,
        "tensorboard": spec.tensorboard,
        "kept": dict(spec.kept),
    }


def _role(role: RoleSpec) -> dict[str, Any]:
    found = {
        "replicas": role.replicas,
        "flavor": role.flavor.key if role.flavor else "",
        "image": role.image,
        "command": list(role.command),
        "args": list(role.args),
        "env": [_env(entry) for entry in role.env],
        "restart_policy": role.restart_policy.value,
        "shared_memory": role.shared_memory,
        "post_start": list(role.post_start),
        "pre_stop": list(role.pre_stop),
        "mounts": [_mount(mount) for mount in role.mounts],
        "kept": dict(role.kept),
    }
    for name, probe in (("liveness", role.liveness), ("readiness", role.readiness)):
        if probe is not None:
            found[name] = _probe(probe)
    return found


def _env(entry: EnvEntry) -> dict[str, str]:
    match entry.source:
        case PodField() as field:
            return {"name": entry.name, "field": field.value}
        case ConfigMapKey(name=name, key=key):
            return {"name": entry.name, "config_map": name, "key": key}
        case SecretKey(name=name, key=key):
            return {"name": entry.name, "secret": name, "key": key}
        case value:
            return {"name": entry.name, "value": value}


def _probe(probe: Probe) -> dict[str, Any]:
    check = probe.check
    if isinstance(check, HttpCheck):
        asked: dict[str, Any] = {"http": {"path": check.path, "port": check.port, "scheme": check.scheme.value}}
    else:
        asked = {"command": list(check.command)}
    return asked | {
        "initial_delay_seconds": probe.initial_delay_seconds,
        "timeout_seconds": probe.timeout_seconds,
        "period_seconds": probe.period_seconds,
        "success_threshold": probe.success_threshold,
        "failure_threshold": probe.failure_threshold,
    }


def _mount(mount: FileMount) -> dict[str, Any]:
    return {mount.source.value: mount.name, "mount_path": mount.mount_path, "keys": list(mount.keys)}
