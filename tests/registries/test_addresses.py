"""Where the console never goes, whoever configured it (security.md T40)."""

import threading
import time

import pytest

from console.registries.addresses import Reach, addresses_of
from console.registries.troubles import Code, RegistryTrouble

NEVER = [
    "169.254.169.254",
    "169.254.0.1",
    "fe80::1",
    "fe80::1%eth0",
    "fd00:ec2::254",
    "100.100.100.200",
    "168.63.129.16",
    "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::a9fe:a9fe",
    "::ffff:0:a9fe:a9fe",
    "::169.254.169.254",
    "2002:a9fe:a9fe::1",
    "0.0.0.0",
    "::",
    "224.0.0.1",
]
LOOPBACK = ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "::127.0.0.1"]
PRIVATE = ["10.0.0.1", "192.168.1.1", "172.16.0.1", "fd12::1", "100.64.0.1", "fec0::1", "64:ff9b:1::a00:1"]


def asked(host: str, found: list[str], reach: Reach) -> list[str] | Code:
    try:
        return addresses_of(host, 443, reach, 1, lambda _host, _port: found)
    except RegistryTrouble as exc:
        return exc.trouble.code


@pytest.mark.parametrize("address", NEVER)
def test_metadata_and_link_local_addresses_are_never_asked(address: str) -> None:
    widest = Reach(private=True, named=frozenset({"registry.example", address, "*.example"}))

    assert asked("registry.example", [address], widest) is Code.ADDRESS
    assert asked(f"[{address}]" if ":" in address else address, [], widest) is Code.ADDRESS


@pytest.mark.parametrize("address", LOOPBACK)
def test_this_machine_is_asked_only_where_the_operator_named_it(address: str) -> None:
    assert asked("registry.example", [address], Reach(private=True)) is Code.ADDRESS
    assert asked("registry.example", [address], Reach(named=frozenset({"registry.example:443"}))) == [address]
    assert asked("registry.example", [address], Reach(named=frozenset({"registry.example:444"}))) is Code.ADDRESS


@pytest.mark.parametrize("address", PRIVATE)
def test_private_networks_are_for_administrators(address: str) -> None:
    assert asked("registry.example", [address], Reach()) is Code.ADDRESS
    assert asked("registry.example", [address], Reach(private=True)) == [address]
    one = Reach(private_hosts=frozenset({"registry.example:443"}))
    assert asked("registry.example", [address], one) == [address]
    assert asked("storage.example", [address], one) is Code.ADDRESS


@pytest.mark.parametrize("pattern", ["[fd12::1]", "[fd12::1]:443", "fd12::1"])
@pytest.mark.parametrize("host", ["[fd12::1]", "fd12::1"])
def test_a_host_of_ipv6_is_the_same_with_and_without_brackets(host: str, pattern: str) -> None:
    assert asked(host, [], Reach(named=frozenset({pattern}))) == ["fd12::1"]
    assert asked(host, [], Reach(named=frozenset({"[fd12::1]:444"}))) is Code.ADDRESS


def test_of_a_names_addresses_only_the_allowed_ones_are_asked() -> None:
    assert asked("registry.example", ["127.0.0.1", "93.184.215.14"], Reach()) == ["93.184.215.14"]


@pytest.mark.parametrize("host", ["0x7f.1", "localhost", "localhost.", "127.1", "2130706433"])
def test_other_spellings_of_this_machine_are_seen_through(host: str) -> None:
    with pytest.raises(RegistryTrouble) as caught:
        addresses_of(host, 443, Reach(private=True), 5)

    assert caught.value.trouble.code in {Code.ADDRESS, Code.NAME_UNKNOWN}


def test_a_name_service_that_does_not_answer_is_left_in_time() -> None:
    over = threading.Event()
    started = time.monotonic()

    def lookup(_host: str, _port: int) -> list[str]:
        over.wait(10)
        return []

    with pytest.raises(RegistryTrouble) as caught:
        addresses_of("registry.example", 443, Reach(), 0.1, lookup)

    over.set()
    assert caught.value.trouble.code is Code.NO_ANSWER
    assert time.monotonic() - started < 2


def test_a_name_that_nobody_knows_says_so() -> None:
    def lookup(_host: str, _port: int) -> list[str]:
        raise OSError("no such name")

    with pytest.raises(RegistryTrouble) as caught:
        addresses_of("registry.example", 443, Reach(), 1, lookup)

    assert caught.value.trouble.code is Code.NAME_UNKNOWN
