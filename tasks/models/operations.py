"""What people asked for. This is the queue; Celery only hurries it."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import pgettext_lazy

from console.cluster.identity import Identity
from console.sealing import SealedJSONField
from tasks import wording


class Operation(models.Model):
    """One thing a person asked for, written in the request's transaction. This table is the queue; Celery hurries it.

    Whoever carries it out holds a lease, and writes the outcome only while `attempts` is what it was then: a worker
    that slept through its lease changes nothing.
    """

    class Verb(models.TextChoices):
        SUBMIT = "submit", pgettext_lazy("operation", "create")
        SUSPEND = "suspend", pgettext_lazy("operation", "suspend")
        RESUME = "resume", pgettext_lazy("operation", "resume")
        DELETE = "delete", pgettext_lazy("operation", "delete")
        DELETE_POD = "delete-pod", pgettext_lazy("operation", "delete pod")

    class State(models.TextChoices):
        ACCEPTED = "accepted", pgettext_lazy("operation", "accepted")
        APPLYING = "applying", pgettext_lazy("operation", "being carried out")
        SUCCEEDED = "succeeded", pgettext_lazy("operation", "done")
        FAILED = "failed", pgettext_lazy("operation", "failed")
        NEEDS_CONFIRMATION = "needs-confirmation", pgettext_lazy("operation", "waits for your answer")

    class Reason(models.TextChoices):
        """Why it waits or failed, where we say so ourselves; tasks/wording.py has the words."""

        AWAY = "away"  # the cluster did not answer; it is tried again
        OPERATOR = "operator"  # the training operator did not answer the cluster; it is tried again
        PODS_END = "pods-end"  # a resume waits for the pods of before
        WAITED = "waited"  # nobody could carry it out for ten minutes
        INACTIVE = "inactive"  # the account is closed
        CHANGED = "changed"  # the person has other groups in the cluster now
        NAME_TAKEN = "name-taken"  # by a task of another kind
        GONE = "gone"  # what it was about; another object may have its name
        WITHDRAWN = "withdrawn"
        UNREADABLE = "unreadable"  # the key that its manifest was encrypted with is gone

    key = models.UUIDField(unique=True)  # on the object it makes, as OPERATION_LABEL
    # Rendered into the page once, so that a double click or a retry says the same; several tasks share one.
    request_key = models.UUIDField(db_index=True)
    payload_hash = models.CharField(max_length=64)  # SHA-256 of what was asked for under that key
    verb = models.CharField(max_length=16, choices=Verb.choices)
    state = models.CharField(max_length=24, choices=State.choices, default=State.ACCEPTED)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="operations")
    identity = models.JSONField()  # {"user", "groups"} as of the request; it is carried out as this one, or not at all
    namespace = models.CharField(max_length=63)
    kind = models.CharField(max_length=32)  # "TFJob", "Pod"
    name = models.CharField(max_length=253)
    uid = models.CharField(max_length=64, blank=True)  # of the object; of a submit only once it is done
    task_uid = models.CharField(max_length=64, blank=True)  # the task it is about; for a pod, the pod's task
    manifest = SealedJSONField(null=True)  # of a submit
    reason = models.CharField(max_length=24, choices=Reason.choices, blank=True)
    message = models.TextField(blank=True)  # the cluster's own words
    created_at = models.DateTimeField()
    asked_at = models.DateTimeField()  # of the request, or of the last confirmation
    settled_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField()  # not before; moves on after each try
    lease_until = models.DateTimeField(null=True)
    attempts = models.IntegerField(default=0)

    class Meta:
        indexes = [
            models.Index(fields=["namespace", "asked_by", "-created_at"], name="operation_of_person"),
            models.Index(fields=["due_at"], name="operation_open", condition=Q(state__in=["accepted", "applying"])),
        ]
        constraints = [
            # Two tasks of one name, of whatever kinds, would want the same pods.
            models.UniqueConstraint(
                fields=["namespace", "name"],
                name="operation_one_submit_a_name",
                condition=Q(verb="submit", state__in=["accepted", "applying", "needs-confirmation"]),
            )
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.namespace}/{self.name}"

    @property
    def is_open(self) -> bool:
        return self.state not in (self.State.SUCCEEDED, self.State.FAILED)

    @property
    def explanation(self) -> str:
        """Why it waits or failed, fit to show: our words, then the cluster's."""
        return " ".join(filter(None, [wording.operation_reason(self.reason), self.message]))

    def acting_identity(self) -> Identity:
        return Identity(self.identity["user"], tuple(self.identity["groups"]))
