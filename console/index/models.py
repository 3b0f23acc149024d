"""The index: what the watcher saw, so that no page ever lists the cluster.

Only the watcher writes here. Everything can be dropped and is rebuilt from the cluster in seconds (events and the
manifests of finished tasks excepted: what the cluster forgot is gone). No foreign key leads into or out of it; rows
join the other database on (namespace, kind, name, uid). Uids are the cluster's own.
"""

from django.db import models


class Task(models.Model):
    """One TFJob, MXJob, PyTorchJob or MPIJob. One row draws one row of the task list: no join."""

    uid = models.CharField(primary_key=True, max_length=64)
    kind = models.CharField(max_length=16)  # "TFJob"
    framework = models.CharField(max_length=16)  # key of tasks.frameworks: "tensorflow", "mxnet", "pytorch", "mpi"
    mode = models.CharField(max_length=32)  # key of a mode of the framework; "" when the roles fit none of ours
    namespace = models.CharField(max_length=63)
    name = models.CharField(max_length=253)
    owner = models.CharField(max_length=253, default="")  # annotation trainyard.io/owner; "" for kubectl's
    operation = models.CharField(max_length=64, default="")  # label trainyard.io/operation
    description = models.TextField(default="")
    phase = models.CharField(max_length=16)  # tasks.phases.Phase
    # Why it waits or failed: a code of tasks.states (worded by the pages), with its parameters; {} when all is well.
    cause = models.JSONField(default=dict)  # {"code": "unschedulable", "pod": "...", "role": "...", "message": "..."}
    # Per role, in the framework's order: {"role": "Worker", "phase": "running", "pods": 4, "ready": 3, "failed": 0,
    #  "cpu_millicores": 500, "memory_mib": 1024, "gpus": 0, "started_at": iso or null, "finished_at": iso or null}
    roles = models.JSONField(default=list)
    image = models.CharField(max_length=512, default="")
    pods_total = models.IntegerField(default=0)
    pods_ready = models.IntegerField(default=0)
    gpus = models.IntegerField(default=0)
    cpu_millicores = models.BigIntegerField(default=0)
    memory_mib = models.BigIntegerField(default=0)
    suspended = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    # For the watcher alone: tasks.states.JobFacts as JSON; so a pod's change needs no manifest to derive the phase.
    facts = models.TextField(default="")
    resource_version = models.BigIntegerField(default=0)
    generation = models.BigIntegerField(default=0)  # of the last full list: what an older one saw alone is gone

    class Meta:
        indexes = [
            models.Index(fields=["namespace", "-created_at", "uid"], name="task_ns_created"),
            models.Index(fields=["namespace", "phase", "-created_at", "uid"], name="task_ns_phase"),
            models.Index(fields=["namespace", "framework", "-created_at", "uid"], name="task_ns_framework"),
            models.Index(fields=["namespace", "name", "uid"], name="task_ns_name"),
            models.Index(fields=["owner", "-created_at", "uid"], name="task_owner"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}"


class TaskManifest(models.Model):
    """The object as last seen, without managedFields: for the YAML view, clones and the settings as submitted."""

    task_uid = models.CharField(primary_key=True, max_length=64)
    body = models.BinaryField()  # zlib of JSON

    def __str__(self) -> str:
        return self.task_uid


class Pod(models.Model):
    """One pod of a task. The name comes again when the operator recreates it; the uid does not."""

    uid = models.CharField(primary_key=True, max_length=64)
    task_uid = models.CharField(max_length=64)
    namespace = models.CharField(max_length=63)
    name = models.CharField(max_length=253)
    role = models.CharField(max_length=32)  # as the manifest spells it: "Worker"
    index = models.IntegerField(default=0)
    phase = models.CharField(max_length=16)  # tasks.phases.PodPhase
    reason = models.CharField(
        max_length=128, default=""
    )  # the cluster's word: "Unschedulable", "ErrImagePull", "OOMKilled"
    message = models.TextField(default="")
    node = models.CharField(max_length=253, default="")
    ip = models.CharField(max_length=64, default="")
    deleting = models.BooleanField(default=False)  # it has a deletionTimestamp, whatever its phase
    ready = models.BooleanField(default=False)
    restarts = models.IntegerField(default=0)
    # Per container, init containers first: {"name", "image", "init": bool, "state": "running|waiting|terminated",
    #  "reason", "message", "ready", "restarts", "exit_code": int or null, "started_at", "finished_at",
    #  "last_exit_code": int or null, "last_reason"}
    containers = models.JSONField(default=list)
    gpus = models.IntegerField(default=0)
    cpu_millicores = models.BigIntegerField(default=0)
    memory_mib = models.BigIntegerField(default=0)
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    resource_version = models.BigIntegerField(default=0)
    generation = models.BigIntegerField(default=0)

    class Meta:
        indexes = [
            models.Index(fields=["task_uid", "role", "index"], name="pod_task_role"),
            models.Index(fields=["namespace", "name"], name="pod_ns_name"),
        ]

    def __str__(self) -> str:
        return f"Pod {self.namespace}/{self.name}"


class TaskObject(models.Model):
    """A task or one of its pods, also one that is gone: whose event is it? Kept as long as events are."""

    uid = models.CharField(primary_key=True, max_length=64)
    task_uid = models.CharField(max_length=64)
    namespace = models.CharField(max_length=63)
    name = models.CharField(max_length=253)
    gone_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["namespace", "name"], name="task_object_ns_name"),
            models.Index(fields=["gone_at"], name="task_object_gone"),
        ]

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


