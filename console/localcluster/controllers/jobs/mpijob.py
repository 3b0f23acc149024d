"""MPIJob: helper objects, Workers that sleep, and a Launcher who decides."""

from __future__ import annotations

from typing import Any

from console.localcluster.controllers.jobs import mpi_objects
from console.localcluster.controllers.jobs.framework import Pass
from console.localcluster.controllers.jobs.limits import phase_of
from console.localcluster.controllers.jobs.mpi_objects import LAUNCHER, WORKER
from console.localcluster.controllers.jobs.replicas import INDEX
from console.localcluster.controllers.jobs.specification import EXIT_CODE, Role, Shape, role_named
from console.localcluster.controllers.jobs.status import Counts
from console.localcluster.machinery.errors import ApiError, failure
from console.localcluster.machinery.kinds import (
    CONFIG_MAP,
    MPIJOB,
    POD,
    ROLE,
    ROLE_BINDING,
    SERVICE_ACCOUNT,
    Kind,
)
from console.localcluster.machinery.objects import clone, labels_of, name_of, namespace_of, owner_references

Object = dict[str, Any]

# The reasons of the events that the operator writes each time it finds these objects: noise, and part of the budget.
FOUND = {
    "ServiceAccount": "ServiceAccount is exist",
    "Role": "LauncherRole is exist",
    "RoleBinding": "RoleBinding is exist",
}
SAID = {"ServiceAccount": "ServiceAccount", "Role": "LauncherRole", "RoleBinding": "RoleBinding"}


class MPI:
    """The MPIJob controller's own part."""

    kind = MPIJOB
    shape = Shape(
        roles_key="mpiReplicaSpecs",
        role_names=(LAUNCHER, WORKER),
        container="mpi",
        port_name="",
        port=0,
        replicas=((WORKER, 0),),
    )

    def refusal(self, job: Object) -> str:
        """No webhook judges MPIJobs; the operator does, at each pass, before defaults."""
        found = (job.get("spec") or {}).get(self.shape.roles_key) or {}
        for name, value in found.items():
            why = _role_refusal(name, value or {})
            if why:
                return f"MPIJob failed validation because {why}"
        if LAUNCHER not in found:
            return "MPIJob failed validation because MPIReplicaSpec is not valid: Master ReplicaSpec must be present"
        return ""

    def crashes_operator(self, job: Object) -> bool:
        """No MPIJob is known to."""
        return False

    def reconcile_pods(self, current: Pass) -> None:
        for role in current.roles:
            current.status.replicas[role.name] = Counts()
        # The operator does all of this once a role, so twice a pass: the events show it.
        for _role in current.roles:
            launcher = self._launcher(current)
            workers: list[Object] = []
            if launcher is None or phase_of(launcher) not in ("Succeeded", "Failed"):
                workers = self._prepare(current)
                launcher = launcher or self._create_launcher(current)
            _count(current, launcher, workers)

    def judge(self, current: Pass) -> None:
        for role in current.roles:
            counts = current.status.replicas[role.name]
            if role.name == LAUNCHER:
                if counts.active:
                    current.running(f"MPIJob {current.name} is running.")
                if counts.succeeded == role.replicas:
                    current.succeeded(f"MPIJob {current.name} is successfully completed.")
                    return
            if counts.failed:
                words = f"because {counts.failed} {role.name} replica(s) failed."
                # Both reasons name the kind twice (sic).
                if role.restart_policy == EXIT_CODE:
                    message = f"MPIJob {current.name} is restarting {words}"
                    current.restarting(message, reason="MPIJobMPIJobRestarting")
                else:
                    current.failed(f"MPIJob {current.name} is failed {words}", reason="MPIJobMPIJobFailed")

    def _prepare(self, current: Pass) -> list[Object]:
        """Everything the launcher needs, the Workers last; they are returned."""
        job = current.job
        worker = role_named(current.roles, WORKER)
        count = worker.replicas if worker else 0
        launcher = role_named(current.roles, LAUNCHER)
        assert launcher is not None, "an MPIJob without Launcher is refused before"
        if not _own_account(launcher):
            self._find_or_create(current, SERVICE_ACCOUNT, mpi_objects.service_account(job))
        running = [
            name_of(pod)
            for pod in current.pods
            if phase_of(pod) == "Running" and name_of(pod) != mpi_objects.launcher_name(job)
        ]
        gpu_launcher = mpi_objects.uses_gpus(launcher.template["spec"]["containers"][0])
        config = mpi_objects.config_map(job, count, running, gpu_launcher=gpu_launcher)
        self._find_or_create(current, CONFIG_MAP, config)
        self._find_or_create(current, ROLE, mpi_objects.role(job, count))
        account = _own_account(launcher) or mpi_objects.launcher_name(job)
        self._find_or_create(current, ROLE_BINDING, mpi_objects.role_binding(job, account))
        return self._workers(current, worker) if worker else []

    def _find_or_create(self, current: Pass, kind: Kind, wanted: Object) -> None:
        """The object is there with the wanted content; somebody else's of that name is an error."""
        api, namespace = current.hands.api, namespace_of(current.job)
        held = api.store.get(kind.key, namespace, name_of(wanted))
        if held is None:
            current.hands.create(kind, wanted)
            return
        if kind.kind in FOUND:
            current.hands.normal(FOUND[kind.kind], f"{SAID[kind.kind]}: {name_of(held)}")
        _check_owner(current, held, kind)
        changed = {key: wanted[key] for key in ("data", "rules") if key in wanted and wanted[key] != held.get(key)}
        if changed:
            api.update(kind, clone(held) | changed)

    def _workers(self, current: Pass, worker: Role) -> list[Object]:
        """The Workers in order, made where missing; those beyond the count are deleted."""
        hands, job = current.hands, current.job
        for pod in current.pods:
            label = labels_of(pod).get(INDEX, "")
            if label.isdigit() and int(label) >= worker.replicas and "deletionTimestamp" not in pod["metadata"]:
                hands.api.delete(POD, namespace_of(job), name_of(pod))
        found = []
        for index in range(worker.replicas):
            held = hands.api.store.get(POD.key, namespace_of(job), mpi_objects.worker_name(job, index))
            if held is None:
                held = self._create_worker(current, worker, index)
            _check_owner(current, held, POD)
            found.append(held)
        return found

    def _create_worker(self, current: Pass, worker: Role, index: int) -> Object:
        hands = current.hands
        try:
            pod = hands.create(POD, mpi_objects.worker_pod(current.job, worker, index))
        except ApiError as error:
            hands.warning("FailedCreatePod", "Created worker pod: ")
            hands.warning("MPIJobFailed", f"worker pod created failed: {error}")
            raise
        hands.normal("SuccessfulCreatePod", f"Created worker pod: {name_of(pod)}")
        return pod

    def _create_launcher(self, current: Pass) -> Object:
        hands = current.hands
        launcher = role_named(current.roles, LAUNCHER)
        assert launcher is not None
        account = _own_account(launcher) or mpi_objects.launcher_name(current.job)
        try:
            pod = hands.create(POD, mpi_objects.launcher_pod(current.job, launcher, account))
        except ApiError as error:
            hands.warning("MPIJobFailed", f"launcher pod created failed: {error}")
            raise
        hands.normal("MPIJobRunning", f"launcher pod created success: {name_of(pod)}")
        return pod

    def _launcher(self, current: Pass) -> Object | None:
        name = mpi_objects.launcher_name(current.job)
        pod = current.hands.api.store.get(POD.key, namespace_of(current.job), name)
        if pod is not None:
            _check_owner(current, pod, POD)
        return pod


