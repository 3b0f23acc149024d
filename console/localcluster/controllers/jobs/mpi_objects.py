"""The objects of an MPIJob besides its job: hostfile, kubexec, the launcher's rights, and the pods. Pure."""

from __future__ import annotations

from typing import Any

from console.localcluster.controllers.jobs.replicas import INDEX, TRAINING, pod_from
from console.localcluster.controllers.jobs.specification import Role
from console.localcluster.machinery.objects import clone, name_of, namespace_of

Object = dict[str, Any]

LAUNCHER = "Launcher"
WORKER = "Worker"
# The operator's flag --mpi-kubectl-delivery-image, as a cluster that pulls from Docker Hub sets it.
DELIVERY_IMAGE = "docker.io/mpioperator/kubectl-delivery:latest"
DELIVERY_RESOURCES = {"cpu": "100m", "memory": "512Mi", "ephemeral-storage": "5Gi"}
CONFIG_MOUNT = {"name": "mpi-job-config", "mountPath": "/etc/mpi"}
KUBECTL_MOUNT = {"name": "mpi-job-kubectl", "mountPath": "/opt/kube"}
# 0555 and 0444.
EXECUTABLE = 365
READABLE = 292


def launcher_name(job: Object) -> str:
    return f"{name_of(job)}-launcher"


def worker_name(job: Object, index: int) -> str:
    return f"{name_of(job)}-worker-{index}"


def config_map(job: Object, workers: int, running: list[str], *, gpu_launcher: bool) -> Object:
    """hostfile, kubexec.sh and discover_hosts.sh (with the names of the Workers that run)."""
    slots = job["spec"].get("slotsPerWorker") or 1
    hosts = [launcher_name(job)] if gpu_launcher else []
    hosts += [worker_name(job, index) for index in range(workers)]
    found = [launcher_name(job)] if gpu_launcher else []
    main = job["spec"].get("mainContainer")
    container = f" --container {main}" if main else ""
    exec_line = f'/opt/kube/kubectl exec ${{POD_NAME}}{container} -- /bin/sh -c "$*"'
    return {
        "metadata": {"name": f"{name_of(job)}-config", "labels": {"app": name_of(job)}},
        "data": {
            "hostfile": "".join(f"{host} slots={slots}\n" for host in hosts),
            "kubexec.sh": f"#!/bin/sh\nset -x\nPOD_NAME=$1\nshift\n{exec_line}",
            "discover_hosts.sh": "#!/bin/sh" + "".join(f"\necho {host}:{slots}" for host in [*found, *sorted(running)]),
        },
    }


def service_account(job: Object) -> Object:
    return {"metadata": {"name": launcher_name(job), "labels": {"app": name_of(job)}}}


def role(job: Object, workers: int) -> Object:
    """The launcher may look at pods, and execute in the job's Workers by name."""
    names = [worker_name(job, index) for index in range(workers)]
    return {
        "metadata": {"name": launcher_name(job), "labels": {"app": name_of(job)}},
        "rules": [
            {"verbs": ["get", "list", "watch"], "apiGroups": [""], "resources": ["pods"]},
            {"verbs": ["create"], "apiGroups": [""], "resources": ["pods/exec"], "resourceNames": names},
        ],
    }


def role_binding(job: Object, account: str) -> Object:
    return {
        "metadata": {"name": launcher_name(job), "labels": {"app": name_of(job)}},
        "subjects": [{"kind": "ServiceAccount", "name": account, "namespace": namespace_of(job)}],
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": launcher_name(job)},
    }


def worker_pod(job: Object, worker: Role, index: int) -> Object:
    """Sleeps until kubexec comes, unless the user gave a command (which then takes kubexec's place)."""
    labels = _labels(job, "worker") | {INDEX: str(index)}
    pod = pod_from(worker.template, worker_name(job, index), labels)
    pod["spec"]["restartPolicy"] = worker.pod_restart_policy
    container = pod["spec"]["containers"][0]
    if not container.get("command") and not container.get("args"):
        container |= {"command": ["sleep"], "args": ["365d"]}
    container["volumeMounts"] = [*(container.get("volumeMounts") or []), dict(CONFIG_MOUNT)]
    pod["spec"]["volumes"] = [*(pod["spec"].get("volumes") or []), _config_volume(job, launcher=False)]
    return pod


def launcher_pod(job: Object, launcher: Role, account: str) -> Object:
    """Brings kubectl with it by an init container, and reaches the Workers through kubexec.sh."""
    labels = _labels(job, "launcher") | {f"{TRAINING}job-role": "master"}
    pod = pod_from(launcher.template, launcher_name(job), labels)
    spec = pod["spec"]
    spec |= {"restartPolicy": launcher.pod_restart_policy, "serviceAccountName": account}
    spec["initContainers"] = [*(spec.get("initContainers") or []), _delivery(job)]
    container = spec["containers"][0]
    container["env"] = [*(container.get("env") or []), *_launcher_env(container)]
    container["volumeMounts"] = [*(container.get("volumeMounts") or []), dict(KUBECTL_MOUNT), dict(CONFIG_MOUNT)]
    kubectl: Object = {"name": "mpi-job-kubectl", "emptyDir": {}}
    spec["volumes"] = [*(spec.get("volumes") or []), kubectl, _config_volume(job, launcher=True)]
    return pod


def uses_gpus(container: Object) -> bool:
    """Whether a limit's name ends in "gpu" somewhere: such a launcher is a host of its own."""
    return any("gpu" in name for name in (container.get("resources") or {}).get("limits") or {})


def _launcher_env(container: Object) -> list[Object]:
    blank = [] if uses_gpus(container) else [{"name": "NVIDIA_VISIBLE_DEVICES"}, {"name": "NVIDIA_DRIVER_CAPABILITIES"}]
    return [
        {"name": "OMPI_MCA_plm_rsh_agent", "value": "/etc/mpi/kubexec.sh"},
        {"name": "OMPI_MCA_orte_default_hostfile", "value": "/etc/mpi/hostfile"},
        *blank,
        {"name": "I_MPI_HYDRA_BOOTSTRAP", "value": "rsh"},
        {"name": "I_MPI_HYDRA_BOOTSTRAP_EXEC", "value": "/etc/mpi/kubexec.sh"},
    ]


def _delivery(job: Object) -> Object:
    return {
        "name": "kubectl-delivery",
        "image": DELIVERY_IMAGE,
        "imagePullPolicy": "IfNotPresent",
        "env": [{"name": "TARGET_DIR", "value": "/opt/kube"}, {"name": "NAMESPACE", "value": namespace_of(job)}],
        "resources": {"limits": dict(DELIVERY_RESOURCES), "requests": dict(DELIVERY_RESOURCES)},
        "volumeMounts": [dict(KUBECTL_MOUNT), dict(CONFIG_MOUNT)],
    }


def _config_volume(job: Object, *, launcher: bool) -> Object:
    items = [{"key": "kubexec.sh", "path": "kubexec.sh", "mode": EXECUTABLE}]
    if launcher:
        items += [
            {"key": "hostfile", "path": "hostfile", "mode": READABLE},
            {"key": "discover_hosts.sh", "path": "discover_hosts.sh", "mode": EXECUTABLE},
        ]
    return clone({"name": "mpi-job-config", "configMap": {"name": f"{name_of(job)}-config", "items": items}})  # type: ignore[no-any-return]


def _labels(job: Object, replica_type: str) -> dict[str, str]:
    return {
        f"{TRAINING}job-name": name_of(job),
        f"{TRAINING}operator-name": "mpijob-controller",
        f"{TRAINING}replica-type": replica_type,
    }
