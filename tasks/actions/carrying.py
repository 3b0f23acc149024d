"""Doing what an operation asks for: once, whoever dies on the way."""

import logging
import random
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.db import DatabaseError
from django.db.models import F, Q
from django.utils import timezone

from console.cluster import (
    JOB_KINDS,
    JOB_NAME_LABEL,
    POD,
    WEBHOOK_DOWN,
    Cluster,
    ClusterError,
    ClusterUnavailable,
    Identity,
    NotFound,
    Rejected,
    Resource,
    UnusableIdentity,
    connect,
)
from console.index.models import Task
from console.people.identity import identity_of
from console.sealing import Unreadable
from tasks.models import Operation
from tasks.queries.operations import due_operations

LEASE = timedelta(seconds=30)  # three times the longest call
PATIENCE = timedelta(minutes=10)  # then whoever asked is asked whether it shall still be done
_CLOCKS_DIFFER = timedelta(seconds=1)  # between the machine that wrote the row and this one
_PAUSE_MAX_SECONDS = 15.0  # between tries, so that a cluster that is back is used within seconds
_LOOK_AGAIN = timedelta(seconds=1)
_SWEPT_AT_ONCE = 100
_RESOURCES = {resource.kind: resource for resource in (*JOB_KINDS, POD)}
_log = logging.getLogger(__name__)

if TYPE_CHECKING:
    from console.cluster.client import Propagation

Connect = Callable[[Identity], Cluster]
State, Verb, Reason = Operation.State, Operation.Verb, Operation.Reason
_SWITCHES = (Verb.SUSPEND, Verb.RESUME)
_DONE: dict[str, Any] = {"state": State.SUCCEEDED, "reason": "", "message": ""}


class Outcome(Enum):
    NOT_MINE = "somebody else has it, or it is settled"
    SETTLED = "done, failed, or handed back to whoever asked"
    AWAY = "the cluster did not answer; it will be tried again"
    REFUSED_FOR_NOW = "the cluster answered that it cannot do this now; it will be tried again"
    TOO_EARLY = "it has to wait for something in the cluster; it will be tried again"


class TooEarly(Exception):
    """Doing it now would do harm; `str()` is one of Operation.Reason, or empty where nobody needs to hear of it."""


def _connect(identity: Identity) -> Cluster:
    return connect(acting_as=identity)


def _nothing(point: str) -> None:
    pass


def carry_out(
    operation_id: int,
    *,
    connect: Connect = _connect,
    now: Callable[[], datetime] = timezone.now,
    at: Callable[[str], None] = _nothing,
) -> Outcome:
    """Carry out one operation as the person who asked. Safe to call at any time, twice, and from several places.

    Only the cluster being away leaves it open; every other answer settles it, with the cluster's own words. `at` is
    called at each point where a worker might die ("claimed", "acted"): tests do.
    """
    operation = _claim(operation_id, now())
    if operation is None:
        return Outcome.NOT_MINE
    at("claimed")
    if reason := _why_not(operation, now()):
        _write(operation, state=State.NEEDS_CONFIRMATION, reason=reason)
        return Outcome.SETTLED
    try:
        done = _act(operation, connect(operation.acting_identity()))
    except ClusterUnavailable as exc:
        pause = min(2.0**operation.attempts, _PAUSE_MAX_SECONDS) * random.uniform(0.5, 1)  # noqa: S311
        pause = max(pause, min(exc.retry_after_seconds, _PAUSE_MAX_SECONDS))
        due_at = now() + timedelta(seconds=pause)
        reason = Reason.OPERATOR if exc.reason == WEBHOOK_DOWN else Reason.AWAY
        _write(operation, state=State.ACCEPTED, reason=reason, message=str(exc), due_at=due_at)
        return Outcome.REFUSED_FOR_NOW if exc.status else Outcome.AWAY
    except TooEarly as exc:
        _write(operation, state=State.ACCEPTED, reason=str(exc), message="", due_at=now() + _LOOK_AGAIN)
        return Outcome.TOO_EARLY
    except (ClusterError, UnusableIdentity) as exc:
        done = {"state": State.FAILED, "reason": "", "message": str(exc)}
    at("acted")
    _write(operation, settled_at=now(), **done)
    return Outcome.SETTLED


def carry_out_due(*, connect: Connect = _connect, now: Callable[[], datetime] = timezone.now) -> int:
    """Carry out what is left over, the oldest first, and tell how many. Stops when the cluster turns out to be away.

    Whatever else goes wrong with one of them holds up no other.
    """
    count = 0
    for operation_id in due_operations(now(), _SWEPT_AT_ONCE):
        try:
            outcome = carry_out(operation_id, connect=connect, now=now)
        except DatabaseError:
            raise
        except Exception:  # its lease runs out, and it is tried again; after PATIENCE whoever asked is asked
            _log.exception("operation %s cannot be carried out", operation_id)
            continue
        count += outcome is Outcome.SETTLED
        if outcome is Outcome.AWAY:
            break
    return count


def _claim(operation_id: int, now: datetime) -> Operation | None:
    """The operation with a lease on it; None when it is settled, not due, or in somebody else's hands."""
    operation = Operation.objects.select_related("asked_by").filter(pk=operation_id).first()
    if operation is None:
        return None
    free = Q(state=State.ACCEPTED, due_at__lte=now + _CLOCKS_DIFFER) | Q(state=State.APPLYING, lease_until__lt=now)
    claimed = Operation.objects.filter(free, pk=operation_id, attempts=operation.attempts).update(
        state=State.APPLYING, lease_until=now + LEASE, attempts=F("attempts") + 1
    )
    if not claimed:
        return None
    operation.attempts += 1
    return operation


