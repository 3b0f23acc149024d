"""Who signs in, and who that is towards the cluster."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

# The cluster's own accounts and groups. Whoever acted as one of them would be its administrator (security.md 3.3).
RESERVED_PREFIX = "system:"


def refuse_reserved(name: str) -> None:
    if name.startswith(RESERVED_PREFIX):
        raise ValidationError(_("Names that begin with “system:” belong to the cluster."), code="reserved")


def refuse_reserved_groups(groups: list[str]) -> None:
    for group in groups:
        refuse_reserved(group)


class Person(models.Model):
    """An account's name and groups in the cluster. An account without one can sign in, and see nothing."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="person")
    cluster_user = models.CharField(max_length=253, unique=True, validators=[refuse_reserved])
    cluster_groups = models.JSONField(default=list, blank=True, validators=[refuse_reserved_groups])  # of strings
    console_admin = models.BooleanField(default=False)  # flavors, registries, settings; no right in the cluster

    def __str__(self) -> str:
        return self.cluster_user


class SignInTry(models.Model):
    """Wrong passwords of late for one account from one address (`throttle.py`). The account need not exist."""

    account = models.CharField(max_length=150)
    address = models.CharField(max_length=45)
    tries = models.PositiveIntegerField(default=0)
    last_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "address"], name="sign_in_try_once")]

    def __str__(self) -> str:
        return f"{self.account} from {self.address}: {self.tries}"


class ApiToken(models.Model):
    """A key to the REST API that acts as its owner. The secret itself is shown once and kept nowhere."""

    # Rendered into the form once: a double click or a reload of the answer makes no second token.
    key = models.UUIDField(primary_key=True, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=64)
    # SHA-256 of the secret, in hex. A secret of 256 random bits needs no salt and no slow hash.
    digest = models.CharField(max_length=64, unique=True)
    hint = models.CharField(max_length=16)  # how the secret begins, so that people know which one it is
    may_write = models.BooleanField(default=False)  # every token may read
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)  # to the minute
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["owner", "-created_at"], name="api_token_of_owner")]

    def __str__(self) -> str:
        return f"{self.name} of {self.owner_id}"
