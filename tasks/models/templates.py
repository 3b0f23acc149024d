"""What a namespace keeps for the next task: templates, and the manifests of tasks that are gone."""

import uuid

from django.conf import settings
from django.db import models

from console.sealing import SealedJSONField

TITLE_MAX = 63
ABOUT_MAX = 1000


class TaskTemplate(models.Model):
    """A draft's answers under a name of their own, for everybody who sees the namespace."""

    key = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    namespace = models.CharField(max_length=63)
    title = models.CharField(max_length=TITLE_MAX)
    about = models.CharField(max_length=ABOUT_MAX, blank=True)  # what it is for
    framework = models.CharField(max_length=16)
    mode = models.CharField(max_length=32)
    entries = SealedJSONField(default=dict)  # as a draft's, without a name and a namespace
    version = models.IntegerField(default=1)  # each save names the one it saw
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["namespace", "title"], name="template_title_once")]

    def __str__(self) -> str:
        return f"template {self.namespace}/{self.title}"


class KeptManifest(models.Model):
    """The object of a task that is gone from the cluster, as last seen: so that it can be cloned."""

    uid = models.CharField(primary_key=True, max_length=64)
    kind = models.CharField(max_length=16)
    namespace = models.CharField(max_length=63)
    name = models.CharField(max_length=253)
    manifest = SealedJSONField()  # without managedFields
    created_at = models.DateTimeField()  # of the task
    gone_at = models.DateTimeField()  # when that was noticed

    class Meta:
        indexes = [
            models.Index(fields=["namespace", "-gone_at"], name="kept_manifest_lately"),
            models.Index(fields=["gone_at"], name="kept_manifest_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}"
