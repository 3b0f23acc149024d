"""A program in a running container, over a websocket (v5.channel.k8s.io, else v4).

Binary frames `[channel][payload]`: 0 stdin, 1 stdout, 2 stderr, 3 Status, 4 size, 255 close of a channel (v5). How a
program ended is said by the Status frame alone: a stream that ends without one was lost, whatever its close code.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp
import msgspec
from django.conf import settings
from multidict import CIMultiDict
from yarl import URL

from console.cluster import requests
from console.cluster.identity import Identity, headers_for
from console.cluster.kubeconfig import endpoint_of
from console.cluster.requests import Call
from console.cluster.resources import Manifest
from console.cluster.streams import hung_up_after, refusal_of, request_options, session_for, unavailable

V5, V4 = "v5.channel.k8s.io", "v4.channel.k8s.io"
STDIN, STDOUT, STDERR, STATUS, SIZE, CLOSE = 0, 1, 2, 3, 4, 255
_STDIN_BYTES_MAX = 16 * 1024  # a frame: resizes and ^C pass between them
_OPEN_SECONDS = 10
_CLOSE_SECONDS = 1.0  # the API server hangs up without waiting for our answer, so neither do we
_SIZE_MAX = 65535  # a larger one ends resizing for the rest of the session


@dataclass(frozen=True, slots=True)
class ExecOutput:
    channel: int  # STDOUT or STDERR
    data: bytes


@dataclass(frozen=True, slots=True)
class ExecEnd:
    """How it ended. `lost`: the connection went without a word, the program may still run."""

    exit_code: int | None  # None: lost, or it never started (`status` says why)
    status: Manifest | None
    lost: bool = False


class ExecStream:
    """One running program. Not reading is the way to pause it: nothing is buffered here beyond 64 KiB."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, call: Call, *, tty: bool) -> None:
        self._socket = socket
        self._call = call
        self._tty = tty
        self._end: ExecEnd | None = None
        self.protocol = socket.protocol or ""  # "" when the server chose none: no Status will come
        self.heard_at = time.monotonic()  # of the last frame of any kind, pongs too
        self.pongs = 0  # answers to `ping`

    async def receive(self) -> ExecOutput | ExecEnd:
        """The next output, or the end (again and again, once it has come)."""
        while self._end is None:
            try:
                message = await self._socket.receive()
            except (aiohttp.ClientError, OSError):
                self._end = ExecEnd(None, None, lost=True)
                break
            self.heard_at = time.monotonic()
            if message.type is aiohttp.WSMsgType.BINARY:
                found = _read_frame(message.data)
                if isinstance(found, ExecOutput):
                    return found
                self._end = found
            elif message.type is aiohttp.WSMsgType.PING:
                await self._send(self._socket.pong(message.data))
            elif message.type is aiohttp.WSMsgType.PONG:
                self.pongs += 1
            elif message.type is not aiohttp.WSMsgType.TEXT:  # protocols that use text were not offered
                self._end = ExecEnd(None, None, lost=True)
        return self._end

    async def send_stdin(self, data: bytes) -> None:
        """Raises ClusterUnavailable when the connection is gone. Waits while the program does not read."""
        for start in range(0, len(data), _STDIN_BYTES_MAX):
            await self._send(self._socket.send_bytes(bytes((STDIN,)) + data[start : start + _STDIN_BYTES_MAX]))

    async def resize(self, cols: int, rows: int) -> None:
        """Raises ValueError for a size that would end all resizing."""
        if not (1 <= cols <= _SIZE_MAX and 1 <= rows <= _SIZE_MAX):
            raise ValueError(f"A terminal of {cols} x {rows} cannot be.")
        payload = json.dumps({"Width": cols, "Height": rows}).encode()
        await self._send(self._socket.send_bytes(bytes((SIZE,)) + payload))

    async def close_stdin(self) -> bool:
        """End of input for the program; False where the protocol has no way to say it.

        On a terminal that is ^D: closing the channel there makes containerd drop all later output.
        """
        if self._tty:
            await self.send_stdin(b"\x04")
            return True
        if self.protocol != V5:
            return False
        await self._send(self._socket.send_bytes(bytes((CLOSE, STDIN))))
        return True

    async def ping(self) -> None:
        """Ask for a sign of life, seen in `heard_at`. None comes while either direction is backed up."""
        await self._send(self._socket.ping())

    async def close(self) -> None:
        """Hang up. The cluster signals nobody: the program may stay (without a terminal it sees end of input)."""
        await self._socket.close()

    async def _send(self, sending: Awaitable[None]) -> None:
        try:
            await sending
        except (aiohttp.ClientError, OSError) as exc:
            raise unavailable(self._call, exc) from exc


