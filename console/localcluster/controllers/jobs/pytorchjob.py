"""PyTorchJob: rendezvous variables, Workers that wait for their Master, and elastic jobs."""

from __future__ import annotations

from typing import Any

from console.localcluster.controllers.jobs.framework import Pass
from console.localcluster.controllers.jobs.replicas import TRAINING, reconcile_role, reconcile_services
from console.localcluster.controllers.jobs.specification import (
    NEVER,
    ON_FAILURE,
    Role,
    Shape,
    role_named,
    total_replicas,
)
from console.localcluster.machinery.kinds import PYTORCHJOB
from console.localcluster.machinery.objects import namespace_of

Object = dict[str, Any]

# The operator's flags --pytorch-init-container-image and -max-tries, and its built-in template.
INIT_IMAGE = "docker.io/library/alpine:3.10"
INIT_TRIES = 100
DEFAULT_RENDEZVOUS = "c10d"


class PyTorch:
    """The PyTorchJob controller's own part."""

    kind = PYTORCHJOB
    shape = Shape(
        roles_key="pytorchReplicaSpecs",
        role_names=("Master", "Worker"),
        container="pytorch",
        port_name="pytorchjob-port",
        port=23456,
        restart_policy=ON_FAILURE,
    )

    def refusal(self, job: Object) -> str:
        """Bad PyTorchJobs are refused by the webhook already."""
        return ""

    def crashes_operator(self, job: Object) -> bool:
        """kubeflow.md 2.1: an elasticPolicy without a Worker is a nil pointer (inferred)."""
        return bool(job["spec"].get("elasticPolicy")) and role_named(self.shape.roles(job), "Worker") is None

    def reconcile_pods(self, current: Pass) -> None:
        for role in current.roles:
            reconcile_role(current, self.shape, role, is_master=_is_master, inject=self._inject)
            reconcile_services(current, self.shape, role)

    def judge(self, current: Pass) -> None:
        has_master = role_named(current.roles, "Master") is not None
        for role in current.roles:
            counts = current.status.replicas[role.name]
            counts.selector = _selector(current, role)
            if role.name == ("Master" if has_master else "Worker"):
                self._judge_progress(current, role, has_master=has_master)
            if counts.failed and role.replicas > counts.succeeded + counts.active:
                words = f"because {counts.failed} {role.name} replica(s) failed."
                if role.restart_policy == NEVER:
                    current.failed(f"PyTorchJob {current.name} is failed {words}")
                else:
                    current.restarting(f"PyTorchJob {current.name} is restarting {words}")

    def _judge_progress(self, current: Pass, role: Role, *, has_master: bool) -> None:
        counts = current.status.replicas[role.name]
        name = current.name if has_master else f"{namespace_of(current.job)}/{current.name}"
        ended = "is successfully completed." if has_master else "successfully completed."
        elastic = bool(current.job["spec"].get("elasticPolicy")) and not has_master
        if counts.succeeded >= role.replicas or (elastic and counts.succeeded):
            current.succeeded(f"PyTorchJob {name} {ended}")
        elif counts.active:
            current.running(f"PyTorchJob {name} is running.")

    def _inject(self, current: Pass, spec: Object, role: Role, index: int) -> None:
        variables = self._variables(current, role, index)
        added = [{"name": name, "value": value} for name, value in variables.items()]
        for container in spec.get("containers") or []:
            container["env"] = [*(container.get("env") or []), *added]
        if role.name == "Worker" and role_named(current.roles, "Master"):
            spec["initContainers"] = [*(spec.get("initContainers") or []), _waiting_for(f"{current.name}-master-0")]

    def _variables(self, current: Pass, role: Role, index: int) -> dict[str, str]:
        told = {"PYTHONUNBUFFERED": "1"}
        per_node = str(current.job["spec"].get("nprocPerNode") or "auto")
        pods = total_replicas(current.roles)
        master = role_named(current.roles, "Master")
        if master is not None:
            port, host = str(self.shape.port_of(master)), f"{current.name}-master-0"
            rank = str(index if role.name == "Master" else index + 1)
            processes = int(per_node) if per_node.isdigit() else 1
            told |= {"MASTER_PORT": port, "PET_MASTER_PORT": port, "MASTER_ADDR": host, "PET_MASTER_ADDR": host}
            told |= {"WORLD_SIZE": str(pods * processes), "RANK": rank, "PET_NODE_RANK": rank}
        told |= {"PET_NPROC_PER_NODE": per_node, "PET_NNODES": str(pods)}
        elastic = current.job["spec"].get("elasticPolicy")
        return told | self._elastic_variables(current, elastic) if elastic else told

    def _elastic_variables(self, current: Pass, policy: Object) -> dict[str, str]:
        worker = role_named(current.roles, "Worker")
        workers = worker.replicas if worker else 1
        port = policy.get("rdzvPort") or (self.shape.port_of(worker) if worker else self.shape.port)
        host = policy.get("rdzvHost") or f"{current.name}-worker-0"
        told = {
            "PET_RDZV_BACKEND": str(policy.get("rdzvBackend") or DEFAULT_RENDEZVOUS),
            "PET_RDZV_ENDPOINT": f"{host}:{port}",
            "PET_NNODES": f"{policy.get('minReplicas', workers)}:{policy.get('maxReplicas', workers)}",
        }
        if policy.get("nProcPerNode") is not None:
            told["PET_NPROC_PER_NODE"] = str(policy["nProcPerNode"])
        if policy.get("rdzvId"):
            told["PET_RDZV_ID"] = policy["rdzvId"]
        if policy.get("rdzvConf"):
            told["PET_RDZV_CONF"] = ",".join(f"{entry['key']}={entry['value']}" for entry in policy["rdzvConf"])
        if policy.get("standalone"):
            told["PET_STANDALONE"] = ""
        if policy.get("maxRestarts") is not None:
            told["PET_MAX_RESTARTS"] = str(policy["maxRestarts"])
        return told


def _waiting_for(host: str) -> Object:
    """The init container that keeps a Worker until the Master's name resolves."""
    script = (
        f"err=1;for i in $(seq {INIT_TRIES}); do if nslookup {host}; then err=0 && break; fi;"
        "echo waiting for master; sleep 2; done; exit $err"
    )
    return {
        "name": "init-pytorch",
        "image": INIT_IMAGE,
        "imagePullPolicy": "IfNotPresent",
        "command": ["sh", "-c", script],
        "resources": {"limits": {"cpu": "100m", "memory": "20Mi"}, "requests": {"cpu": "50m", "memory": "10Mi"}},
    }


def _selector(current: Pass, role: Role) -> str:
    labels = {
        "job-name": current.name,
        "operator-name": current.hands.component,
        "replica-type": role.label,
    }
    return ",".join(f"{TRAINING}{key}={value}" for key, value in labels.items())


def _is_master(roles: list[Role], role: Role, index: int) -> bool:
    if role_named(roles, "Master"):
        return role.name == "Master"
    return role.name == "Worker" and index == 0