class Event(models.Model):
    """An event of a task, its pods or services, kept longer than the cluster keeps it (24 h by default)."""

    pk = models.CompositePrimaryKey("task_uid", "created_at", "uid")  # clustered by task: 13x faster when cold
    task_uid = models.CharField(max_length=64)
    created_at = models.DateTimeField()
    uid = models.CharField(max_length=64)
    namespace = models.CharField(max_length=63)
    object_kind = models.CharField(max_length=32)  # "Pod", "TFJob"
    object_name = models.CharField(max_length=253)
    object_uid = models.CharField(max_length=64)
    type = models.CharField(max_length=16)  # "Normal", "Warning"
    reason = models.CharField(max_length=128)
    component = models.CharField(max_length=128)
    message = models.TextField()
    count = models.IntegerField(default=1)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    resource_version = models.BigIntegerField(default=0)

    class Meta:
        indexes = [
            models.Index(fields=["last_at"], name="event_last"),
            models.Index(fields=["object_uid", "last_at"], name="event_object"),
        ]

    def __str__(self) -> str:
        return f"{self.reason} {self.object_name}"


class Facet(models.Model):
    """How many tasks of a namespace are of one framework and phase, kept by the watcher: no GROUP BY on a page."""

    namespace = models.CharField(max_length=63)
    framework = models.CharField(max_length=16)
    phase = models.CharField(max_length=16)
    tasks = models.IntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["namespace", "framework", "phase"], name="facet_unique")]

    def __str__(self) -> str:
        return f"{self.namespace} {self.framework} {self.phase}"


class Change(models.Model):
    """The feed behind the live pages: ordered, loss-free, the last ten minutes of it."""

    class Kind(models.TextChoices):
        APPEARED = "appeared"  # a task is new in its namespace
        TASK = "task"
        POD = "pod"
        EVENT = "event"
        VANISHED = "vanished"  # the task has left the cluster

    seq = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=16, choices=Kind.choices)  # what of the task changed
    task_uid = models.CharField(max_length=64)
    namespace = models.CharField(max_length=63)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["at"], name="change_at")]

    def __str__(self) -> str:
        return f"{self.seq} {self.kind} {self.task_uid}"


