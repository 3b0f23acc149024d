"""A client of a registry of this machine, and why it was refused."""

from collections.abc import Callable
from typing import Any

import pytest

from console.registries.addresses import Reach
from console.registries.client import SECONDS, RegistryClient
from console.registries.endpoint import Credentials, Endpoint, parse_origin
from console.registries.troubles import RegistryTrouble, Trouble

HERE = Reach(named=frozenset({"127.0.0.1", "localhost"}))


def client_for(address: str, credentials: Credentials | None = None, **changes: Any) -> RegistryClient:
    origin = parse_origin(address)
    assert origin
    seconds = changes.pop("seconds", SECONDS)
    return RegistryClient(Endpoint(**{"origin": origin, "reach": HERE} | changes), credentials, seconds=seconds)


def trouble_of(act: Callable[[], object]) -> Trouble:
    with pytest.raises(RegistryTrouble) as caught:
        act()
    return caught.value.trouble
