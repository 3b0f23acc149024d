"""Frames on a socket: a byte that says what, a length, a body; and patience with peers that are not there yet."""

import socket
import struct
import time

_HEAD = struct.Struct("!cI")
PATIENCE_SECONDS = 300.0


def send(connection: socket.socket, kind: bytes, body: bytes = b"") -> None:
    connection.sendall(_HEAD.pack(kind, len(body)) + body)


def receive(connection: socket.socket) -> tuple[bytes, bytes]:
    """Return (kind, body). Raises ConnectionError when the peer is gone."""
    kind, length = _HEAD.unpack(_exactly(connection, _HEAD.size))
    return kind, _exactly(connection, length)


def _exactly(connection: socket.socket, length: int) -> bytes:
    received = bytearray()
    while len(received) < length:
        piece = connection.recv(min(1 << 20, length - len(received)))
        if not piece:
            raise ConnectionError("the peer has closed the connection")
        received += piece
    return bytes(received)


def listen(port: int) -> socket.socket:
    server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(("0.0.0.0", port))  # noqa: S104  # inside the pod's own network
    server.listen(64)
    return server


def connect(host: str, port: int) -> socket.socket:
    """Connect, trying again while the name is unknown or nobody listens. Raises OSError after five minutes."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    said = False
    while True:
        try:
            connection = socket.create_connection((host, port), timeout=10)
        except OSError as error:
            if time.monotonic() > deadline:
                raise
            if not said:
                print(f"waiting for {host}:{port} ({error})", flush=True)
                said = True
            time.sleep(0.2)
        else:
            connection.settimeout(None)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return connection
