"""What of the watched objects is decoded: partial structs, so that a hundred thousand pods a second can be read.

Everything but the identity of an object may be missing: a schema that the cluster does not check, an old operator or a
person with kubectl can leave out anything. Times are decoded to aware datetimes.
"""

from datetime import datetime
from typing import Any

import msgspec

Quantities = dict[str, str | int | float]  # "500m", "1Gi", 2: kept as the cluster says it


class Struct(msgspec.Struct, rename="camel", frozen=True, gc=False, omit_defaults=True):
    """camelCase on the wire. gc=False: no struct here can hold a cycle, and collections cost a third of the time."""


class OwnerReference(Struct, frozen=True):
    kind: str = ""
    name: str = ""
    uid: str = ""
    controller: bool | None = None


class Metadata(Struct, frozen=True):
    name: str = ""
    uid: str = ""
    resource_version: str = ""
    namespace: str = ""
    creation_timestamp: datetime | None = None
    deletion_timestamp: datetime | None = None
    generation: int = 0
    labels: dict[str, str] | None = None
    annotations: dict[str, str] | None = None
    owner_references: list[OwnerReference] | None = None


class Watched(Struct, frozen=True, kw_only=True):
    """The base of every watched kind: what the watch itself needs."""

    metadata: Metadata


class Condition(Struct, frozen=True):
    type: str = ""
    status: str = ""
    reason: str = ""
    message: str = ""
    last_transition_time: datetime | None = None
    last_update_time: datetime | None = None


class Resources(Struct, frozen=True):
    requests: Quantities | None = None
    limits: Quantities | None = None


# -- jobs --------------------------------------------------------------------------------------------------------------


class JobContainer(Struct, frozen=True):
    name: str = ""
    image: str = ""
    resources: Resources = Resources()


class JobPodSpec(Struct, frozen=True):
    containers: list[JobContainer] | None = None


class JobTemplate(Struct, frozen=True):
    spec: JobPodSpec = JobPodSpec()


class ReplicaSpec(Struct, frozen=True):
    replicas: int | None = None
    restart_policy: str = ""
    template: JobTemplate = JobTemplate()


class RunPolicy(Struct, frozen=True):
    suspend: bool | None = None
    clean_pod_policy: str = ""
    backoff_limit: int | None = None
    active_deadline_seconds: int | None = None
    ttl_seconds_after_finished: int | None = None


class JobSpec(Struct, frozen=True):
    """All four kinds in one: a job has one of the replica specs, and `replica_specs` finds it."""

    run_policy: RunPolicy | None = None
    tf_replica_specs: dict[str, ReplicaSpec] | None = None
    mx_replica_specs: dict[str, ReplicaSpec] | None = None
    pytorch_replica_specs: dict[str, ReplicaSpec] | None = None
    mpi_replica_specs: dict[str, ReplicaSpec] | None = None
    clean_pod_policy: str = ""  # MPIJob has these two outside runPolicy as well
    slots_per_worker: int | None = None
    job_mode: str = ""

    @property
    def replica_specs(self) -> dict[str, ReplicaSpec]:
        return (
            self.tf_replica_specs or self.mx_replica_specs or self.pytorch_replica_specs or self.mpi_replica_specs or {}
        )


class ReplicaStatus(Struct, frozen=True):
    active: int = 0
    succeeded: int = 0
    failed: int = 0
    selector: str = ""


class JobStatus(Struct, frozen=True):
    conditions: list[Condition] | None = None
    replica_statuses: dict[str, ReplicaStatus] | None = None
    start_time: datetime | None = None
    completion_time: datetime | None = None
    last_reconcile_time: datetime | None = None


class Job(Watched, frozen=True, kw_only=True):
    """A TFJob, MXJob, PyTorchJob or MPIJob. Its status may be missing: the operator is away, or has not come to it."""

    spec: JobSpec = JobSpec()
    status: JobStatus = JobStatus()


# -- pods --------------------------------------------------------------------------------------------------------------


class PodContainer(Struct, frozen=True):
    name: str = ""
    image: str = ""
    resources: Resources = Resources()


class PodSpec(Struct, frozen=True):
    node_name: str = ""
    containers: list[PodContainer] | None = None
    init_containers: list[PodContainer] | None = None
    restart_policy: str = ""
    scheduler_name: str = ""


class Running(Struct, frozen=True):
    started_at: datetime | None = None


class Waiting(Struct, frozen=True):
    reason: str = ""
    message: str = ""


