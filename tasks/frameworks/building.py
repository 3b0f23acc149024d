from console.cluster.resources import (
    DESCRIPTION_ANNOTATION,
    MODE_LABEL,
    OPERATION_LABEL,
    OWNER_ANNOTATION,
    Manifest,
)
from tasks.frameworks import FRAMEWORKS
from tasks.specification.flavor import GPU_RESOURCE, RDMA_RESOURCE, Flavor
from tasks.specification.shapes import Framework
from tasks.specification.task import (
    ConfigMapKey,
    EnvEntry,
    PodField,
    RestartPolicy,
    RoleSpec,
    RunPolicy,
    SecretKey,
    TaskSpec,
)

FLAVOR_ANNOTATION = "trainyard.io/flavor"  # on each pod: the key in the catalogue
SHARED_MEMORY_VOLUME = "shared-memory"
SHARED_MEMORY_PATH = "/dev/shm"  # noqa: S108  (a mount point, not a temporary file)
# A proxy beside the training container would keep the pod running after the training has ended.
NO_SIDECAR = {"sidecar.istio.io/inject": "false"}
# GPU nodes are usually tainted so that nothing else lands there.
GPU_TOLERATION = {"key": GPU_RESOURCE, "operator": "Exists", "effect": "NoSchedule"}


def build(spec: TaskSpec, *, operation: str, owner: str) -> Manifest:
    """The manifest of a task that `check` has nothing blocking to say about.

    `operation` is the key of the Operation that asks for it, `owner` the person's name. What the operator would only
    assume is written out (kubeflow.md 0.2); a role with no pods is never written, since it would bring the operator
    into a tight loop, or down. Raises ValueError for a specification that was not checked.
    """
    framework = FRAMEWORKS[spec.framework]
    mode = framework.mode(spec.mode)
    if mode is None or not spec.roles:
        raise ValueError(f"{spec.framework} has no mode {spec.mode!r}, or no role takes part")
    order = {role.name: index for index, role in enumerate(mode.roles)}
    by_role = {
        role.name: _replica_spec(role, spec, framework, operation=operation, owner=owner)
        for role in sorted(spec.roles, key=lambda role: order[role.name])
    }
    if len(by_role) != len(spec.roles):
        raise ValueError("each role may appear once")
    annotations = {OWNER_ANNOTATION: owner}
    if spec.description:
        annotations[DESCRIPTION_ANNOTATION] = spec.description
    return {
        "apiVersion": framework.resource.api_version,
        "kind": framework.resource.kind,
        "metadata": {
            "name": spec.name,
            "namespace": spec.namespace,
            "labels": {OPERATION_LABEL: operation, MODE_LABEL: spec.mode},
            "annotations": annotations,
        },
        "spec": {
            "runPolicy": _run_policy(spec.run_policy, spec.roles),
            **framework.extra_fields(spec),
            framework.roles_field: by_role,
        },
    }


def _run_policy(policy: RunPolicy, roles: tuple[RoleSpec, ...]) -> Manifest:
    manifest: Manifest = {"cleanPodPolicy": policy.clean_pod_policy.value, "suspend": policy.suspend}
    # With Never it has no use but one: 0 makes operators before 1.9.4 delete every pod, logs and all, when one fails.
    restarts = any(role.restart_policy != RestartPolicy.NEVER for role in roles)
    if restarts and policy.backoff_limit is not None:
        manifest["backoffLimit"] = policy.backoff_limit
    if policy.active_deadline_seconds is not None:
        manifest["activeDeadlineSeconds"] = policy.active_deadline_seconds
    if policy.ttl_seconds_after_finished is not None:
        manifest["ttlSecondsAfterFinished"] = policy.ttl_seconds_after_finished
    return manifest


def _replica_spec(role: RoleSpec, spec: TaskSpec, framework: Framework, *, operation: str, owner: str) -> Manifest:
    if role.flavor is None or role.replicas < 1:
        raise ValueError(f"role {role.name} has no flavor, or no pods")
    pod: Manifest = {"containers": [_container(role, role.flavor, spec, framework)]}
    if role.name not in framework.roles_with_account:
        pod["automountServiceAccountToken"] = False  # training code has no business with the API server
    if volumes := _volumes(role, spec):
        pod["volumes"] = volumes
    if role.flavor.node_selector:
        pod["nodeSelector"] = role.flavor.node_selector
    if role.flavor.gpus:
        pod["tolerations"] = [GPU_TOLERATION]
    metadata = {
        # The operator copies no label from the task to its pods (kubeflow.md section 5).
        "labels": {OPERATION_LABEL: operation, MODE_LABEL: spec.mode},
        "annotations": {OWNER_ANNOTATION: owner, FLAVOR_ANNOTATION: role.flavor.key, **NO_SIDECAR},
    }
    return {
        "replicas": role.replicas,
        "restartPolicy": role.restart_policy.value,
        "template": {"metadata": metadata, "spec": pod},
    }


def _container(role: RoleSpec, flavor: Flavor, spec: TaskSpec, framework: Framework) -> Manifest:
    resources = resources_of(flavor)
    container: Manifest = {
        "name": framework.container,
        "image": spec.image,
        "imagePullPolicy": "IfNotPresent",
        "resources": {"requests": resources, "limits": resources},
    }
    if role.command:
        container["command"] = list(role.command)
    if role.args:
        container["args"] = list(role.args)
    if role.env:
        container["env"] = [_env(entry) for entry in role.env]
    if mounts := _mounts(role, spec):
        container["volumeMounts"] = mounts
    return container


def resources_of(flavor: Flavor) -> dict[str, str]:
    """What one pod asks for, and may use at most: in Kubernetes' units, whole ones where they are."""
    cpu, memory = flavor.cpu_millicores, flavor.memory_mib
    resources = {
        "cpu": f"{cpu}m" if cpu % 1000 else str(cpu // 1000),
        "memory": f"{memory}Mi" if memory % 1024 else f"{memory // 1024}Gi",
    }
    if flavor.gpus:
        resources[GPU_RESOURCE] = str(flavor.gpus)
    if flavor.rdma_devices:
        resources[RDMA_RESOURCE] = str(flavor.rdma_devices)
    return resources


def _env(entry: EnvEntry) -> Manifest:
    match entry.source:
        case PodField() as source:
            value_from: Manifest = {"fieldRef": {"fieldPath": source.value}}
        case ConfigMapKey(name=name, key=key):
            value_from = {"configMapKeyRef": {"name": name, "key": key}}
        case SecretKey(name=name, key=key):
            value_from = {"secretKeyRef": {"name": name, "key": key}}
        case value:
            return {"name": entry.name, "value": value}
    return {"name": entry.name, "valueFrom": value_from}


def _volumes(role: RoleSpec, spec: TaskSpec) -> list[Manifest]:
    volumes: list[Manifest] = [
        {"name": volume.purpose.value, "persistentVolumeClaim": {"claimName": volume.claim}} for volume in spec.volumes
    ]
    if role.shared_memory:
        volumes.append({"name": SHARED_MEMORY_VOLUME, "emptyDir": {"medium": "Memory"}})
    return volumes


def _mounts(role: RoleSpec, spec: TaskSpec) -> list[Manifest]:
    mounts: list[Manifest] = []
    for volume in spec.volumes:
        mount = {"name": volume.purpose.value, "mountPath": volume.mount_path}
        if volume.sub_path:
            mount["subPath"] = volume.sub_path
        mounts.append(mount)
    if role.shared_memory:
        mounts.append({"name": SHARED_MEMORY_VOLUME, "mountPath": SHARED_MEMORY_PATH})
    return mounts
