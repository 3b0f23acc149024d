"""A task of each mode with every field filled in, and everything carried along that may be."""

from copy import deepcopy
from dataclasses import replace
from typing import Any

from tasks.frameworks import FRAMEWORKS
from tasks.specification import (
    CleanPodPolicy,
    CommandCheck,
    ConfigMapKey,
    DataVolume,
    EnvEntry,
    FileMount,
    FileSource,
    HttpCheck,
    PodField,
    Probe,
    RestartPolicy,
    RoleSpec,
    RunPolicy,
    Scheme,
    SecretKey,
    TaskSpec,
    VolumePurpose,
)
from tasks.specification.kept import CONTAINER, ROLE_KEPT, TASK_KEPT
from tests.tasks.manifests import ROLE_EXAMPLES, TASK_EXAMPLES
from tests.tasks.specifications import RDMA, SMALL, V100, spec

# Newer operators only, or in the place of a field that is filled in here.
_LEFT_OUT = {
    "spec.runPolicy.managedBy",
    "spec.jobMode",
    "template.spec.priorityClassName",
    "template.spec.imagePullSecrets",
    "template.spec.automountServiceAccountToken",
    f"{CONTAINER}.resources",
    f"{CONTAINER}.livenessProbe",
    f"{CONTAINER}.readinessProbe",
    f"{CONTAINER}.volumeMounts[]",
    "template.spec.volumes[]",
    f"{CONTAINER}.env[]",
}


def maximal(framework: str, mode: str, **changes: Any) -> TaskSpec:
    task = spec(framework, mode)
    shape = FRAMEWORKS[framework].mode(mode)
    assert shape is not None
    roles = tuple(
        _role(role, framework, waits=bool((own := shape.role(role.name)) and own.rdma)) for role in task.roles
    )
    kept = {path: deepcopy(values[0]) for path, values in TASK_EXAMPLES.items() if _stays(path, framework)}
    full = replace(
        task,
        description="first line\nsecond: 训练 “quoted”",
        volumes=tuple(
            DataVolume(purpose=purpose, claim="datasets", sub_path="a/b", mount_path=f"/volumes/{purpose.value}")
            for purpose in VolumePurpose
        ),
        roles=roles,
        run_policy=RunPolicy(
            backoff_limit=3,
            active_deadline_seconds=3600,
            ttl_seconds_after_finished=600,
            clean_pod_policy=CleanPodPolicy.ALL,
            suspend=True,
        ),
        pull_secrets=("registry", "other"),
        priority_class="high",
        tensorboard=True,
        kept=kept,
    )
    return replace(full, **changes)


def _stays(path: str, framework: str) -> bool:
    kept = ROLE_KEPT.get(path) or TASK_KEPT[path]
    return path not in _LEFT_OUT and (not kept.frameworks or framework in kept.frameworks)


def _role(role: RoleSpec, framework: str, *, waits: bool) -> RoleSpec:
    kept = {path: deepcopy(values[0]) for path, values in ROLE_EXAMPLES.items() if _stays(path, framework)}
    kept["template.spec.volumes[0]"] = {"name": "scratch", "emptyDir": {"sizeLimit": "1Gi"}}
    kept[f"{CONTAINER}.volumeMounts[1]"] = {"name": "scratch", "mountPath": "/scratch", "readOnly": False}
    for index, entry in enumerate(ROLE_EXAMPLES[f"{CONTAINER}.env[]"]):
        kept[f"{CONTAINER}.env[{index * 2}]"] = deepcopy(entry)
    return replace(
        role,
        flavor=RDMA if waits else V100 if role.name == "Worker" else SMALL,
        image="busybox:1.36" if role.name == "Worker" else "",
        command=("sh", "-c", 'echo "a\nb"'),
        args=("--rate", " 0.1 "),
        env=(
            EnvEntry("A", "value with $(B) and 字"),
            EnvEntry("IP_OF_POD", PodField.POD_IP),
            EnvEntry("NAME_OF_POD", PodField.POD_NAME),
            EnvEntry("RATE", ConfigMapKey("settings", "lr")),
            EnvEntry("TOKEN", SecretKey("token", "value")),
        ),
        restart_policy=RestartPolicy.ON_FAILURE,
        shared_memory=True,
        liveness=Probe(
            check=HttpCheck(path="/healthz", port=8080, scheme=Scheme.HTTPS),
            initial_delay_seconds=300,
            timeout_seconds=2,
            period_seconds=20,
            failure_threshold=5,
        ),
        readiness=Probe(check=CommandCheck(command=("test", "-e", "/tmp/ready")), success_threshold=2),  # noqa: S108
        post_start=("sh", "-c", "date >/started"),
        pre_stop=("sync",),
        mounts=(
            FileMount(source=FileSource.CONFIG_MAP, name="settings", mount_path="/files/settings"),
            FileMount(source=FileSource.SECRET, name="token", mount_path="/files/token", keys=("value", "other")),
        ),
        kept=kept,
    )
