"""One conversation with a shim: JSON lines, and descriptors beside them, on a non-blocking unix socket."""

from __future__ import annotations

import asyncio
import json
import os
from typing import Any

from console.localcluster.kubelet.shim.wire import connect_in, receive_descriptors


class ShimGone(Exception):
    """The shim (or the node's network program) does not answer any more."""


class Lines:
    """Orders out, answers in. Raises ShimGone when the other side has closed."""

    def __init__(self, folder: str, name: str = "control.sock") -> None:
        try:
            self._socket = connect_in(folder, name)
        except OSError as error:
            raise ShimGone(str(error)) from error
        self._socket.setblocking(False)
        self._buffer = b""
        self._descriptors: list[int] = []
        self._readable: asyncio.Future[None] | None = None

    async def ask(self, order: dict[str, Any]) -> dict[str, Any]:
        """Send one order and return its answer; descriptors that come with it are in `take_descriptors`."""
        try:
            await asyncio.get_running_loop().sock_sendall(self._socket, json.dumps(order).encode() + b"\n")
        except OSError as error:
            raise ShimGone(str(error)) from error
        return await self.next()

    async def next(self) -> dict[str, Any]:
        """Wait for the next line."""
        while b"\n" not in self._buffer:
            data, descriptors = await self._receive()
            self._descriptors.extend(descriptors)
            if not data:
                raise ShimGone("closed")
            self._buffer += data
        line, _, self._buffer = self._buffer.partition(b"\n")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def take_descriptors(self) -> list[int]:
        """Return the descriptors received so far; they are the caller's to close."""
        taken, self._descriptors = self._descriptors, []
        return taken

    async def _receive(self) -> tuple[bytes, list[int]]:
        loop = asyncio.get_running_loop()
        while True:
            try:
                return receive_descriptors(self._socket)
            except BlockingIOError:
                pass
            except OSError as error:
                raise ShimGone(str(error)) from error
            readable: asyncio.Future[None] = loop.create_future()
            self._readable = readable
            loop.add_reader(self._socket.fileno(), _wake, readable)
            try:
                await readable
            finally:
                self._look_away()
            if self._socket.fileno() < 0:
                raise ShimGone("closed here")

    def _look_away(self) -> None:
        """Stop watching the socket, if it is watched; before it is closed, or its number may be another's by then."""
        if self._readable is not None:
            readable, self._readable = self._readable, None
            readable.get_loop().remove_reader(self._socket.fileno())
            _wake(readable)

    def close(self) -> None:
        self._look_away()
        for fd in self.take_descriptors():
            os.close(fd)
        self._socket.close()


def _wake(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
