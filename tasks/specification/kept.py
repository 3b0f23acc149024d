"""What a manifest may say beyond the fields of a specification: carried along untouched, shown, and written back.

An allow-list, for security as much as for truth: what is not here is refused by its path.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tasks.specification import kept_shapes as shapes
from tasks.specification.accepting import DROPPED, Shape, any_object, flag, items, text, whole, words
from tasks.specification.findings import Code, Finding, error
from tasks.specification.task import RoleSpec

RESOURCES = "template.spec.containers[0].resources"
SELECTOR = "template.spec.nodeSelector"
CONTAINER = "template.spec.containers[0]"


@dataclass(frozen=True, slots=True)
class Kept:
    """`why` it may stay; `frameworks` that know the field, all when empty."""

    shape: Shape
    why: str
    frameworks: tuple[str, ...] = ()


# --- Paths from the manifest's top
TASK_KEPT: Mapping[str, Kept] = {
    "metadata.labels": Kept(shapes.labels, "the writer's own; ours are written by us"),
    "metadata.annotations": Kept(shapes.annotations, "the writer's own; ours are written by us"),
    "spec.runPolicy.schedulingPolicy": Kept(shapes.scheduling, "gangs, where the cluster schedules them"),
    "spec.runPolicy.managedBy": Kept(words("kubeflow.org/training-operator"), "says what is so anyway (1.9 on)"),
    "spec.successPolicy": Kept(words("", "AllWorkers"), "when the task has succeeded", ("tensorflow",)),
    "spec.enableDynamicWorker": Kept(flag(), "what TF_CONFIG names", ("tensorflow",)),
    "spec.elasticPolicy": Kept(shapes.elastic, "a number of workers that may change", ("pytorch",)),
    "spec.nprocPerNode": Kept(text("auto|cpu|gpu|[1-9][0-9]{0,3}"), "processes a pod", ("pytorch",)),
    "spec.jobMode": Kept(words("MXTrain"), "what we write; MXTune needs roles that no mode has", ("mxnet",)),
    "spec.slotsPerWorker": Kept(whole(1, 1024), "processes a worker, where they are not one a GPU", ("mpi",)),
    "spec.mainContainer": Kept(shapes.label_1123, "the only container there is", ("mpi",)),
    "spec.cleanPodPolicy": Kept(words("Running", "All", "None"), "an older place; the newer one wins", ("mpi",)),
}

# --- Paths from a role's entry
_TEMPLATE = {
    "template.metadata.labels": Kept(shapes.labels, "the writer's own; the operator's and ours win"),
    "template.metadata.annotations": Kept(shapes.annotations, "the writer's own; ours win"),
}
_POD = {
    "hostname": Kept(shapes.label_1123, "the pod's own business"),
    "subdomain": Kept(shapes.label_1123, "the pod's own business"),
    "setHostnameAsFQDN": Kept(flag(), "the pod's own business"),
    "dnsPolicy": Kept(words("ClusterFirst", "Default", "None"), "the pod's own business"),
    "dnsConfig": Kept(shapes.dns, "the pod's own business"),
    "enableServiceLinks": Kept(flag(), "the pod's own business"),
    "restartPolicy": Kept(words("Always", "OnFailure", "Never"), "the operator overwrites it (kubeflow.md 3.1)"),
    "terminationGracePeriodSeconds": Kept(whole(0, 86400), "time to write a checkpoint"),
    "activeDeadlineSeconds": Kept(whole(1), "ends it sooner"),
    "affinity": Kept(any_object, "narrows the choice of nodes"),
    "topologySpreadConstraints": Kept(items(any_object), "narrows the choice of nodes"),
    "nodeSelector": Kept(shapes.selector, "narrows the choice of nodes beyond the flavor's"),
    "schedulerName": Kept(shapes.subdomain, "a scheduler of gangs; the cluster has it, or the pods wait"),
    "priorityClassName": Kept(shapes.subdomain, "where roles differ; the cluster decides who may use it"),
    "imagePullSecrets": Kept(items(shapes.local_reference), "where roles differ; of its own namespace"),
    "securityContext": Kept(shapes.pod_security, "only ever lowers rights"),
    "automountServiceAccountToken": Kept(flag(only=False, because=Code.FIELD_IDENTITY), "is what we write"),
    "hostNetwork": Kept(flag(only=False, because=Code.FIELD_NODE), "false is what it is without"),
    "hostPID": Kept(flag(only=False, because=Code.FIELD_NODE), "false is what it is without"),
    "hostIPC": Kept(flag(only=False, because=Code.FIELD_NODE), "false is what it is without"),
    "volumes[]": Kept(shapes.volume, "of its own namespace, or of the pod alone"),
}
_CONTAINER = {
    "name": Kept(shapes.label_1123, "any word goes there", ("mpi",)),
    "workingDir": Kept(shapes.directory, "the container's own business"),
    "imagePullPolicy": Kept(words("Always", "IfNotPresent", "Never"), "when the node asks the registry"),
    "terminationMessagePath": Kept(shapes.directory, "the container's own business"),
    "terminationMessagePolicy": Kept(words("File", "FallbackToLogsOnError"), "the container's own business"),
    "stdin": Kept(flag(), "the container's own business"),
    "stdinOnce": Kept(flag(), "the container's own business"),
    "tty": Kept(flag(), "the container's own business"),
    "ports": Kept(items(shapes.port), "says what it listens on"),
    "env[]": Kept(shapes.env, "sources that the wizard does not offer"),
    "envFrom": Kept(items(shapes.env_from), "every key of a ConfigMap or Secret of its namespace"),
    "resources": Kept(shapes.resources, "a size that is no flavor"),
    "securityContext": Kept(shapes.container_security, "only ever lowers rights"),
    "volumeMounts[]": Kept(shapes.mount, "of the volumes above"),
    "livenessProbe": Kept(shapes.probe, "asked in a way that the wizard does not offer"),
    "readinessProbe": Kept(shapes.probe, "asked in a way that the wizard does not offer"),
    "startupProbe": Kept(shapes.probe, "asked before the others"),
}
ROLE_KEPT: Mapping[str, Kept] = {
    **_TEMPLATE,
    **{f"template.spec.{name}": kept for name, kept in _POD.items()},
    **{f"{CONTAINER}.{name}": kept for name, kept in _CONTAINER.items()},
}


def accept(table: Mapping[str, Kept], path: str, value: Any, framework: str, *, at: str, refused: list[Finding]) -> Any:
    """The value, or the part of it that may stay, or DROPPED. `at` is where findings say that it stands."""
    kept = table.get(re.sub(r"\[[0-9]{1,4}\]\Z", "[]", path))
    if kept is None or (kept.frameworks and framework not in kept.frameworks):
        refused.append(error(Code.FIELD_UNKNOWN, at, field=path.rpartition(".")[2][:60]))
        return DROPPED
    return kept.shape(value, at, refused)


def in_force(role: RoleSpec) -> dict[str, Any]:
    """What is kept of a role, without that which a field of the specification has replaced since."""
    replaced = {
        RESOURCES: role.flavor is not None and bool(role.flavor.key),
        f"{CONTAINER}.livenessProbe": role.liveness is not None,
        f"{CONTAINER}.readinessProbe": role.readiness is not None,
    }
    return {path: value for path, value in role.kept.items() if not replaced.get(path)}
