"""Which addresses may be asked at all: the console stands in a network that its users do not.

A name is looked up once, its addresses are judged, and the connection goes to one that was judged: another answer of
the DNS a moment later changes nothing. The rules: security.md T40 (SSRF).
"""

import ipaddress
import queue
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass

from console.registries.troubles import Code, RegistryTrouble

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
Lookup = Callable[[str, int], list[str]]
# Services of clouds that tell secrets to whoever asks from inside, beside those at link-local addresses:
# AWS over IPv6, Alibaba Cloud, Azure's wire server, Oracle Cloud.
_METADATA = frozenset(map(ipaddress.ip_address, ("fd00:ec2::254", "100.100.100.200", "168.63.129.16", "192.0.0.192")))
# IPv6 that carries an IPv4 address in its last 32 bits, where a translator is about: NAT64 (RFC 6052, RFC 8215), SIIT
# (RFC 2765), and the "compatible" addresses of old. Python calls all of them global.
_CARRYING = tuple(map(ipaddress.ip_network, ("64:ff9b::/96", "64:ff9b:1::/48", "::ffff:0:0:0/96", "::/96")))


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """What one registry may lead to.

    `private`: addresses of private networks too; `private_hosts`: for these hosts alone. `named`: hosts ("harbor.corp",
    "127.0.0.1:5000", "*.corp") that the operator of the console named (TRAINYARD_REGISTRY_HOSTS): those may be private,
    or even on this machine.
    """

    private: bool = False
    private_hosts: frozenset[str] = frozenset()
    named: frozenset[str] = frozenset()

    def allows(self, host: str, port: int, address: IpAddress) -> bool:
        address = _meant(address)
        if address in _METADATA or address.is_link_local or address.is_multicast or address.is_unspecified:
            return False
        if matches(host, port, self.named):
            return True
        if address.is_loopback or (address.version == 4 and address.is_reserved):
            return False
        return self.private or _is_public(address) or matches(host, port, self.private_hosts)


def matches(host: str, port: int, patterns: frozenset[str]) -> bool:
    """Whether a pattern names the host, with or without its port."""
    host = host.strip("[]").lower().rstrip(".")
    names = {host, f"{host}:{port}"}
    for pattern in (pattern.replace("[", "").replace("]", "") for pattern in patterns):
        if pattern.startswith("*."):
            if any(name.endswith(pattern[1:]) for name in names):
                return True
        elif pattern in names:
            return True
    return False


def system_lookup(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def addresses_of(host: str, port: int, reach: Reach, seconds: float, lookup: Lookup = system_lookup) -> list[str]:
    """Addresses of the host that may be asked. Raises RegistryTrouble where there is none, or no answer in time."""
    literal = host.strip("[]")
    found = [literal] if _parsed(literal) else _looked_up(host, port, seconds, lookup)
    judged = [(text, _parsed(text)) for text in found]
    allowed = [text for text, address in judged if address is not None and reach.allows(literal, port, address)]
    if not allowed:
        raise RegistryTrouble(Code.ADDRESS, host)
    return allowed


def _looked_up(host: str, port: int, seconds: float, lookup: Lookup) -> list[str]:
    """The system's resolver has no time-out of its own, so a thread waits for it; it ends when the resolver does."""
    answer: queue.SimpleQueue[list[str] | None] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answer.put(lookup(host, port))
        except (OSError, UnicodeError):
            answer.put(None)

    threading.Thread(target=ask, daemon=True, name="registry-lookup").start()
    try:
        found = answer.get(timeout=max(seconds, 0.01))
    except queue.Empty:
        raise RegistryTrouble(Code.NO_ANSWER, host) from None
    if not found:
        raise RegistryTrouble(Code.NAME_UNKNOWN, host)
    return found


def _parsed(text: str) -> IpAddress | None:
    try:
        return ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None


def _is_public(address: IpAddress) -> bool:
    """Python calls site-local addresses (fec0::/10, what fc00::/7 was before) global."""
    return address.is_global and not (address.version == 6 and address.is_site_local)


def _meant(address: IpAddress) -> IpAddress:
    """The IPv4 address inside an IPv6 one that only carries it."""
    if isinstance(address, ipaddress.IPv4Address) or address.is_loopback:
        return address
    if any(address in network for network in _CARRYING):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address
