"""A pod as decoded -> its row, and the row -> what the task's state depends on."""

from datetime import UTC, datetime

import msgspec

from console.cluster import shapes
from console.cluster.resources import INDEX_LABEL, ROLE_LABEL
from console.index.models import Pod
from tasks.observe.jobs import version_of
from tasks.observe.quantities import cpu_millicores, gpus, memory_mib
from tasks.phases import PodPhase
from tasks.queries.cluster import FRAMEWORK_OF_KIND
from tasks.states import ContainerFacts, PodFacts, PodSeen, pod_phase

# Pods carry the role in lower case; pages and manifests say it as the replica specs do.
_SPELLED = {"ps": "PS", "tunertracker": "TunerTracker", "tunerserver": "TunerServer"}
MESSAGE_LIMIT = 4000


def task_uid_of(pod: shapes.Pod) -> str:
    """The uid of the job that owns the pod; "" when none of our kinds does."""
    for owner in pod.metadata.owner_references or ():
        if owner.controller and owner.kind in FRAMEWORK_OF_KIND:
            return owner.uid
    return ""


def pod_row(pod: shapes.Pod, *, task_uid: str, generation: int) -> Pod:
    meta, labels, status = pod.metadata, pod.metadata.labels or {}, pod.status
    containers = _containers(pod)
    phase, reason, message = pod_phase(_seen(pod, containers))
    role, index = labels.get(ROLE_LABEL, ""), labels.get(INDEX_LABEL, "")
    wanted = [{**(c.resources.limits or {}), **(c.resources.requests or {})} for c in pod.spec.containers or ()]
    main = [container for container in containers if not container.init]
    return Pod(
        uid=meta.uid,
        task_uid=task_uid,
        namespace=meta.namespace,
        name=meta.name,
        role=_SPELLED.get(role, role.capitalize()),
        index=int(index) if index.isdecimal() and len(index) < 9 else 0,  # the MPI launcher has none
        phase=str(phase),
        reason=reason[:128],
        message=message[:MESSAGE_LIMIT],
        node=pod.spec.node_name,
        ip=status.pod_ip,
        deleting=meta.deletion_timestamp is not None,
        ready=_holds(status, "Ready"),
        restarts=sum(container.restarts for container in main),
        containers=msgspec.to_builtins(containers),
        gpus=sum(map(gpus, wanted)),
        cpu_millicores=sum(map(cpu_millicores, wanted)),
        memory_mib=sum(map(memory_mib, wanted)),
        created_at=meta.creation_timestamp or datetime.now(UTC),
        started_at=_moment(min((c.started_at for c in main if c.started_at), default=None)),
        finished_at=_finished(main, phase),
        resource_version=version_of(meta),
        generation=generation,
    )


def pod_facts(row: Pod) -> PodFacts:
    return PodFacts(
        name=row.name,
        role=row.role,
        phase=PodPhase(row.phase),
        reason=row.reason,
        message=row.message,
        deleting=row.deleting,
        ready=row.ready,
        containers=tuple(ContainerFacts(**container) for container in row.containers),
        started_at=row.started_at,
        finished_at=row.finished_at,
    )


def _seen(pod: shapes.Pod, containers: list[ContainerFacts]) -> PodSeen:
    scheduled = next((c for c in pod.status.conditions or () if c.type == "PodScheduled" and c.status == "False"), None)
    return PodSeen(
        phase=pod.status.phase,
        reason=pod.status.reason,
        message=pod.status.message,
        deleting=pod.metadata.deletion_timestamp is not None,
        node=pod.spec.node_name,
        ready=_holds(pod.status, "Ready"),
        unscheduled_reason=scheduled.reason if scheduled else "",
        unscheduled_message=scheduled.message if scheduled else "",
        restart_policy=pod.spec.restart_policy or "Always",  # Kubernetes' own default
        containers=containers,
    )


def _holds(status: shapes.PodStatus, condition: str) -> bool:
    return any(one.type == condition and one.status == "True" for one in status.conditions or ())


def _containers(pod: shapes.Pod) -> list[ContainerFacts]:
    """Init containers first, in the spec's order; one whose status has not come is waiting."""
    found = []
    for init, specs, statuses in (
        (True, pod.spec.init_containers, pod.status.init_container_statuses),
        (False, pod.spec.containers, pod.status.container_statuses),
    ):
        by_name = {status.name: status for status in statuses or ()}
        found += [_container(spec, by_name.get(spec.name), init=init) for spec in specs or ()]
    return found


def _container(spec: shapes.PodContainer, status: shapes.ContainerStatus | None, *, init: bool) -> ContainerFacts:
    if status is None:
        return ContainerFacts(name=spec.name, image=spec.image, init=init)
    state, last = status.state, status.last_state.terminated
    running, ended, waiting = state.running, state.terminated, state.waiting
    return ContainerFacts(
        name=spec.name,
        image=spec.image,
        init=init,
        state="running" if running else "terminated" if ended else "waiting",
        reason=(ended.reason if ended else waiting.reason if waiting else ""),
        message=(ended.message if ended else waiting.message if waiting else "")[:MESSAGE_LIMIT],
        ready=status.ready,
        restarts=status.restart_count,
        exit_code=ended.exit_code if ended else None,
        started_at=_iso((running or ended or shapes.Running()).started_at),
        finished_at=_iso(ended.finished_at) if ended else None,
        last_exit_code=last.exit_code if last else None,
        last_reason=last.reason if last else "",
    )


def _finished(main: list[ContainerFacts], phase: PodPhase) -> datetime | None:
    if phase not in (PodPhase.SUCCEEDED, PodPhase.FAILED):
        return None
    return _moment(max((c.finished_at for c in main if c.finished_at), default=None))


def _iso(moment: datetime | None) -> str | None:
    """The runtime's "never" is 1970, for a container that could not even be started."""
    return moment.isoformat() if moment and moment.year > 1970 else None


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
