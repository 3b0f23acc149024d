from collections.abc import Iterator

import pytest

from tests.registries.odd_registry import OddRegistry
from tests.registries.real_registry import RealRegistry, running_registry


@pytest.fixture(scope="session")
def registry() -> Iterator[RealRegistry]:
    """A real one, open to everybody. Tests push to repositories of their own."""
    with running_registry() as running:
        yield running


@pytest.fixture(scope="session")
def guarded() -> Iterator[RealRegistry]:
    """A real one that wants a name and a password."""
    with running_registry(guarded=True) as running:
        yield running


@pytest.fixture
def odd() -> Iterator[OddRegistry]:
    with OddRegistry() as running:
        yield running
