"""The sweep beside the worker: what nobody was told of is done all the same, with no broker anywhere."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import Event, Thread
from uuid import uuid4

import pytest
from django.db import connections
from django.utils import timezone

from tasks.background import sweep_for_ever
from tasks.models import Operation
from tests.tasks.people import person
from tests.tasks.rights_server import RightsServer

pytestmark = [pytest.mark.django_db(transaction=True, databases=["default", "index"]), pytest.mark.slow]


@contextmanager
def sweeping() -> Iterator[Thread]:
    stop = Event()

    def sweep() -> None:
        try:
            sweep_for_ever(pause_seconds=0.02, stop=stop)
        finally:
            connections.close_all()

    thread = Thread(target=sweep)
    thread.start()
    try:
        yield thread
    finally:
        stop.set()
        thread.join()


def waiting_operation(**changes: object) -> Operation:
    key, now = uuid4(), timezone.now()
    values: dict[str, object] = {
        "key": key,
        "request_key": key,
        "verb": "delete",
        "asked_by": person(f"alice-{key}"),
        "identity": {"user": f"alice-{key}", "groups": []},
        "namespace": "vision",
        "kind": "TFJob",
        "name": "mnist",
        "uid": "uid-1",
        "created_at": now,
        "asked_at": now,
        "due_at": now,
        **changes,
    }
    return Operation.objects.create(**values)


def state_of(operation: Operation, *, once: str = "", seconds: float = 10) -> str:
    """Its state, after the one of `once` was waited for."""
    deadline = time.monotonic() + seconds
    operation.refresh_from_db()
    while once and operation.state != once and time.monotonic() < deadline:
        time.sleep(0.02)
        operation.refresh_from_db()
    return operation.state


def test_an_operation_that_nobody_was_told_of_is_carried_out(rights: RightsServer) -> None:
    operation = waiting_operation()

    with sweeping():
        state = state_of(operation, once="succeeded")

    assert state == "succeeded"  # what is gone already is deleted


def test_one_that_is_not_due_waits(rights: RightsServer) -> None:
    later = waiting_operation(due_at=timezone.now() + timedelta(hours=1))
    now = waiting_operation()

    with sweeping():
        state_of(now, once="succeeded")

    assert state_of(later) == "accepted"


def test_an_operation_that_raises_does_not_end_the_sweep(
    rights: RightsServer, caplog: pytest.LogCaptureFixture
) -> None:
    broken = waiting_operation(kind="Strange", due_at=timezone.now() - timedelta(hours=1))
    with sweeping() as thread:
        state_of(broken, once="applying")
        good = waiting_operation()

        state = state_of(good, once="succeeded")

        assert thread.is_alive()
    assert state == "succeeded"
    assert "cannot be carried out" in caplog.text
