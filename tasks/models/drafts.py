"""What people began and have not asked for yet."""

import uuid

from django.conf import settings
from django.db import models

from tasks.models.operations import Operation


class Draft(models.Model):
    """A task that somebody is about to create: what was typed, valid or not (tasks.specification.entries)."""

    key = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="drafts")
    framework = models.CharField(max_length=16)
    mode = models.CharField(max_length=32)
    # Roles of other modes stay in it, so that switching back brings them back; the specification leaves them out.
    entries = models.JSONField(default=dict)
    steps_done = models.JSONField(default=list)  # keys of the steps that were left by "next"
    version = models.IntegerField(default=1)  # each save names the one it saw: two windows cannot overwrite each other
    # The last attempt to submit; a failed one leaves the draft open again.
    operation = models.ForeignKey(Operation, null=True, on_delete=models.SET_NULL, related_name="drafts")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        indexes = [models.Index(fields=["owner", "-updated_at"], name="draft_of_owner")]

    def __str__(self) -> str:
        return f"draft {self.name or self.key}"

    @property
    def name(self) -> str:
        return str(self.entries.get("basics", {}).get("name", ""))

    @property
    def namespace(self) -> str:
        return str(self.entries.get("basics", {}).get("namespace", ""))

    @property
    def is_submitted(self) -> bool:
        return self.operation is not None and self.operation.state != Operation.State.FAILED
