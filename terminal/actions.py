import hashlib
import secrets
from datetime import timedelta

from django.utils import timezone

from terminal.models import Ticket

TICKET_LIFETIME = timedelta(seconds=30)


def issue_ticket(*, user_id: int, session_key: str, pod_uid: str, container: str) -> str:
    """The secret of a new ticket, bound to this account, login session, pod and container. It is stored nowhere."""
    Ticket.objects.filter(expires_at__lt=timezone.now()).delete()
    secret = secrets.token_urlsafe(32)
    Ticket.objects.create(
        digest=_digest(secret),
        user_id=user_id,
        session_digest=_digest(session_key),
        pod_uid=pod_uid,
        container=container,
        expires_at=timezone.now() + TICKET_LIFETIME,
    )
    return secret


def redeem_ticket(secret: str, *, user_id: int, session_key: str, pod_uid: str, container: str) -> bool:
    """Use the ticket up. True once, and only for the very person, session, pod and container it was issued for."""
    deleted, _ = Ticket.objects.filter(
        digest=_digest(secret),
        user_id=user_id,
        session_digest=_digest(session_key),
        pod_uid=pod_uid,
        container=container,
        expires_at__gt=timezone.now(),
    ).delete()
    return deleted == 1


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
