"""The API with the rights of deploy/rbac: alice works in vision, carol looks on, mallory is a stranger."""

from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.test import Client

from console.people.tokens import issue_token
from tests.api.caller import Caller
from tests.tasks.conftest import _catalogue, _rights_server, rights, vision
from tests.tasks.people import person

__all__ = ["_catalogue", "_rights_server", "rights", "vision"]


@pytest.fixture(autouse=True)
def _fresh_throttle() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def alice(vision: str) -> Caller:
    return caller_of("alice", "team-vision")


@pytest.fixture
def carol(vision: str) -> Caller:
    return caller_of("carol", "auditors")


@pytest.fixture
def mallory(vision: str) -> Caller:
    return caller_of("mallory")


def caller_of(name: str, *groups: str) -> Caller:
    user = person(name, *groups)
    now = datetime.now(UTC)
    issued = issue_token(user, key=uuid4(), name="tests", may_write=True, days=1, now=now)
    return Caller(Client(), user, issued.secret)
