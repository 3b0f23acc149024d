from console.cluster.resources import (
    DESCRIPTION_ANNOTATION,
    MODE_LABEL,
    OPERATION_LABEL,
    OWNER_ANNOTATION,
    Manifest,
)
from tasks.frameworks import FRAMEWORKS
from tasks.frameworks.containers import container_of
from tasks.frameworks.mounts import volumes_of
from tasks.frameworks.placing import place
from tasks.frameworks.tolerations import written_toleration
from tasks.specification.flavor import Flavor
from tasks.specification.kept import in_force
from tasks.specification.shapes import Framework
from tasks.specification.task import RestartPolicy, RoleSpec, RunPolicy, TaskSpec

FLAVOR_ANNOTATION = "trainyard.io/flavor"  # on each pod: the key in the catalogue
IMAGE_ANNOTATION = "trainyard.io/image"  # the task's image, where its first role has another
TENSORBOARD_ANNOTATION = "trainyard.io/tensorboard"  # "true": the task is to have one
# A proxy beside the training container would keep the pod running after the training has ended.
NO_SIDECAR = {"sidecar.istio.io/inject": "false"}


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
    roles = sorted(spec.roles, key=lambda role: order[role.name])
    by_role = {role.name: _replica_spec(role, spec, framework, operation=operation, owner=owner) for role in roles}
    if len(by_role) != len(roles):
        raise ValueError("each role may appear once")
    manifest: Manifest = {
        "apiVersion": framework.resource.api_version,
        "kind": framework.resource.kind,
        "metadata": {
            "name": spec.name,
            "namespace": spec.namespace,
            "labels": {OPERATION_LABEL: operation, MODE_LABEL: spec.mode},
            "annotations": _annotations(spec, roles[0], owner),
        },
        "spec": {
            "runPolicy": _run_policy(spec.run_policy, spec.roles),
            **framework.extra_fields(spec),
            framework.roles_field: by_role,
        },
    }
    place(manifest, spec.kept)
    return manifest


def _annotations(spec: TaskSpec, first: RoleSpec, owner: str) -> dict[str, str]:
    annotations = {OWNER_ANNOTATION: owner}
    if spec.description:
        annotations[DESCRIPTION_ANNOTATION] = spec.description
    if spec.tensorboard:
        annotations[TENSORBOARD_ANNOTATION] = "true"
    if first.image and first.image != spec.image:
        annotations[IMAGE_ANNOTATION] = spec.image
    return annotations


def _run_policy(policy: RunPolicy, roles: tuple[RoleSpec, ...]) -> Manifest:
    manifest: Manifest = {"cleanPodPolicy": policy.clean_pod_policy.value, "suspend": policy.suspend}
    # With Never it has no use but one: 0 makes operators before 1.9.4 delete every pod, logs and all, when one fails.
    restarts = any(role.restart_policy != RestartPolicy.NEVER for role in roles)
    if policy.backoff_limit is not None and (restarts or policy.backoff_limit):
        manifest["backoffLimit"] = policy.backoff_limit
    if policy.active_deadline_seconds is not None:
        manifest["activeDeadlineSeconds"] = policy.active_deadline_seconds
    if policy.ttl_seconds_after_finished is not None:
        manifest["ttlSecondsAfterFinished"] = policy.ttl_seconds_after_finished
    return manifest


def _replica_spec(role: RoleSpec, spec: TaskSpec, framework: Framework, *, operation: str, owner: str) -> Manifest:
    if role.flavor is None or role.replicas < 1:
        raise ValueError(f"role {role.name} has no flavor, or no pods")
    pod: Manifest = {"containers": [container_of(role, role.flavor, spec, framework)]}
    if role.name not in framework.roles_with_account:
        pod["automountServiceAccountToken"] = False  # training code has no business with the API server
    if volumes := volumes_of(role, spec):
        pod["volumes"] = volumes
    if spec.pull_secrets:
        pod["imagePullSecrets"] = [{"name": name} for name in spec.pull_secrets]
    if spec.priority_class:
        # Here, not in the schedulingPolicy, which counts only where gangs are scheduled (kubeflow.md 3.1).
        pod["priorityClassName"] = spec.priority_class
    if role.flavor.node_selector:
        pod["nodeSelector"] = dict(role.flavor.node_selector)
    if tolerations := tolerations_of(role.flavor):
        pod["tolerations"] = tolerations
    annotations = {OWNER_ANNOTATION: owner, **NO_SIDECAR}
    if role.flavor.key:
        annotations[FLAVOR_ANNOTATION] = role.flavor.key
    replica: Manifest = {
        "replicas": role.replicas,
        "restartPolicy": role.restart_policy.value,
        "template": {
            # The operator copies no label from the task to its pods (kubeflow.md section 5).
            "metadata": {"labels": {OPERATION_LABEL: operation, MODE_LABEL: spec.mode}, "annotations": annotations},
            "spec": pod,
        },
    }
    place(replica, {path: value for path, value in in_force(role).items() if value != {}})  # {}: no size at all
    return replica


def tolerations_of(flavor: Flavor) -> list[Manifest]:
    return [written_toleration(toleration) for toleration in flavor.tolerations]
