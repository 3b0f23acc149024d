"""TFJob: TF_CONFIG, and a Chief, a Master or else the Workers who decide."""

from __future__ import annotations

import json
from typing import Any

from console.localcluster.controllers.jobs.framework import Pass
from console.localcluster.controllers.jobs.limits import phase_of
from console.localcluster.controllers.jobs.replicas import reconcile_role, reconcile_services
from console.localcluster.controllers.jobs.specification import Role, Shape, role_named, total_replicas
from console.localcluster.controllers.jobs.status import RESTARTING
from console.localcluster.machinery.kinds import TFJOB
from console.localcluster.machinery.objects import namespace_of

Object = dict[str, Any]

CHIEFS = ("Chief", "Master")
ORDER = ("Chief", "Evaluator", "Master", "PS", "Worker")


class TensorFlow:
    """The TFJob controller's own part."""

    kind = TFJOB
    shape = Shape(
        roles_key="tfReplicaSpecs",
        role_names=("PS", "Worker", "Chief", "Master", "Evaluator"),
        container="tensorflow",
        port_name="tfjob-port",
        port=2222,
    )

    def refusal(self, job: Object) -> str:
        """Bad TFJobs are refused by the webhook already."""
        return ""

    def crashes_operator(self, job: Object) -> bool:
        """kubeflow.md fact 4: a negative count ends in a negative slice length."""
        return any(role.replicas < 0 for role in self.shape.roles(job))

    def reconcile_pods(self, current: Pass) -> None:
        for role in current.roles:
            reconcile_role(current, self.shape, role, is_master=_is_master, inject=self._inject)
            reconcile_services(current, self.shape, role)

    def judge(self, current: Pass) -> None:
        was_restarting = current.status.condition(RESTARTING)
        for name in ORDER:
            role = role_named(current.roles, name)
            if role is None:
                continue
            self._judge_progress(current, role)
            failed = current.status.replicas[name].failed
            if not failed:
                continue
            if was_restarting:
                now = current.hands.now
                reason, message = was_restarting["reason"], was_restarting["message"]
                current.status.set(RESTARTING, "True", reason=reason, message=message, now=now)
            elif not (name == "Worker" and current.job["spec"].get("enableDynamicWorker")):
                where = f"{namespace_of(current.job)}/{current.name}"
                current.failed(f"TFJob {where} has failed because {failed} {name} replica(s) failed.")

    def _judge_progress(self, current: Pass, role: Role) -> None:
        """Running or Succeeded, by the deciding role."""
        has_chief = any(role_named(current.roles, name) for name in CHIEFS)
        if role.name not in (CHIEFS if has_chief else ("Worker",)):
            return
        where = f"{namespace_of(current.job)}/{current.name}"
        counts = current.status.replicas[role.name]
        all_done = counts.succeeded == role.replicas
        first_done = not has_chief and self._first_worker_succeeded(current)
        if has_chief and counts.active:
            current.running(f"TFJob {where} is running.")
        if all_done or first_done:
            current.succeeded(f"TFJob {where} successfully completed.")
        elif counts.active:
            current.running(f"TFJob {where} is running.")

    def _first_worker_succeeded(self, current: Pass) -> bool:
        """Worker 0 ended with 0, and the policy is not AllWorkers."""
        if current.job["spec"].get("successPolicy") == "AllWorkers":
            return False
        name = f"{current.name}-worker-0"
        pod = next((pod for pod in current.pods if pod["metadata"]["name"] == name), None)
        if pod is None or phase_of(pod) != "Succeeded":
            return False
        statuses = pod["status"].get("containerStatuses") or []
        ended = [entry["state"].get("terminated") for entry in statuses if entry["name"] == self.shape.container]
        return any(state and state.get("exitCode") == 0 for state in ended)

    def _inject(self, current: Pass, spec: Object, role: Role, index: int) -> None:
        if total_replicas(current.roles) == 1:
            return
        for container in spec.get("containers") or []:
            if container.get("name") == self.shape.container:
                value = json.dumps(self._config(current, role, index), separators=(",", ":"))
                container["env"] = [*(container.get("env") or []), {"name": "TF_CONFIG", "value": value}]

    def _config(self, current: Pass, role: Role, index: int) -> Object:
        cluster = {other.label: self._hosts(current, other) for other in sorted(current.roles, key=lambda r: r.label)}
        task = {"type": role.label, "index": index}
        if not current.job["spec"].get("enableDynamicWorker"):
            return {"cluster": cluster, "task": task, "environment": "cloud"}
        own = cluster[role.label][index]
        sparse: Object = {"worker": {}, "ps": cluster.get("ps", [])}
        if role.name == "PS":
            sparse["ps"] = [own]
        elif role.name == "Worker":
            sparse["worker"] = {str(index): own}
        return {"cluster": sparse, "task": task}

    def _hosts(self, current: Pass, role: Role) -> list[str]:
        domain = f"{namespace_of(current.job)}.svc:{self.shape.port_of(role)}"
        return [f"{current.name}-{role.label}-{index}.{domain}" for index in range(role.replicas)]


def _is_master(roles: list[Role], role: Role, index: int) -> bool:
    """job-role=master: the Chief or Master, else the first Worker."""
    if any(role_named(roles, name) for name in CHIEFS):
        return role.name in CHIEFS
    return role.name == "Worker" and index == 0
