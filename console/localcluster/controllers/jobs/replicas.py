"""Pods and services of TFJob, PyTorchJob and MXJob: one of each per replica, under fixed names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from console.localcluster.controllers.jobs.framework import Pass
from console.localcluster.controllers.jobs.limits import phase_of, pods_of
from console.localcluster.controllers.jobs.specification import ALWAYS, EXIT_CODE, ON_FAILURE, Role, Shape
from console.localcluster.controllers.jobs.status import FAILED, Counts
from console.localcluster.machinery.objects import clone, labels_of, name_of

Object = dict[str, Any]

TRAINING = "training.kubeflow.org/"
INDEX = f"{TRAINING}replica-index"
# "No exit code was found" (0xbeef): counts as one that may be retried.
UNKNOWN_EXIT_CODE = 48879
RETRYABLE_FROM = 128

IsMaster = Callable[[list[Role], Role, int], bool]
Inject = Callable[[Pass, Object, Role, int], None]


def reconcile_role(current: Pass, shape: Shape, role: Role, *, is_master: IsMaster, inject: Inject) -> None:
    """One role's pods: made, deleted and counted. `inject` completes a new pod's template in place."""
    counts = current.status.replicas[role.name] = Counts()
    by_index = _by_index(pods_of(role, current.pods))
    # An index beyond the replicas is there to be deleted. Never fewer than one: with replicas 0 pod 0 is made and
    # deleted in turn, as the real operator does (kubeflow.md fact 10).
    for index in range(max(max(by_index, default=0) + 1, role.replicas)):
        pod = by_index.get(index)
        if pod is None:
            _create_pod(current, role, index, master=is_master(current.roles, role, index), inject=inject)
            continue
        if index >= role.replicas:
            current.hands.delete_pod(name_of(pod))
        _restart_or_fail(current, role, pod, _exit_code(current, shape, pod))
        counts.count(pod)


def reconcile_services(current: Pass, shape: Shape, role: Role) -> None:
    """One headless service per pod, of the same name."""
    held = {
        int(labels_of(service)[INDEX]): service
        for service in current.services.values()
        if labels_of(service).get(f"{TRAINING}replica-type") == role.label
    }
    for index in range(max(max(held, default=0) + 1, role.replicas)):
        if index not in held:
            current.hands.create_service(_service(current, shape, role, index))
        elif index >= role.replicas:
            current.hands.delete_service(name_of(held[index]))


def labels_for(current: Pass, role: Role, index: int) -> dict[str, str]:
    return {
        f"{TRAINING}job-name": current.name,
        f"{TRAINING}operator-name": current.hands.component,
        INDEX: str(index),
        f"{TRAINING}replica-type": role.label,
    }


def pod_from(template: Object, name: str, labels: dict[str, str]) -> Object:
    """A pod of this template; the operator's labels win over the user's."""
    metadata = template.get("metadata") or {}
    kept = {key: metadata[key] for key in ("annotations", "finalizers") if metadata.get(key)}
    own = {"name": name, "labels": {**(metadata.get("labels") or {}), **labels}}
    return {"metadata": {**kept, **own}, "spec": clone(template.get("spec") or {})}


def _create_pod(current: Pass, role: Role, index: int, *, master: bool, inject: Inject) -> None:
    labels = labels_for(current, role, index)
    if master:
        labels[f"{TRAINING}job-role"] = "master"
    pod = pod_from(role.template, f"{current.name}-{role.label}-{index}", labels)
    inject(current, pod["spec"], role, index)
    if pod["spec"].get("restartPolicy"):
        current.hands.warning(
            "SetPodTemplateRestartPolicy",
            "Restart policy in pod template will be overwritten by restart policy in replica spec",
        )
    pod["spec"]["restartPolicy"] = role.pod_restart_policy
    current.hands.create_pod(pod)


def _exit_code(current: Pass, shape: Shape, pod: Object) -> int:
    """The default container's, told by an event at every pass."""
    code = UNKNOWN_EXIT_CODE
    for entry in (pod.get("status") or {}).get("containerStatuses") or []:
        ended = (entry.get("state") or {}).get("terminated")
        if entry["name"] == shape.container and ended:
            code = ended.get("exitCode", 0)
            where = f"{pod['metadata']['namespace']}.{name_of(pod)}"
            current.hands.normal("ExitedWithCode", f"Pod: {where} exited with code {code}")
    return code


def _restart_or_fail(current: Pass, role: Role, pod: Object, exit_code: int) -> None:
    if phase_of(pod) != "Failed":
        return
    retryable = role.restart_policy == EXIT_CODE and exit_code >= RETRYABLE_FROM
    if retryable or role.restart_policy in (ON_FAILURE, ALWAYS):
        current.hands.delete_pod(name_of(pod))
        current.restarting(f"job {current.name} is restarting because {role.name} replica(s) failed.")
    elif role.restart_policy == EXIT_CODE:
        reason = f"{current.kind_name}Failed"
        message = f'job "{current.name}" is failing because "{role.name}" replica(s) failed.'
        current.hands.warning(reason, message)
        # No completion time is set here: a job that fails this way may never get one (kubeflow.md 3.4).
        current.status.set(FAILED, "True", reason=reason, message=message, now=current.hands.now)


def _service(current: Pass, shape: Shape, role: Role, index: int) -> Object:
    labels = labels_for(current, role, index)
    containers = (role.template.get("spec") or {}).get("containers") or []
    ports = next((entry.get("ports") or [] for entry in containers if entry.get("name") == shape.container), [])
    numbers = [(port.get("name", ""), port["containerPort"]) for port in ports]
    return {
        "metadata": {"name": f"{current.name}-{role.label}-{index}", "labels": labels},
        "spec": {
            "clusterIP": "None",
            "selector": dict(labels),
            "ports": [
                {"name": name, "protocol": "TCP", "port": number, "targetPort": number} for name, number in numbers
            ],
        },
    }


def _by_index(pods: list[Object]) -> dict[int, Object]:
    found: dict[int, Object] = {}
    for pod in pods:
        text = labels_of(pod).get(INDEX, "")
        if text.isdigit():
            found.setdefault(int(text), pod)
    return found