def _count(current: Pass, launcher: Object, workers: list[Object]) -> None:
    """By phase alone: a pod on its way out counts as what it is until its phase turns."""
    counts = current.status.replicas[LAUNCHER] = Counts()
    phase = phase_of(launcher)
    counts.active, counts.succeeded = int(phase == "Running"), int(phase == "Succeeded")
    counts.failed = int(phase == "Failed")
    if phase == "Failed":
        current.hands.warning("MPIJobFailed", f"MPIJob {namespace_of(current.job)}/{current.name} has failed")
    phases = [phase_of(pod) for pod in workers]
    # Also for a job without Workers.
    current.status.replicas[WORKER] = Counts(
        active=phases.count("Running"), succeeded=phases.count("Succeeded"), failed=phases.count("Failed")
    )


def _check_owner(current: Pass, held: Object, kind: Kind) -> None:
    if any(owner["uid"] == current.job["metadata"]["uid"] for owner in owner_references(held)):
        return
    message = f'Resource "{name_of(held)}" of Kind "{kind.kind}" already exists and is not managed by MPIJob'
    current.hands.warning("ErrResourceExists", message)
    raise failure(409, "AlreadyExists", message)


def _own_account(launcher: Role) -> str:
    """The service account that the launcher's template names itself."""
    return str((launcher.template.get("spec") or {}).get("serviceAccountName") or "")


def _role_refusal(name: str, value: Object) -> str:
    if name not in (LAUNCHER, WORKER):
        return f"MPIReplicaType is {name} but must be one of [Launcher Worker]"
    containers = ((value.get("template") or {}).get("spec") or {}).get("containers") or []
    if not containers:
        return f"MPIReplicaSpecs is not valid: containers definition expected in {name}"
    if any(not container.get("image") for container in containers):
        return f"MPIReplicaSpec is not valid: Image is undefined in the container of {name}"
    if name == LAUNCHER and value.get("replicas") not in (None, 1):
        return "MPIReplicaSpec is not valid: There must be only 1 launcher replica"
    return ""