def _write(operation: Operation, **values: Any) -> None:
    """Write the outcome, unless somebody has taken over since."""
    mine = Operation.objects.filter(pk=operation.pk, state=State.APPLYING, attempts=operation.attempts)
    if not mine.update(lease_until=None, **values):
        _log.warning("operation %s: another worker has taken over", operation.pk)


def _why_not(operation: Operation, now: datetime) -> str:
    """Why it must not be done without asking the person again; "" when it may."""
    if not operation.asked_by.is_active:
        return Reason.INACTIVE
    try:
        if identity_of(operation.asked_by) != operation.acting_identity():
            return Reason.CHANGED
    except PermissionDenied:
        return Reason.CHANGED
    return Reason.WAITED if now - operation.asked_at > PATIENCE and not _seen(operation) else ""


def _seen(operation: Operation) -> Task | None:
    """The task that this operation made, if the watcher has seen it: then only the answer was lost."""
    if operation.verb != Verb.SUBMIT:
        return None
    return Task.objects.filter(namespace=operation.namespace, name=operation.name, operation=str(operation.key)).first()


def _act(operation: Operation, cluster: Cluster) -> dict[str, Any]:
    """Make it so, and tell what to write down. Whatever was done before by the same operation is done."""
    resource = _RESOURCES[operation.kind]
    if operation.verb in _SWITCHES and (overtaken := _in_turn(operation)):
        return overtaken
    match operation.verb:
        case Verb.SUBMIT:
            return _submit(operation, resource, cluster)
        case Verb.RESUME if _has_ending_pods(operation, cluster):
            # The operator counts a pod that is still ending as failed: the task would fail for good, with restart
            # policy Never at once (seen on training-operator 1.8.1, and not in its documentation).
            raise TooEarly(Reason.PODS_END.value)
        case Verb.SUSPEND | Verb.RESUME:
            return _suspend(operation, resource, cluster, suspend=operation.verb == Verb.SUSPEND)
        case Verb.DELETE | Verb.DELETE_POD:
            _delete(operation, resource, cluster)
    return _DONE


def _in_turn(operation: Operation) -> dict[str, Any]:
    """What to write down of a suspend or resume that a later one has overtaken; {} when it is this one's turn.

    The last wish holds, however long the one before had to wait. Raises TooEarly while an earlier one is under way:
    of two calls at once nobody knows which the cluster takes last.
    """
    others = Operation.objects.filter(uid=operation.uid, verb__in=_SWITCHES)
    if others.filter(pk__gt=operation.pk, state__in=(State.ACCEPTED, State.APPLYING, State.SUCCEEDED)).exists():
        return {"state": State.FAILED, "reason": Reason.WITHDRAWN, "message": ""}
    if others.filter(pk__lt=operation.pk, state=State.APPLYING).exists():
        raise TooEarly
    return {}


def _submit(operation: Operation, resource: Resource, cluster: Cluster) -> dict[str, Any]:
    if operation.attempts > 1 and (task := _seen(operation)):
        return _created(task.uid)  # it may have ended and be gone by now: never a second time
    for other in JOB_KINDS:
        if other is not resource and _exists(cluster, other, operation):
            # Pods of two kinds would collide: <task>-worker-0 of both (kubeflow.md 0.11).
            return {"state": State.FAILED, "reason": Reason.NAME_TAKEN, "message": ""}
    if isinstance(operation.manifest, Unreadable):
        return {"state": State.FAILED, "reason": Reason.UNREADABLE, "message": ""}
    made = cluster.create_once(resource, operation.manifest or {})
    return _created(str(made["metadata"]["uid"]))


def _created(uid: str) -> dict[str, Any]:
    return _DONE | {"uid": uid, "task_uid": uid}


def _exists(cluster: Cluster, resource: Resource, operation: Operation) -> bool:
    """A kind that is not served, or that the person may not read, has no such object as far as we can know."""
    try:
        cluster.get(resource, operation.namespace, operation.name)
    except ClusterUnavailable:
        raise
    except ClusterError:
        return False
    return True


def _suspend(operation: Operation, resource: Resource, cluster: Cluster, *, suspend: bool) -> dict[str, Any]:
    # The uid is a precondition, as it cannot be changed: a new task of the same name is left alone.
    patch = {"metadata": {"uid": operation.uid}, "spec": {"runPolicy": {"suspend": suspend}}}
    try:
        cluster.patch(resource, operation.namespace, operation.name, patch)
    except NotFound:
        return {"state": State.FAILED, "reason": Reason.GONE, "message": ""}
    except Rejected as exc:
        if "metadata.uid" not in str(exc) and "UID" not in str(exc):
            raise
        return {"state": State.FAILED, "reason": Reason.GONE, "message": ""}
    return _DONE


def _has_ending_pods(operation: Operation, cluster: Cluster) -> bool:
    pods = cluster.list(POD, operation.namespace, label_selector=f"{JOB_NAME_LABEL}={operation.name}")
    return any(
        pod["metadata"].get("deletionTimestamp")
        and any(owner["uid"] == operation.uid for owner in pod["metadata"].get("ownerReferences", ()))
        for pod in pods
    )


def _delete(operation: Operation, resource: Resource, cluster: Cluster) -> None:
    """What is gone already is done. A task stays as "deleting" until its pods are gone: its name is free only then."""
    propagation: Propagation = "Background" if resource is POD else "Foreground"
    with suppress(NotFound):
        cluster.delete(
            resource,
            operation.namespace,
            operation.name,
            uid=operation.uid,
            propagation=propagation,
        )
