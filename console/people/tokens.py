"""Personal tokens of the REST API: a random secret, of which only the hash is kept."""

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from console.people.models import ApiToken

PREFIX = "ty_"  # by it scanners of repositories and logs know what they found
_SECRET = re.compile(r"ty_[A-Za-z0-9_-]{43}", re.ASCII)
_HINT_LENGTH = len(PREFIX) + 6
DAYS_DEFAULT = 30
DAYS_MAX = 90
TOKENS_MAX = 50  # of one person that work; nobody tells more apart
ENDED_SHOWN = timedelta(days=30)  # then a token that is revoked or expired is forgotten
_USE_NOTED = timedelta(minutes=1)


class Refusal(StrEnum):
    """Why a token opens nothing."""

    UNKNOWN = "token-unknown"
    EXPIRED = "token-expired"
    REVOKED = "token-revoked"
    INACTIVE = "account-inactive"


class TokenRefused(Exception):
    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.value)
        self.refusal = refusal


class TooManyTokens(Exception):
    """The person has TOKENS_MAX that work."""


@dataclass(frozen=True, slots=True)
class Issued:
    token: ApiToken
    secret: str  # "" when this very form was answered before: the secret was shown then


def issue_token(owner: User, *, key: UUID, name: str, may_write: bool, days: int, now: datetime) -> Issued:
    """A new token. The same `key` again gives the token of the first time, without its secret.

    Raises TooManyTokens, and ValueError for a key that is somebody else's.
    """
    forget_ended(owner, now=now)
    if tokens_of(owner).filter(pk=key).exists():
        return _answered_before(owner, key)
    if working(tokens_of(owner), now=now).count() >= TOKENS_MAX:
        raise TooManyTokens
    secret = PREFIX + secrets.token_urlsafe(32)
    try:
        with transaction.atomic():
            token = ApiToken.objects.create(
                key=key,
                owner=owner,
                name=name,
                digest=_digest(secret),
                hint=secret[:_HINT_LENGTH],
                may_write=may_write,
                created_at=now,
                expires_at=now + timedelta(days=days),
            )
    except IntegrityError:
        return _answered_before(owner, key)
    return Issued(token, secret)


def token_for(secret: str, *, now: datetime) -> ApiToken:
    """The token of a secret, its owner included; its use is noted. Raises TokenRefused.

    Found by its hash: how long that takes says nothing about a secret that is nearly right.
    """
    if not _SECRET.fullmatch(secret):
        raise TokenRefused(Refusal.UNKNOWN)
    token = ApiToken.objects.select_related("owner__person").filter(digest=_digest(secret)).first()
    if token is None:
        raise TokenRefused(Refusal.UNKNOWN)
    if token.revoked_at is not None:
        raise TokenRefused(Refusal.REVOKED)
    if token.expires_at <= now:
        raise TokenRefused(Refusal.EXPIRED)
    if not token.owner.is_active:
        raise TokenRefused(Refusal.INACTIVE)
    if token.last_used_at is None or token.last_used_at <= now - _USE_NOTED:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
    return token


def revoke_token(owner: User, key: UUID, *, now: datetime) -> bool:
    """From the next request on it opens nothing. False when the person has no such token that works."""
    return bool(working(tokens_of(owner), now=now).filter(pk=key).update(revoked_at=now))


def forget_ended(owner: User, *, now: datetime) -> None:
    before = now - ENDED_SHOWN
    tokens_of(owner).filter(Q(expires_at__lt=before) | Q(revoked_at__lt=before)).delete()


def tokens_of(owner: User) -> QuerySet[ApiToken]:
    return ApiToken.objects.filter(owner=owner)


def working(tokens: QuerySet[ApiToken], *, now: datetime) -> QuerySet[ApiToken]:
    return tokens.filter(revoked_at__isnull=True, expires_at__gt=now)


def _answered_before(owner: User, key: UUID) -> Issued:
    token = tokens_of(owner).filter(pk=key).first()
    if token is None:
        raise ValueError(key)
    return Issued(token, "")


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
