from django.db import models


class Ticket(models.Model):
    """A permission to open one socket once, within half a minute. Redeemed by deleting the row."""

    digest = models.CharField(primary_key=True, max_length=64)  # SHA-256: a dump of the table opens nothing
    user_id = models.BigIntegerField()
    session_digest = models.CharField(max_length=64)
    pod_uid = models.CharField(max_length=64)
    container = models.CharField(max_length=63)
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.pod_uid}/{self.container} until {self.expires_at:%H:%M:%S}"


class OpenShell(models.Model):
    """A shell in a container, as long as its terminal process says that it looks after it.

    A process that was killed can end nothing: another ends what it left, with the rights of who opened it.
    """

    session = models.CharField(primary_key=True, max_length=64)
    pid = models.BigIntegerField()  # inside the container
    identity = models.JSONField()  # {"user", "groups"}
    namespace = models.CharField(max_length=63)
    pod = models.CharField(max_length=253)
    container = models.CharField(max_length=63)
    seen_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.session[:6]} in {self.namespace}/{self.pod}"
