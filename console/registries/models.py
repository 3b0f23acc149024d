"""Registries that were configured, and what they answered of late."""

from django.db import models

from console.registries.endpoint import HUB_BLOB_HOSTS, HUB_TOKEN_HOST, Origin, parse_origin
from console.sealing import SealedJSONField


class Kind(models.TextChoices):
    V2 = "v2"  # the distribution API: Harbor, GitLab, Quay, ECR, docker-registry, …
    HUB = "hub"  # Docker Hub, or a mirror of it: images are called as if there were no registry


class Tab(models.TextChoices):
    """Where its images are offered."""

    MINE = "mine"  # of the namespace
    OFFICIAL = "official"  # versions of the curated list
    SHARED = "shared"


class Registry(models.Model):
    """A registry, or one folder of it, of a namespace or of the whole console."""

    namespace = models.CharField(max_length=63, blank=True, db_index=True)  # "": of the console, for everybody
    title = models.CharField(max_length=64)
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.V2)
    tab = models.CharField(max_length=8, choices=Tab, default=Tab.SHARED)
    address = models.CharField(max_length=280)  # "https://harbor.example.com:8443"
    prefix = models.CharField(max_length=255, blank=True)  # only what is below it: "team-a"
    repositories = models.JSONField(default=list, blank=True)  # names; none: the registry's own list
    # Of a namespace: a Secret there, read as whoever looks, each time.
    pull_secret = models.CharField(max_length=253, blank=True)
    # Of the console: stored encrypted (TRAINYARD_DRAFT_KEYS), never shown again.
    username = models.CharField(max_length=255, blank=True)
    password = SealedJSONField(null=True)
    ca_certificate = models.TextField(blank=True)  # PEM
    token_host = models.CharField(max_length=255, blank=True)
    blob_hosts = models.JSONField(default=list, blank=True)
    version = models.PositiveIntegerField(default=1)  # of two people who edit it, the second is told
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["title", "pk"]
        constraints = [models.UniqueConstraint(fields=["namespace", "title"], name="registry_title_once")]

    def __str__(self) -> str:
        return f"{self.title} ({self.address})"

    @property
    def origin(self) -> Origin:
        origin = parse_origin(self.address)
        if origin is None:
            raise ValueError(f"registry {self.pk} has an address that is none: {self.address!r}")
        return origin

    @property
    def is_hub(self) -> bool:
        return self.kind == Kind.HUB

    @property
    def any_token_host(self) -> str:
        return self.token_host or (HUB_TOKEN_HOST if self.is_hub else "")

    @property
    def all_blob_hosts(self) -> frozenset[str]:
        return frozenset(self.blob_hosts) | (HUB_BLOB_HOSTS if self.is_hub else frozenset())


class Answer(models.Model):
    """What a registry last said to one question. A failed try leaves the last value, with its age."""

    registry = models.ForeignKey(Registry, on_delete=models.CASCADE, related_name="answers")
    question = models.CharField(max_length=520)  # "images", "tags team/model", "image team/model:7"
    value = models.JSONField(null=True)
    fetched_at = models.DateTimeField(null=True)  # the value
    tried_at = models.DateTimeField()
    trouble = models.CharField(max_length=32, blank=True)  # of the last try
    detail = models.CharField(max_length=200, blank=True)
    retry_at = models.DateTimeField(null=True)  # not asked again before, unless somebody insists

    class Meta:
        constraints = [models.UniqueConstraint(fields=["registry", "question"], name="registry_answer_once")]
        indexes = [models.Index(fields=["tried_at"], name="registry_answer_age")]

    def __str__(self) -> str:
        return f"{self.question} of {self.registry_id}"
