"""Gradients between participants: a hub that averages (all-reduce), and parameter servers that keep a part each."""

import contextlib
import socket
import threading
from typing import Protocol

import numpy as np

from . import wire
from .model import SIZE, Vector, first_parameters

LEARNING_RATE = 0.3


class Exchange(Protocol):
    """How one participant gets from its gradient to everybody's next parameters."""

    def step(self, parameters: Vector, gradient: Vector) -> Vector: ...
    def done(self) -> None: ...


class Alone:
    """One pod: the gradient is the sum."""

    def step(self, parameters: Vector, gradient: Vector) -> Vector:
        return parameters - LEARNING_RATE * gradient

    def done(self) -> None:
        """Nobody to tell."""


class Hub:
    """Waits for `others` participants and answers each round with the mean of all gradients, its own included."""

    def __init__(self, port: int, others: int) -> None:
        with wire.listen(port) as server:
            self._peers: list[socket.socket] = []
            while len(self._peers) < others:
                peer, address = server.accept()
                self._peers.append(peer)
                print(f"participant {len(self._peers)} of {others} has come from {address[0]}", flush=True)

    def step(self, parameters: Vector, gradient: Vector) -> Vector:
        return parameters - LEARNING_RATE * self.mean([gradient])

    def mean(self, own: list[Vector]) -> Vector:
        """Return the mean of one round. Raises ConnectionError when a participant is gone, or done."""
        gradients = list(own)
        for peer in self._peers:
            kind, body = wire.receive(peer)
            if kind == b"D":
                raise ConnectionError("a participant has ended its training")
            gradients.append(np.frombuffer(body, np.float32))
        mean: Vector = np.asarray(np.mean(np.stack(gradients), axis=0), np.float32)
        for peer in self._peers:
            wire.send(peer, b"G", mean.tobytes())
        return mean

    def done(self) -> None:
        for peer in self._peers:
            peer.close()


class Spoke:
    """The other end of a hub."""

    def __init__(self, host: str, port: int) -> None:
        self._hub = wire.connect(host, port)

    def step(self, parameters: Vector, gradient: Vector) -> Vector:
        wire.send(self._hub, b"G", gradient.tobytes())
        _, body = wire.receive(self._hub)
        return parameters - LEARNING_RATE * np.frombuffer(body, np.float32)

    def done(self) -> None:
        with contextlib.suppress(OSError):  # the hub may have ended first
            wire.send(self._hub, b"D")
        self._hub.close()


def part_of(index: int, servers: int) -> slice:
    """Return which parameters a server keeps."""
    bounds = np.linspace(0, SIZE, servers + 1).astype(int)
    return slice(int(bounds[index]), int(bounds[index + 1]))


class ParameterServer:
    """Keeps one part of the parameters and applies gradients as they come, as TensorFlow's and MXNet's do."""

    def __init__(self, server: socket.socket, index: int, servers: int) -> None:
        self._server, self._part = server, first_parameters()[part_of(index, servers)]
        self._lock = threading.Lock()
        self.updates = 0

    def serve(self) -> None:
        """Serve clients until the process ends."""
        while True:
            client, address = self._server.accept()
            print(f"serving {address[0]}", flush=True)
            threading.Thread(target=self._serve_one, args=(client,), daemon=True).start()

    def _serve_one(self, client: socket.socket) -> None:
        with client:
            try:
                while True:
                    kind, body = wire.receive(client)
                    if kind == b"D":
                        return
                    with self._lock:
                        if kind == b"G":
                            self._part = self._part - LEARNING_RATE * np.frombuffer(body, np.float32)
                            self.updates += 1
                            if self.updates % 50 == 0:
                                print(f"{self.updates} updates applied", flush=True)
                        part = self._part
                    wire.send(client, b"P", part.tobytes())
            except ConnectionError:
                return


class ServerClient:
    """A worker's side of all parameter servers; `servers` are (host, port)."""

    def __init__(self, servers: list[tuple[str, int]]) -> None:
        self._servers = [wire.connect(host, port) for host, port in servers]

    def step(self, parameters: Vector, gradient: Vector) -> Vector:
        return self._ask(b"G", gradient)

    def parameters(self) -> Vector:
        """Return the parameters as they are now."""
        return self._ask(b"P", np.zeros(0, np.float32))

    def _ask(self, kind: bytes, gradient: Vector) -> Vector:
        count = len(self._servers)
        for index, server in enumerate(self._servers):
            wire.send(server, kind, gradient[part_of(index, count)].tobytes() if len(gradient) else b"")
        return np.concatenate([np.frombuffer(wire.receive(server)[1], np.float32) for server in self._servers])

    def done(self) -> None:
        for server in self._servers:
            wire.send(server, b"D")
            server.close()