class Watch(models.Model):
    """How far the watch of one resource has come; written with the batch it belongs to."""

    resource = models.CharField(primary_key=True, max_length=64)  # console.cluster Resource.key
    resource_version = models.CharField(max_length=64, default="")
    cluster_uid = models.CharField(max_length=64, default="")  # of kube-system: another cluster's versions mean nothing
    listed_at = models.DateTimeField(null=True)  # of the last full list
    heard_at = models.DateTimeField(null=True)  # when the API server last said anything; pages show the age
    problem = models.TextField(default="")  # why it is behind, in the cluster's words; "" when it is not
    served = models.BooleanField(default=True)  # False: the cluster has no such kind
    generation = models.BigIntegerField(default=0)  # counts the full lists
    # Of the rows made from it (tasks.observe.record.FORMAT): older ones are written anew after an upgrade.
    format = models.IntegerField(default=0)

    def __str__(self) -> str:
        return self.resource


class Leader(models.Model):
    """The one active watcher. Each has a higher epoch than the one before; a write of an older epoch is refused."""

    id = models.SmallIntegerField(primary_key=True, default=1)  # there is one row
    epoch = models.BigIntegerField(default=0)
    holder = models.CharField(max_length=128, default="")  # host and process id, for people
    beat_at = models.DateTimeField(null=True)  # when it last said that it lives

    def __str__(self) -> str:
        return f"epoch {self.epoch}, {self.holder}"


class Namespace(models.Model):
    name = models.CharField(primary_key=True, max_length=63)
    uid = models.CharField(max_length=64)
    phase = models.CharField(max_length=32)  # "Active", "Terminating"
    class_name = models.CharField(max_length=63, default="")  # label trainyard.io/class; "": not offered for tasks
    resource_version = models.BigIntegerField(default=0)
    generation = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return self.name


class Node(models.Model):
    name = models.CharField(primary_key=True, max_length=253)
    labels = models.JSONField(default=dict)
    taints = models.JSONField(default=list)
    ready = models.BooleanField(default=False)
    unschedulable = models.BooleanField(default=False)
    cpu_millicores = models.BigIntegerField(default=0)  # allocatable
    memory_mib = models.BigIntegerField(default=0)
    gpus = models.IntegerField(default=0)
    pods = models.IntegerField(default=0)
    resource_version = models.BigIntegerField(default=0)
    generation = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return self.name


class Claim(models.Model):
    """A PersistentVolumeClaim."""

    uid = models.CharField(primary_key=True, max_length=64)
    namespace = models.CharField(max_length=63)
    name = models.CharField(max_length=253)
    phase = models.CharField(max_length=16)  # "Bound", "Pending", "Lost"
    storage_class = models.CharField(max_length=253, default="")
    capacity = models.CharField(max_length=32, default="")  # as the cluster says it: "10Gi"
    access_modes = models.JSONField(default=list)  # ["ReadWriteMany"]
    resource_version = models.BigIntegerField(default=0)
    generation = models.BigIntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["namespace", "name"], name="claim_ns_name")]

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


class DnsPart(models.Model):
    """Of the cluster's DNS: the Service that pods ask, and the Deployment behind it where it is one."""

    uid = models.CharField(primary_key=True, max_length=64)
    kind = models.CharField(max_length=16)  # "Service", "Deployment"
    name = models.CharField(max_length=253)
    image = models.CharField(max_length=512, default="")
    wanted = models.IntegerField(default=0)  # pods
    ready = models.IntegerField(default=0)
    resource_version = models.BigIntegerField(default=0)
    generation = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


class Quota(models.Model):
    uid = models.CharField(primary_key=True, max_length=64)
    namespace = models.CharField(max_length=63)
    name = models.CharField(max_length=253)
    hard = models.JSONField(default=dict)
    used = models.JSONField(default=dict)
    resource_version = models.BigIntegerField(default=0)
    generation = models.BigIntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["namespace"], name="quota_ns")]

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"