class Terminated(Struct, frozen=True):
    exit_code: int = 0
    signal: int = 0
    reason: str = ""
    message: str = ""
    started_at: datetime | None = None
    finished_at: datetime | None = None


class ContainerState(Struct, frozen=True):
    """At most one is set; none at all means waiting."""

    running: Running | None = None
    waiting: Waiting | None = None
    terminated: Terminated | None = None


class ContainerStatus(Struct, frozen=True):
    name: str = ""
    image: str = ""
    ready: bool = False
    restart_count: int = 0
    state: ContainerState = ContainerState()
    last_state: ContainerState = ContainerState()


class PodStatus(Struct, frozen=True):
    phase: str = ""
    reason: str = ""
    message: str = ""
    pod_ip: str = msgspec.field(name="podIP", default="")
    start_time: datetime | None = None
    conditions: list[Condition] | None = None
    container_statuses: list[ContainerStatus] | None = None
    init_container_statuses: list[ContainerStatus] | None = None


class Pod(Watched, frozen=True, kw_only=True):
    spec: PodSpec = PodSpec()
    status: PodStatus = PodStatus()


# -- events ------------------------------------------------------------------------------------------------------------


class InvolvedObject(Struct, frozen=True):
    kind: str = ""
    name: str = ""
    namespace: str = ""
    uid: str = ""
    field_path: str = ""


class EventSource(Struct, frozen=True):
    component: str = ""
    host: str = ""


class EventSeries(Struct, frozen=True):
    count: int = 0
    last_observed_time: datetime | None = None


class Event(Watched, frozen=True, kw_only=True):
    """Two shapes come in one watch: the kubelet's (count, first and last time), the scheduler's (eventTime, series)."""

    involved_object: InvolvedObject = InvolvedObject()
    type: str = ""
    reason: str = ""
    message: str = ""
    count: int | None = None
    first_timestamp: datetime | None = None
    last_timestamp: datetime | None = None
    event_time: datetime | None = None
    series: EventSeries | None = None
    source: EventSource = EventSource()
    reporting_component: str = ""

    @property
    def last_at(self) -> datetime | None:
        observed = self.series.last_observed_time if self.series else None
        return observed or self.last_timestamp or self.event_time or self.metadata.creation_timestamp

    @property
    def first_at(self) -> datetime | None:
        return self.first_timestamp or self.event_time or self.metadata.creation_timestamp

    @property
    def times(self) -> int:
        return (self.series.count if self.series else 0) or self.count or 1

    @property
    def component(self) -> str:
        return self.reporting_component or self.source.component


# -- the rest ----------------------------------------------------------------------------------------------------------


class Phase(Struct, frozen=True):
    phase: str = ""


class Namespace(Watched, frozen=True, kw_only=True):
    status: Phase = Phase()


class NodeSpec(Struct, frozen=True):
    unschedulable: bool | None = None
    taints: list[dict[str, Any]] | None = None


class NodeStatus(Struct, frozen=True):
    allocatable: Quantities | None = None
    capacity: Quantities | None = None
    conditions: list[Condition] | None = None


class Node(Watched, frozen=True, kw_only=True):
    spec: NodeSpec = NodeSpec()
    status: NodeStatus = NodeStatus()


class ClaimSpec(Struct, frozen=True):
    storage_class_name: str | None = None
    access_modes: list[str] | None = None
    volume_name: str = ""
    resources: Resources = Resources()


class ClaimStatus(Struct, frozen=True):
    phase: str = ""
    capacity: Quantities | None = None
    access_modes: list[str] | None = None


class Claim(Watched, frozen=True, kw_only=True):
    spec: ClaimSpec = ClaimSpec()
    status: ClaimStatus = ClaimStatus()


class Service(Watched, frozen=True, kw_only=True):
    """That it is there is all we ask."""


class DeploymentTemplate(Struct, frozen=True):
    spec: PodSpec = PodSpec()


class DeploymentSpec(Struct, frozen=True):
    replicas: int | None = None
    template: DeploymentTemplate = DeploymentTemplate()


class DeploymentStatus(Struct, frozen=True):
    ready_replicas: int = 0


class Deployment(Watched, frozen=True, kw_only=True):
    spec: DeploymentSpec = DeploymentSpec()
    status: DeploymentStatus = DeploymentStatus()


class QuotaStatus(Struct, frozen=True):
    hard: Quantities | None = None
    used: Quantities | None = None


class Quota(Watched, frozen=True, kw_only=True):
    status: QuotaStatus = QuotaStatus()
