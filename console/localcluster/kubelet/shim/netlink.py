"""Just enough rtnetlink to build a bridge, cables to pods, addresses and routes.

pyroute2 does the same, but its import alone takes longer and more memory than a whole shim; every pod would pay it.
Numbers are those of linux/rtnetlink.h, if_link.h and veth.h.
"""

import os
import socket
import struct

_RTM_NEWLINK, _RTM_NEWADDR, _RTM_NEWROUTE = 16, 20, 24
_REQUEST, _ACK, _EXCL, _CREATE = 0x1, 0x4, 0x200, 0x400
_IFLA_ADDRESS, _IFLA_IFNAME, _IFLA_MASTER, _IFLA_LINKINFO, _IFLA_NET_NS_FD = 1, 3, 10, 18, 28
_IFLA_INFO_KIND, _IFLA_INFO_DATA, _VETH_INFO_PEER = 1, 2, 1
_IFA_ADDRESS, _IFA_LOCAL = 1, 2
_RTA_DST, _RTA_OIF, _RTA_GATEWAY = 1, 4, 5
_NLMSG_ERROR = 2
_IFF_UP = 1
_NESTED = 0x8000


def _attribute(kind: int, data: bytes) -> bytes:
    length = 4 + len(data)
    return struct.pack("HH", length, kind) + data + b"\0" * (-length % 4)


def _link(index: int = 0, flags: int = 0, change: int = 0) -> bytes:
    return struct.pack("BxHiII", socket.AF_UNSPEC, 0, index, flags, change)


class Netlink:
    """A netlink socket in the network namespace in which it was made. Every method raises OSError."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, socket.NETLINK_ROUTE)
        self._socket.bind((0, 0))
        self._sequence = 0

    def close(self) -> None:
        self._socket.close()

    def _ask(self, kind: int, flags: int, body: bytes) -> None:
        self._sequence += 1
        header = struct.pack("IHHII", 16 + len(body), kind, _REQUEST | _ACK | flags, self._sequence, 0)
        self._socket.send(header + body)
        answer = self._socket.recv(65536)
        _, answer_kind, _, _, _ = struct.unpack_from("IHHII", answer)
        if answer_kind == _NLMSG_ERROR:
            (code,) = struct.unpack_from("i", answer, 16)
            if code:
                raise OSError(-code, f"netlink: {os.strerror(-code)}")

    def add_bridge(self, name: str) -> None:
        info = _attribute(_IFLA_INFO_KIND, b"bridge")
        body = _link() + _attribute(_IFLA_IFNAME, name.encode() + b"\0") + _attribute(_IFLA_LINKINFO | _NESTED, info)
        self._ask(_RTM_NEWLINK, _CREATE | _EXCL, body)

    def add_cable(self, name: str, peer: str, peer_namespace_fd: int) -> None:
        """Make a veth `name` here whose other end, `peer`, is in another namespace."""
        other = _link() + _attribute(_IFLA_IFNAME, peer.encode() + b"\0")
        other += _attribute(_IFLA_NET_NS_FD, struct.pack("I", peer_namespace_fd))
        data = _attribute(_VETH_INFO_PEER | _NESTED, other)
        info = _attribute(_IFLA_INFO_KIND, b"veth") + _attribute(_IFLA_INFO_DATA | _NESTED, data)
        body = _link() + _attribute(_IFLA_IFNAME, name.encode() + b"\0") + _attribute(_IFLA_LINKINFO | _NESTED, info)
        self._ask(_RTM_NEWLINK, _CREATE | _EXCL, body)

    def set_up(self, index: int, *, master: int = 0) -> None:
        body = _link(index, _IFF_UP, _IFF_UP)
        if master:
            body += _attribute(_IFLA_MASTER, struct.pack("I", master))
        self._ask(_RTM_NEWLINK, 0, body)

    def add_address(self, index: int, address: str, prefix: int) -> None:
        packed = socket.inet_aton(address)
        body = struct.pack("BBBBI", socket.AF_INET, prefix, 0, 0, index)
        body += _attribute(_IFA_LOCAL, packed) + _attribute(_IFA_ADDRESS, packed)
        self._ask(_RTM_NEWADDR, _CREATE | _EXCL, body)

    def add_default_route(self, gateway: str, index: int) -> None:
        # family, dst_len, src_len, tos, table main, protocol boot, scope universe, type unicast, flags
        body = struct.pack("BBBBBBBBI", socket.AF_INET, 0, 0, 0, 254, 3, 0, 1, 0)
        body += _attribute(_RTA_GATEWAY, socket.inet_aton(gateway)) + _attribute(_RTA_OIF, struct.pack("I", index))
        self._ask(_RTM_NEWROUTE, _CREATE | _EXCL, body)
