"""Unix sockets at paths of any length, JSON lines and file descriptors on them."""

import array
import contextlib
import os
import socket
from collections.abc import Sequence

MAX_DESCRIPTORS = 4


def _at(folder: str, name: str) -> tuple[int, str]:
    """Return a descriptor of `folder` and a short path to `name` in it: a unix address holds 107 bytes at most."""
    fd = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    return fd, f"/proc/self/fd/{fd}/{name}"


def bind_in(folder: str, name: str) -> socket.socket:
    """Return a listening stream socket at `folder`/`name`, for this user only. An old one is replaced."""
    fd, path = _at(folder, name)
    try:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
        server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
        server.bind(path)
        os.chmod(path, 0o600)
        server.listen(64)
        return server
    finally:
        os.close(fd)


def connect_in(folder: str, name: str) -> socket.socket:
    """Return a stream connected to `folder`/`name`. Raises OSError when nobody listens."""
    fd, path = _at(folder, name)
    try:
        client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
        try:
            client.connect(path)
        except OSError:
            client.close()
            raise
        return client
    finally:
        os.close(fd)


def send_descriptors(connection: socket.socket, data: bytes, descriptors: Sequence[int]) -> None:
    """Send `data` with copies of `descriptors`."""
    if not descriptors:
        connection.sendall(data)
        return
    rights = array.array("i", descriptors).tobytes()
    sent = connection.sendmsg([data], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)])
    connection.sendall(data[sent:])


def receive_descriptors(connection: socket.socket, size: int = 65536) -> tuple[bytes, list[int]]:
    """Return the next bytes and the descriptors that came with them; b"" when the other side is gone."""
    data, ancillary, _, _ = connection.recvmsg(size, socket.CMSG_LEN(MAX_DESCRIPTORS * 4), socket.MSG_CMSG_CLOEXEC)
    found: list[int] = []
    for level, kind, payload in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            numbers = array.array("i")
            numbers.frombytes(payload[: len(payload) - len(payload) % numbers.itemsize])
            found.extend(numbers)
    return data, found