@asynccontextmanager
async def open_exec(
    namespace: str,
    pod: str,
    *,
    container: str,
    command: Sequence[str],
    acting_as: Identity,
    tty: bool,
    stdin: bool,
) -> AsyncIterator[ExecStream]:
    """Run `command` in a container with the person's own rights, and hang up when the block is left.

    Raises Forbidden, NotFound or Rejected where the API server refuses. A program that cannot start, or a container
    that does not run, is told by the ExecEnd instead.
    """
    identity = headers_for(acting_as)
    call = requests.exec_(namespace, pod, container=container, command=command, tty=tty, stdin=stdin)
    endpoint = endpoint_of(settings.CLUSTER_PROXY_KUBECONFIG)

    answers: list[aiohttp.ClientResponse] = []

    async def keep_answer(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
        """aiohttp drops the body of an answer that is no upgrade, and with it the API server's words."""
        response = await handler(request)
        if response.status != 101:
            raise await refusal_of(response, words=call.words)
        answers.append(response)
        return response

    async with session_for(endpoint, middlewares=(keep_answer,)) as session:
        options = {key: value for key, value in request_options(endpoint).items() if key != "allow_redirects"}
        try:
            async with asyncio.timeout(_OPEN_SECONDS):
                socket = await session.ws_connect(
                    URL(endpoint.server.replace("http", "ws", 1) + call.target, encoded=True),
                    headers=CIMultiDict(call.headers(token=endpoint.token(), identity=identity)),
                    protocols=(V5, V4),
                    autoping=False,  # pongs are the only sign of life of a quiet shell, and autoping hides them
                    heartbeat=None,  # a pong queues behind megabytes of output: its absence means nothing by itself
                    compress=0,
                    max_msg_size=0,
                    timeout=aiohttp.ClientWSTimeout(ws_close=_CLOSE_SECONDS),
                    **options,
                )
        except (aiohttp.ClientError, TimeoutError, OSError) as exc:
            raise unavailable(call, exc) from exc
        async with hung_up_after(answers[0]):
            try:
                yield ExecStream(socket, call, tty=tty)
            finally:
                await socket.close()


def _read_frame(frame: bytes) -> "ExecOutput | ExecEnd | None":
    """None for what says nothing: the empty first frame, closes of single channels, channels we do not know."""
    if len(frame) > 1 and frame[0] in (STDOUT, STDERR):
        return ExecOutput(frame[0], frame[1:])
    if len(frame) > 1 and frame[0] == STATUS:
        return _end_of(frame[1:])
    return None


def _end_of(payload: bytes) -> ExecEnd:
    try:
        status = msgspec.json.decode(payload)
    except msgspec.DecodeError:
        return ExecEnd(None, {"message": payload.decode(errors="replace")})
    if not isinstance(status, dict):
        return ExecEnd(None, {"message": str(status)})
    if status.get("status") == "Success":
        return ExecEnd(0, status)
    causes = (status.get("details") or {}).get("causes") or ()
    codes = [cause.get("message", "") for cause in causes if cause.get("reason") == "ExitCode"]
    return ExecEnd(int(codes[0]) if codes and codes[0].isdecimal() else None, status)
