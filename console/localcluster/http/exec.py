"""pods/exec over a websocket, v5.channel.k8s.io and v4.channel.k8s.io."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import msgspec
from aiohttp import WSMsgType, web

from console.localcluster.http.answers import text_answer
from console.localcluster.http.context import Context
from console.localcluster.http.kubelet import ExecSession, Kubelet
from console.localcluster.machinery.errors import bad_request

V5, V4 = "v5.channel.k8s.io", "v4.channel.k8s.io"
STDIN, STDOUT, ERROR, RESIZE, CLOSE = 0, 1, 3, 4, 255
LARGEST_MESSAGE = 32 << 20
LARGEST_SIZE = 65535


async def serve_exec(kubelet: Kubelet, context: Context, container: str) -> web.StreamResponse:
    """Answers 400, 403 or (v4 only) 500 before the upgrade; afterwards all is said by a Status on channel 3."""
    protocol = _protocol(context.request)
    if protocol is None:
        return web.Response(status=403)
    websocket = web.WebSocketResponse(
        protocols=(protocol,), max_msg_size=LARGEST_MESSAGE, compress=False, autoclose=False, timeout=0.1
    )
    if protocol == V5:
        # The real server confirms the upgrade before it asks the kubelet, so this frame precedes every failure.
        await websocket.prepare(context.request)
        await websocket.send_bytes(bytes([STDOUT]))
    try:
        session = await _open(kubelet, context, container)
    except Exception as error:
        message = getattr(error, "message", None)
        if message is None:
            raise
        if protocol == V4:
            return text_answer(message, status=500)
        await _end(websocket, _internal_error(message))
        return websocket
    if protocol == V4:
        await websocket.prepare(context.request)
        await websocket.send_bytes(bytes([STDOUT]))
    await _Relay(websocket, session, half_close=protocol == V5).run()
    return websocket


def _protocol(request: web.BaseRequest) -> str | None:
    if request.headers.get("Upgrade", "").lower() != "websocket":
        raise bad_request("unable to upgrade: only websockets are served here")
    header = request.headers.get("Sec-WebSocket-Protocol", "")
    offered = [one.strip() for one in header.split(",")]
    return next((known for known in (V5, V4) if known in offered), None)


async def _open(kubelet: Kubelet, context: Context, container: str) -> ExecSession:
    query = context.request.query
    tty = context.flag("tty")
    return await kubelet.exec(
        context.info.namespace,
        context.info.name,
        container=container,
        command=query.getall("command", []),
        tty=tty,
        stdin=context.flag("stdin"),
        stdout=context.flag("stdout"),
        stderr=context.flag("stderr") and not tty,
    )


class _Relay:
    """Both directions of one session. A reader that does not read stops the process's output, and so the process."""

    def __init__(self, websocket: web.WebSocketResponse, session: ExecSession, *, half_close: bool) -> None:
        self._websocket = websocket
        self._session = session
        self._half_close = half_close
        self._resizes = True

    async def run(self) -> None:
        output = asyncio.create_task(self._pump_output())
        incoming = asyncio.create_task(self._pump_input())
        try:
            await asyncio.wait((output, incoming), return_when=asyncio.FIRST_COMPLETED)
            if output.done() and not output.cancelled() and output.exception() is None:
                with contextlib.suppress(ConnectionError):
                    await _end(self._websocket, _exit_status(output.result()))
            else:
                self._session.abandon()
                await self._websocket.close(code=1000)
        finally:
            for task in (output, incoming):
                task.cancel()
            await asyncio.gather(output, incoming, return_exceptions=True)

    async def _pump_output(self) -> int:
        while (seen := await self._session.receive()) is not None:
            channel, data = seen
            await self._websocket.send_bytes(bytes([channel]) + data)
        return await self._session.exit_code()

    async def _pump_input(self) -> None:
        async for message in self._websocket:
            if message.type not in (WSMsgType.BINARY, WSMsgType.TEXT):
                continue
            data = message.data if isinstance(message.data, bytes) else message.data.encode()
            if not data:
                continue
            if data[0] == STDIN and len(data) > 1:
                await self._session.send_stdin(data[1:])
            elif data[0] == RESIZE:
                self._resize(data[1:])
            elif data[0] == CLOSE and self._half_close:
                if len(data) != 2 or data[1] > RESIZE:
                    return
                if data[1] == STDIN:
                    await self._session.close_stdin()

    def _resize(self, data: bytes) -> None:
        """One bad size ends resizing for good, as the real decoder's loop does."""
        try:
            size = {str(key).lower(): value for key, value in msgspec.json.decode(data).items()}
            cols, rows = size.get("width", 0), size.get("height", 0)
            fits = all(type(one) is int and 0 <= one <= LARGEST_SIZE for one in (cols, rows))
        except (msgspec.DecodeError, AttributeError):
            fits = False
        self._resizes = self._resizes and fits
        if self._resizes and cols and rows:
            self._session.resize(cols, rows)


async def _end(websocket: web.WebSocketResponse, status: dict[str, Any]) -> None:
    await websocket.send_bytes(bytes([ERROR]) + msgspec.json.encode(status))
    await websocket.close(code=1000)


def _exit_status(code: int) -> dict[str, Any]:
    if code == 0:
        return {"metadata": {}, "status": "Success"}
    return {
        "metadata": {},
        "status": "Failure",
        "message": f"command terminated with non-zero exit code: exit status {code}",
        "reason": "NonZeroExitCode",
        "details": {"causes": [{"reason": "ExitCode", "message": str(code)}]},
    }


def _internal_error(message: str) -> dict[str, Any]:
    return {
        "metadata": {},
        "status": "Failure",
        "message": f"Internal error occurred: {message}",
        "reason": "InternalError",
        "details": {"causes": [{"message": message}]},
        "code": 500,
    }
