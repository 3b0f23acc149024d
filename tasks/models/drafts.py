"""What people began and have not asked for yet."""

import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models

from console.sealing import SealedJSONField, Unreadable
from tasks.models.operations import Operation

SUBMITTED_KEPT = timedelta(days=7)  # after its task was created: then a draft is of no more use


class Draft(models.Model):
    """A task that somebody is about to create: what was typed, valid or not (tasks.specification.entries)."""

    key = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="drafts")
    framework = models.CharField(max_length=16)
    mode = models.CharField(max_length=32)
    # Roles of other modes stay in it, so that switching back brings them back; the specification leaves them out.
    entries = SealedJSONField(default=dict)
    # Of the entries, in plain: so that a list of drafts opens none of them.
    listed_name = models.TextField(blank=True, default="")
    listed_namespace = models.TextField(blank=True, default="")
    steps_done = models.JSONField(default=list)  # keys of the steps that were left by "next"
    version = models.IntegerField(default=1)  # each save names the one it saw: two windows cannot overwrite each other
    # The last attempt to submit; a failed one leaves the draft open again.
    operation = models.ForeignKey(Operation, null=True, on_delete=models.SET_NULL, related_name="drafts")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        indexes = [
            models.Index(fields=["owner", "-updated_at"], name="draft_of_owner"),
            models.Index(fields=["updated_at"], name="draft_by_age"),
        ]

    def __str__(self) -> str:
        return f"draft {self.listed_name or self.key}"

    def save(self, *args: Any, update_fields: Iterable[str] | None = None, **kwargs: Any) -> None:
        if update_fields is None or "entries" in update_fields:
            listed = listed_of(self.entries)
            self.listed_name, self.listed_namespace = listed["listed_name"], listed["listed_namespace"]
            update_fields = None if update_fields is None else {*update_fields, *listed}
        super().save(*args, update_fields=update_fields, **kwargs)

    @property
    def name(self) -> str:
        return str(self.entries.get("basics", {}).get("name", ""))

    @property
    def namespace(self) -> str:
        return str(self.entries.get("basics", {}).get("namespace", ""))

    @property
    def is_submitted(self) -> bool:
        return self.operation is not None and self.operation.state != Operation.State.FAILED

    @property
    def is_unreadable(self) -> bool:
        """Whether the key that it was encrypted with is gone."""
        return isinstance(self.entries, Unreadable)

    @property
    def deleted_after(self) -> datetime:
        """When it is cleaned up, unless somebody touches it before."""
        return self.updated_at + timedelta(days=settings.DRAFT_DAYS)


def listed_of(entries: Mapping[str, Any]) -> dict[str, str]:
    """The columns that say in plain what a draft is called and where it belongs."""
    basics = entries.get("basics", {})
    return {
        "listed_name": str(basics.get("name", "")),
        "listed_namespace": str(basics.get("namespace", "")),
    }
