import hashlib
import json
import logging
from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from uuid import UUID, uuid5

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone

from console.celery import app
from console.cluster.resources import Manifest
from console.index.models import Pod, Task
from console.people.identity import identity_of
from tasks.actions.drafts import StaleDraft
from tasks.frameworks.building import build
from tasks.models import Draft, Operation
from tasks.queries.checked import CheckedDraft, checked_draft, checked_task
from tasks.specification import Code, Finding, error
from tasks.specification.entries import Typed, entries_of

_log = logging.getLogger(__name__)
_Asked = TypeVar("_Asked", Operation, list[Operation])
# Celery's own pool tries a broker that is away for 6 s, retry=False or not; whoever submits would wait for it.
_ONE_QUICK_TRY = {"max_retries": 0, "socket_connect_timeout": 1, "socket_timeout": 2}


class NotReady(Exception):
    """The draft has blocking findings; nothing was asked for."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__(", ".join(f"{finding.path}: {finding.code}" for finding in findings))
        self.findings = tuple(findings)


class KeyReused(Exception):
    """The same idempotency key came with another wish, or from another person."""


def request_submit(draft: Draft, *, by: User, key: UUID) -> Operation:
    """Ask for the draft's task to be created, once, whatever the number of clicks, windows and retries.

    The whole draft is checked again with what is known now. Raises NotReady, StaleDraft (it changed while it was
    checked), and KeyReused. A draft that is submitted already gives its operation; one that failed may be tried again.
    """
    checked = checked_draft(draft)
    # Only now: a second click may have been quicker, and then it is our own task that has taken the name.
    if operation := _submitted(draft):
        return operation
    if checked.blocking:
        raise NotReady(checked.blocking)
    manifest = _manifest(checked, by=by, key=key)
    try:
        with transaction.atomic():
            return _accept_submit(draft, manifest, by=by, key=key)
    except IntegrityError:
        # Of two at once the other was quicker: with this very key, or with this name.
        earlier = _earlier(key, by=by, payload=_hash(manifest))
        if earlier:
            return earlier[0]
        raise NotReady([error(Code.NAME_TAKEN, "name", name=checked.spec.name)]) from None


def _submitted(draft: Draft) -> Operation | None:
    """The operation that the draft has by now, unless it failed."""
    fresh = Draft.objects.select_related("operation").filter(pk=draft.pk).first()
    return fresh.operation if fresh is not None and fresh.is_submitted else None


def _accept_submit(draft: Draft, manifest: Manifest, *, by: User, key: UUID) -> Operation:
    # Without the operation: whoever waited for the lock would see of it what was there before (PostgreSQL joins the new
    # draft with the old snapshot), and ask for the task again. It is read afterwards.
    locked = Draft.objects.select_for_update().filter(pk=draft.pk).first()
    if locked is not None and locked.is_submitted and locked.operation is not None:
        return locked.operation
    if locked is None or locked.version != draft.version:
        raise StaleDraft
    operation = _submit_once(manifest, by=by, key=key, payload=_hash(manifest))
    Draft.objects.filter(pk=draft.pk).update(operation=operation)
    draft.operation = operation
    return operation


def request_task(typed: Typed, *, by: User, key: UUID) -> Operation:
    """Ask for a task that stands in no draft to be created, once a key, as `request_submit` does for one that does.

    Raises NotReady, and KeyReused when the key came with another task or from another person.
    """
    spec = typed.spec
    payload = _hash([spec.framework, spec.mode, entries_of(spec)])  # not the manifest: flavors change meanwhile
    if earlier := _earlier(key, by=by, payload=payload):
        return earlier[0]  # before the rules, who see a name that is taken: by this very task
    checked = checked_task(typed, by=by)
    if checked.blocking:
        if earlier := _earlier(key, by=by, payload=payload):
            return earlier[0]  # of two at once the other was quicker, and the name is taken by what it asked for
        raise NotReady(checked.blocking)
    try:
        with transaction.atomic():
            return _submit_once(_manifest(checked, by=by, key=key), by=by, key=key, payload=payload)
    except IntegrityError:
        if earlier := _earlier(key, by=by, payload=payload):
            return earlier[0]
        raise NotReady([error(Code.NAME_TAKEN, "name", name=spec.name)]) from None


def _submit_once(manifest: Manifest, *, by: User, key: UUID, payload: str) -> Operation:
    if earlier := _earlier(key, by=by, payload=payload):
        return earlier[0]
    return _accept(
        Operation.Verb.SUBMIT,
        by=by,
        key=key,
        request_key=key,
        payload=payload,
        kind=manifest["kind"],
        namespace=manifest["metadata"]["namespace"],
        name=manifest["metadata"]["name"],
        manifest=manifest,
    )


def request_changes(verb: str, tasks: Sequence[Task], *, by: User, key: UUID) -> list[Operation]:
    """Ask for tasks of the index to be suspended, resumed or deleted: one operation each.

    The same key again gives the operations of the first time, also for a part of its tasks (the others may be gone
    meanwhile). Raises KeyReused for another verb or task, or another person.
    """
    verb = Operation.Verb(verb)
    if verb not in (Operation.Verb.SUSPEND, Operation.Verb.RESUME, Operation.Verb.DELETE):
        raise ValueError(verb)

    def ask() -> list[Operation]:
        earlier = {operation.task_uid: operation for operation in _earlier(key, by=by, payload=_hash(verb.value))}
        if earlier:
            if not {task.uid for task in tasks} <= earlier.keys():
                raise KeyReused
            return [earlier[task.uid] for task in tasks]
        return [
            _accept(
                verb,
                by=by,
                key=uuid5(key, task.uid),
                request_key=key,
                payload=_hash(verb.value),
                kind=task.kind,
                namespace=task.namespace,
                name=task.name,
                uid=task.uid,
                task_uid=task.uid,
            )
            for task in tasks
        ]

    return _once(ask)


def request_pod_deletion(pod: Pod, *, by: User, key: UUID) -> Operation:
    """Ask for one pod to be deleted, which fails most tasks (kubeflow.md 7.1). Raises KeyReused."""
    payload = _hash(["delete-pod", pod.uid])

    def ask() -> Operation:
        for operation in _earlier(key, by=by, payload=payload):
            return operation
        return _accept(
            Operation.Verb.DELETE_POD,
            by=by,
            key=key,
            request_key=key,
            payload=payload,
            kind="Pod",
            namespace=pod.namespace,
            name=pod.name,
            uid=pod.uid,
            task_uid=pod.task_uid,
        )

    return _once(ask)


def _once(ask: Callable[[], _Asked]) -> _Asked:
    """Look and write in one transaction; where another click with the same key was quicker, look again."""
    try:
        with transaction.atomic():
            return ask()
    except IntegrityError:
        with transaction.atomic():
            return ask()


def confirm_operation(operation: Operation, *, by: User) -> bool:
    """Yes, it shall still be done: with the rights that the person has now. False when it does not wait for that."""
    identity, now = identity_of(by), timezone.now()
    changed = Operation.objects.filter(pk=operation.pk, asked_by=by, state=Operation.State.NEEDS_CONFIRMATION).update(
        state=Operation.State.ACCEPTED,
        reason="",
        identity={"user": identity.user, "groups": list(identity.groups)},
        asked_at=now,
        due_at=now,
        lease_until=None,
    )
    if changed:
        _hurry(operation.pk)
    return bool(changed)


def withdraw_operation(operation: Operation, *, by: User) -> bool:
    """No, never mind. False when somebody is carrying it out, or it is settled."""
    waiting = (Operation.State.ACCEPTED, Operation.State.NEEDS_CONFIRMATION)
    changed = Operation.objects.filter(pk=operation.pk, asked_by=by, state__in=waiting).update(
        state=Operation.State.FAILED, reason=Operation.Reason.WITHDRAWN, settled_at=timezone.now()
    )
    return bool(changed)


def _manifest(checked: CheckedDraft, *, by: User, key: UUID) -> Manifest:
    return build(checked.spec, operation=str(key), owner=identity_of(by).user)


def _earlier(key: UUID, *, by: User, payload: str) -> list[Operation]:
    """What this key asked for before. Raises KeyReused when that was something else."""
    found = list(Operation.objects.filter(request_key=key).order_by("pk"))
    if any(operation.asked_by_id != by.pk or operation.payload_hash != payload for operation in found):
        raise KeyReused
    return found


def _accept(verb: Operation.Verb, *, by: User, payload: str, **values: Any) -> Operation:
    identity, now = identity_of(by), timezone.now()
    operation = Operation.objects.create(
        verb=verb,
        asked_by=by,
        identity={"user": identity.user, "groups": list(identity.groups)},
        payload_hash=payload,
        created_at=now,
        asked_at=now,
        due_at=now,
        **values,
    )
    _hurry(operation.pk)
    return operation


def _hurry(operation_id: int) -> None:
    """Tell a worker once the row is there. A lost broker is no error: the sweep finds the row within seconds."""

    def send() -> None:
        try:
            with app.connection_for_write(transport_options=_ONE_QUICK_TRY) as connection:
                app.send_task("tasks.background.carry_out", args=[operation_id], connection=connection, retry=False)
        except Exception:  # whatever a transport raises: the row is what counts
            _log.warning("operation %s could not be hurried; the sweep will find it", operation_id)

    transaction.on_commit(send)


def _hash(payload: object) -> str:
    return hashlib.sha256(json.dumps(payload, sort_keys=True).encode()).hexdigest()
