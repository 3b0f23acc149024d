"""The JSON of a task's specification, declared: requests are read by it, and docs/openapi.yaml is made from it.

Only shape and types are here. Whether it makes sense is decided by tasks.specification.check alone.
"""

from typing import Any

from rest_framework import serializers

from tasks.frameworks import FRAMEWORKS
from tasks.specification.task import CleanPodPolicy, PodField, RestartPolicy, RunPolicy, Scheme

Shape = serializers.Serializer[Any]


def words(default: str = "", *, about: str = "") -> serializers.CharField:
    return serializers.CharField(required=False, default=default, allow_blank=True, help_text=about)


def whole(default: int, *, about: str = "") -> serializers.IntegerField:
    return serializers.IntegerField(required=False, default=default, help_text=about)


def limit(default: int | None, about: str) -> serializers.IntegerField:
    return serializers.IntegerField(required=False, default=default, allow_null=True, help_text=about)


def flag(*, about: str = "") -> serializers.BooleanField:
    return serializers.BooleanField(required=False, default=False, help_text=about)


def lines(about: str) -> serializers.ListField:
    return serializers.ListField(
        child=serializers.CharField(allow_blank=True), required=False, default=list, help_text=about
    )


def kept(about: str) -> serializers.DictField:
    return serializers.DictField(child=serializers.JSONField(), required=False, default=dict, help_text=about)


class HttpCheckShape(Shape):
    path = serializers.CharField(allow_blank=True)
    port = serializers.IntegerField()
    scheme = serializers.ChoiceField(choices=[scheme.value for scheme in Scheme], required=False, default="HTTP")


class ProbeShape(Shape):
    """Exactly one of `http` and `command`."""

    http = HttpCheckShape(required=False)
    command = serializers.ListField(child=serializers.CharField(allow_blank=True), required=False)
    initial_delay_seconds = whole(0)
    timeout_seconds = whole(1)
    period_seconds = whole(10)
    success_threshold = whole(1)
    failure_threshold = whole(3)


class EnvShape(Shape):
    """Exactly one of `value`, `field`, `config_map` and `secret`; the last two with `key`."""

    name = serializers.CharField(allow_blank=True)
    value = serializers.CharField(required=False, allow_blank=True)
    field = serializers.ChoiceField(choices=[field.value for field in PodField], required=False)
    config_map = serializers.CharField(required=False, allow_blank=True, help_text="Name of a ConfigMap.")
    secret = serializers.CharField(required=False, allow_blank=True, help_text="Name of a Secret.")
    key = serializers.CharField(required=False, allow_blank=True)


class FileMountShape(Shape):
    """Exactly one of `config_map` and `secret`: its keys as files of a folder, read-only."""

    config_map = serializers.CharField(required=False, allow_blank=True)
    secret = serializers.CharField(required=False, allow_blank=True)
    mount_path = serializers.CharField(allow_blank=True)
    keys = lines("The keys that become files; none: all of them.")


class DataVolumeShape(Shape):
    claim = serializers.CharField(allow_blank=True, help_text="Name of a PersistentVolumeClaim of the namespace.")
    sub_path = words(about="A path inside the claim; empty: its root.")
    mount_path = serializers.CharField(allow_blank=True)


class VolumesShape(Shape):
    data = DataVolumeShape(required=False)  # type: ignore[assignment]  # DRF takes it off the class again
    output = DataVolumeShape(required=False)
    log = DataVolumeShape(required=False)


class RoleSpecificationShape(Shape):
    replicas = whole(1)
    flavor = words(about="The key of a flavor; empty where `kept` has the pod's resources.")
    image = words(about="Empty: the task's image.")
    command = lines("Replaces the image's entry point.")
    args = lines("Arguments of the start command.")
    env = serializers.ListField(child=EnvShape(), required=False, default=list)
    restart_policy = serializers.ChoiceField(
        choices=[policy.value for policy in RestartPolicy], required=False, default=RestartPolicy.NEVER.value
    )
    shared_memory = serializers.BooleanField(
        required=False, help_text="A large /dev/shm. Absent: as the task's type has it."
    )
    liveness = ProbeShape(required=False)
    readiness = ProbeShape(required=False)
    post_start = lines("A command that is run beside the start command.")
    pre_stop = lines("A command that is run before the container is asked to end.")
    mounts = serializers.ListField(child=FileMountShape(), required=False, default=list)
    kept = kept("Path from the role's entry in the manifest -> value, carried along as it is.")


class RunPolicyShape(Shape):
    backoff_limit = limit(0, "Null: no limit.")
    active_deadline_seconds = limit(None, "Null: may run for ever.")
    ttl_seconds_after_finished = limit(None, "Null: is kept for ever.")
    clean_pod_policy = serializers.ChoiceField(
        choices=[policy.value for policy in CleanPodPolicy], required=False, default=RunPolicy().clean_pod_policy.value
    )
    suspend = flag()


class SpecificationShape(Shape):
    framework = serializers.ChoiceField(choices=list(FRAMEWORKS), help_text="The task's type.")
    mode = serializers.CharField(help_text="The training mode; GET /api/v1/frameworks lists them.")
    name = words()
    namespace = words(about="Empty, or the namespace of the address.")
    description = words()
    image = words()
    pull_secrets = lines("Names of Secrets of the namespace.")
    volumes = VolumesShape(required=False, default=dict)
    roles = serializers.DictField(
        child=RoleSpecificationShape(), required=False, default=dict, help_text='By name: {"Worker": {…}}.'
    )
    run_policy = RunPolicyShape(required=False, default=dict)
    priority_class = words(about="Empty: the cluster's default.")
    tensorboard = flag()
    kept = kept("Path from the manifest's top -> value, carried along as it is.")


class TaskRequestShape(Shape):
    """Exactly one of the two. A manifest has to be one that the wizard could import."""

    specification = SpecificationShape(required=False)
    manifest = serializers.DictField(
        child=serializers.JSONField(), required=False, help_text="A TFJob, MXJob, PyTorchJob or MPIJob."
    )
