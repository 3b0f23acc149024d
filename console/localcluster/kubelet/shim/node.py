"""The pods' network: a namespace with a bridge in it, held open by this process, and sockets handed out from it.

    python -I -S -c "..." FOLDER OWNER_PID [--user-namespace]

The bridge has the gateway's address and the API's service address; pods plug their cables in by themselves. A client of
the unix socket `FOLDER/node.sock` sends one letter and gets one descriptor of a socket that lives in this
namespace: `t` an unconnected TCP socket, `l` a listener on the API's service address. The process ends with its owner,
and the network with it: nothing of it is ever seen in the host's own namespace.
"""

import os
import selectors
import socket
import sys

from . import kernel
from .netlink import Netlink
from .wire import bind_in, send_descriptors

GATEWAY, PREFIX = "10.244.0.1", 16
API_ADDRESS, API_PORT = "10.96.0.1", 443
BRIDGE = "pods0"


def _map_user(uid: int, gid: int) -> None:
    """Make this user root inside the user namespace just made: the only mapping that needs no privilege."""
    for name, text in (("setgroups", "deny"), ("uid_map", f"0 {uid} 1"), ("gid_map", f"0 {gid} 1")):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)


def build_network(*, user_namespace: bool) -> None:
    """Enter new namespaces and put the bridge into them. Raises OSError where the kernel does not allow it."""
    uid, gid = os.getuid(), os.getgid()
    if user_namespace:
        kernel.unshare(kernel.CLONE_NEWUSER | kernel.CLONE_NEWNET)
        _map_user(uid, gid)
    else:
        kernel.unshare(kernel.CLONE_NEWNET)
    netlink = Netlink()
    netlink.set_up(socket.if_nametoindex("lo"))
    netlink.add_bridge(BRIDGE)
    index = socket.if_nametoindex(BRIDGE)
    netlink.add_address(index, GATEWAY, PREFIX)
    netlink.add_address(index, API_ADDRESS, 32)
    netlink.set_up(index)
    netlink.close()
    try:  # so that an address outside is "unreachable" at once instead of silence
        with open("/proc/sys/net/ipv4/ip_forward", "w") as file:
            file.write("1")
    except OSError:
        pass


def _listener() -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((API_ADDRESS, API_PORT))
    listener.listen(64)
    return listener


def serve(folder: str, owner_pid: int) -> None:
    """Hand out sockets until the owner is gone."""
    server = bind_in(folder, "node.sock")
    owner = os.pidfd_open(owner_pid)
    listener = _listener()
    selector = selectors.DefaultSelector()
    for fd in (server.fileno(), owner):
        selector.register(fd, selectors.EVENT_READ)
    print("ready", flush=True)
    while not any(key.fd == owner for key, _ in selector.select()):
        client, _ = server.accept()
        client.settimeout(5)
        with client:
            try:
                if client.recv(1) == b"l":
                    send_descriptors(client, b"l", [listener.fileno()])
                else:
                    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as fresh:
                        send_descriptors(client, b"t", [fresh.fileno()])
            except OSError:
                continue


def main(arguments: list[str]) -> int:
    """Run until the owner dies; 3 and a line that says why, if the kernel does not allow the namespaces."""
    folder, owner_pid = arguments[0], int(arguments[1])
    try:
        build_network(user_namespace="--user-namespace" in arguments)
        os.pidfd_open(owner_pid)
    except OSError as error:
        print(f"refused {error.strerror or error}", flush=True)
        return 3
    serve(folder, owner_pid)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
