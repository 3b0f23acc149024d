"""MXJob: the DMLC variables, and a Scheduler who decides."""

from __future__ import annotations

import json
import re
from typing import Any

from console.localcluster.controllers.jobs.framework import Pass
from console.localcluster.controllers.jobs.replicas import reconcile_role, reconcile_services
from console.localcluster.controllers.jobs.specification import EXIT_CODE, Role, Shape, role_named, total_replicas
from console.localcluster.machinery.kinds import MXJOB

Object = dict[str, Any]

# Longer names, and names with dots, pass the schema but not the operator (kubeflow.md 2.1).
DNS_1035 = re.compile(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?")
NAME_RULE = (
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, "
    "and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is "
    "'[a-z]([-a-z0-9]*[a-z0-9])?')"
)


class MXNet:
    """The MXJob controller's own part."""

    kind = MXJOB
    shape = Shape(
        roles_key="mxReplicaSpecs",
        role_names=("Scheduler", "Server", "Worker", "TunerTracker", "TunerServer", "Tuner"),
        container="mxnet",
        port_name="mxjob-port",
        port=9091,
    )

    def refusal(self, job: Object) -> str:
        """No webhook judges the pods of an MXJob; the operator does, at each pass."""
        name = job["metadata"]["name"]
        if not DNS_1035.fullmatch(name):
            return f"MXJob failed validation because MXJob name is invalid: [{NAME_RULE}]"
        for role in self.shape.roles(job):
            containers = (role.template.get("spec") or {}).get("containers") or []
            named = any(container.get("name") == self.shape.container for container in containers)
            if not named or not all(container.get("image") for container in containers):
                return "MXJob failed validation because MXJobSpec is not valid"
        return ""

    def crashes_operator(self, job: Object) -> bool:
        """kubeflow.md fact 4: a role without containers; and, as for TFJob, a negative count (inferred)."""
        roles = self.shape.roles(job)
        return any(role.replicas < 0 or not (role.template.get("spec") or {}).get("containers") for role in roles)

    def reconcile_pods(self, current: Pass) -> None:
        for role in current.roles:
            reconcile_role(current, self.shape, role, is_master=_is_master, inject=self._inject)
            reconcile_services(current, self.shape, role)

    def judge(self, current: Pass) -> None:
        single = total_replicas(current.roles) == 1
        # The Scheduler last: a Running that comes back in the pass of a restart is what is seen (kubeflow.md 3.4).
        for role in sorted(current.roles, key=lambda found: found.name == "Scheduler"):
            counts = current.status.replicas[role.name]
            if counts.failed:
                words = f"because {counts.failed} {role.name} replica(s) failed."
                if role.restart_policy == EXIT_CODE:
                    current.restarting(f"mxjob {current.name} is restarting {words}")
                else:
                    current.failed(f"mxjob {current.name} is failed {words}")
            if not single and role.name != "Scheduler":
                continue
            if counts.active:
                current.running(f"MXJob {current.name} is running.")
            if counts.succeeded == role.replicas:
                current.succeeded(f"MXJob {current.name} is successfully completed.")

    def _inject(self, current: Pass, spec: Object, role: Role, index: int) -> None:
        variables = self._variables(current, role, index)
        added = [{"name": name, "value": value} if value else {"name": name} for name, value in variables.items()]
        for container in spec.get("containers") or []:
            container["env"] = [*(container.get("env") or []), *added]

    def _variables(self, current: Pass, role: Role, index: int) -> dict[str, str]:
        roles = sorted(current.roles, key=lambda found: found.label)
        cluster = {other.label: self._hosts(current, other) for other in roles}
        config = {
            "cluster": cluster,
            "labels": {other.label: "" for other in roles},
            "task": {"type": role.label, "index": index},
        }
        scheduler = (cluster.get("scheduler") or [{"url": "", "port": 0}])[0]
        told = {
            "MX_CONFIG": json.dumps(config, separators=(",", ":")),
            "DMLC_PS_ROOT_PORT": str(scheduler["port"]),
            "DMLC_PS_ROOT_URI": str(scheduler["url"]),
            "DMLC_NUM_SERVER": str(len(cluster.get("server", []))),
            "DMLC_NUM_WORKER": str(len(cluster.get("worker", []))),
            "DMLC_ROLE": role.label,
            "DMLC_USE_KUBERNETES": "1",
        }
        return told | {"DMLC_WORKER_ID": str(index)} if role.name == "Worker" else told

    def _hosts(self, current: Pass, role: Role) -> list[Object]:
        port = self.shape.port_of(role)
        return [{"url": f"{current.name}-{role.label}-{index}", "port": port} for index in range(role.replicas)]


def _is_master(roles: list[Role], role: Role, index: int) -> bool:
    """Every Server (sic)."""
    return role_named(roles, "Server") is not None and role.name == "Server"
