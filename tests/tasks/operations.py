"""Operations as rows, and what carries them out: the people, cluster and clock of those tests."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from tasks.models import Operation
from tests.tasks.memory_cluster import MemoryCluster
from tests.tasks.people import person

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


class Clock:
    def __init__(self) -> None:
        self.now = timezone.now()

    def __call__(self) -> datetime:
        return self.now


class Died(BaseException):
    """What a worker that is killed raises: nothing of ours can catch it."""


def dies_at(point: str) -> Callable[[str], None]:
    def at(reached: str) -> None:
        if reached == point:
            raise Died

    return at


@pytest.fixture
def alice() -> User:
    return person("alice", "team-vision")


@pytest.fixture
def cluster() -> MemoryCluster:
    return MemoryCluster()


@pytest.fixture
def clock() -> Clock:
    return Clock()


def asked(by: User, verb: str = "submit", **changes: object) -> Operation:
    key = uuid4()
    now = timezone.now()
    manifest = {"metadata": {"name": "mnist", "namespace": "vision", "labels": {"trainyard.io/operation": str(key)}}}
    values: dict[str, object] = {
        "key": key,
        "request_key": key,
        "verb": verb,
        "asked_by": by,
        "identity": {"user": "alice", "groups": ["team-vision"]},
        "namespace": "vision",
        "kind": "TFJob",
        "name": "mnist",
        "manifest": manifest if verb == "submit" else None,
        "created_at": now,
        "asked_at": now,
        "due_at": now,
        **changes,
    }
    return Operation.objects.create(**values)
