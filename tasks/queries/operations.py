from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Q
from django.utils import timezone

from console.cluster.resources import JOB_KINDS
from console.index.models import TaskObject, Watch
from tasks.models import Operation
from tasks.queries.staleness import staleness

OPEN = (Operation.State.ACCEPTED, Operation.State.APPLYING, Operation.State.NEEDS_CONFIRMATION)
# How long a failure stays on the page of the person it concerns.
FAILURES_SHOWN = timedelta(minutes=2)
# From the cluster's answer to a creation to the watcher's having seen it: 0.1 s as a rule.
_ON_ITS_WAY = timedelta(seconds=10)
_KEYS = {resource.kind: resource.key for resource in JOB_KINDS}


def open_operations(namespace: str, user: User | AnonymousUser) -> list[Operation]:
    """What the person asked for in the namespace and is not done, or failed just now; the oldest first."""
    failed_lately = Q(state=Operation.State.FAILED, settled_at__gte=timezone.now() - FAILURES_SHOWN)
    found = Operation.objects.filter(Q(state__in=OPEN) | failed_lately, namespace=namespace, asked_by_id=user.pk)
    return list(found.exclude(reason=Operation.Reason.WITHDRAWN).order_by("created_at")[:100])


def operation_of(user: User | AnonymousUser, key: UUID) -> Operation | None:
    """The person's operation; None for somebody else's."""
    return Operation.objects.filter(asked_by_id=user.pk, key=key).first()


def is_not_seen_yet(namespace: str, uid: str, user: User | AnonymousUser) -> bool:
    """Whether a task that the index does not have may be in the cluster all the same.

    The person has just made it and the watcher is behind, or the watcher has read nothing yet.
    """
    if TaskObject.objects.filter(uid=uid).exists():
        return False  # seen, and gone since
    lately = timezone.now() - timedelta(days=1)
    mine = Operation.objects.filter(namespace=namespace, asked_by_id=user.pk, created_at__gte=lately, uid=uid)
    made = mine.filter(verb=Operation.Verb.SUBMIT, state=Operation.State.SUCCEEDED).first()
    if made is None or made.settled_at is None:
        return staleness().age_seconds is None
    heard_at = Watch.objects.filter(resource=_KEYS[made.kind]).values_list("heard_at", flat=True).first()
    return heard_at is None or heard_at <= made.settled_at + _ON_ITS_WAY


def is_name_promised(namespace: str, name: str) -> bool:
    """Whether an open operation is about to create a task of this name."""
    return Operation.objects.filter(namespace=namespace, name=name, verb=Operation.Verb.SUBMIT, state__in=OPEN).exists()


def due_operations(now: datetime, limit: int) -> list[int]:
    """Keys of the rows that somebody should carry out now: those whose worker died included, the oldest first."""
    waiting = Q(state=Operation.State.ACCEPTED, due_at__lte=now)
    abandoned = Q(state=Operation.State.APPLYING, lease_until__lt=now)
    found = Operation.objects.filter(waiting | abandoned).order_by("due_at")
    return list(found.values_list("pk", flat=True)[:limit])
