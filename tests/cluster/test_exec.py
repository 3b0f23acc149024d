"""The websocket side of exec, against a server that speaks (or breaks) the protocol."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from pytest_django import Settings

from console.cluster import (
    STDERR,
    STDOUT,
    ExecEnd,
    ExecOutput,
    ExecStream,
    Forbidden,
    Identity,
    NotFound,
    Rejected,
    open_exec,
)
from tests.cluster.api_server import kubeconfig_for, status

ALICE = Identity("alice", ("team-vision", "team-all"))
Conversation = Callable[[web.WebSocketResponse], Awaitable[None]]


class ExecServer:
    """`talk` is what the container's side says once the upgrade is done; `refuse` answers instead of upgrading."""

    protocols: tuple[str, ...] = ("v5.channel.k8s.io", "v4.channel.k8s.io")

    def __init__(self) -> None:
        self.talk: Conversation | None = None
        self.refuse: tuple[int, Any] | None = None
        self.frames: list[bytes] = []
        self.request: web.Request | None = None

    async def serve(self, request: web.Request) -> web.StreamResponse:
        self.request = request
        if self.refuse:
            return web.json_response(self.refuse[1], status=self.refuse[0])
        socket = web.WebSocketResponse(protocols=self.protocols, timeout=0.1)
        await socket.prepare(request)
        if self.talk:
            await self.talk(socket)
        await socket.close()
        return socket

    async def read(self, socket: web.WebSocketResponse, count: int) -> None:
        for _ in range(count):
            self.frames.append(await socket.receive_bytes())


@pytest.fixture
async def server(tmp_path: Path, settings: Settings) -> AsyncIterator[ExecServer]:
    exec_server = ExecServer()
    application = web.Application()
    application.router.add_get("/api/v1/namespaces/vision/pods/p/exec", exec_server.serve)
    async with TestServer(application, host="127.0.0.1") as listening:
        path = tmp_path / "kubeconfig.yaml"
        path.write_text(kubeconfig_for(f"http://127.0.0.1:{listening.port}", token="the-console"))
        settings.CLUSTER_PROXY_KUBECONFIG = str(path)
        yield exec_server


def _exec(*, tty: bool = False) -> Any:
    return open_exec("vision", "p", container="main", command=["sh"], acting_as=ALICE, tty=tty, stdin=True)


async def _all(stream: ExecStream) -> tuple[list[ExecOutput], ExecEnd]:
    outputs = []
    while not isinstance(found := await stream.receive(), ExecEnd):
        outputs.append(found)
    return outputs, found


def _exited(code: int) -> bytes:
    if not code:
        return b'\x03{"status":"Success"}'
    details = {"causes": [{"reason": "ExitCode", "message": str(code)}]}
    return b"\x03" + json.dumps({"status": "Failure", "reason": "NonZeroExitCode", "details": details}).encode()


@pytest.mark.parametrize("code", [0, 1, 137])
async def test_the_status_frame_says_how_it_ended(server: ExecServer, code: int) -> None:
    async def talk(socket: web.WebSocketResponse) -> None:
        for frame in (b"\x01", b"\x01out", b"\x02err", _exited(code)):
            await socket.send_bytes(frame)

    server.talk = talk
    async with _exec() as stream:
        outputs, end = await _all(stream)

    assert outputs == [ExecOutput(STDOUT, b"out"), ExecOutput(STDERR, b"err")]
    assert (end.exit_code, end.lost) == (code, False)
    assert stream.protocol == "v5.channel.k8s.io"


async def test_an_end_without_status_is_lost_whatever_the_close_code(server: ExecServer) -> None:
    async def talk(socket: web.WebSocketResponse) -> None:
        await socket.send_bytes(b"\x01half a line")

    server.talk = talk
    async with _exec() as stream:
        _, end = await _all(stream)
        again = await stream.receive()

    assert end == again == ExecEnd(None, None, lost=True)


async def test_a_program_that_cannot_start_is_no_exit(server: ExecServer) -> None:
    words = "executable file not found in $PATH"

    async def talk(socket: web.WebSocketResponse) -> None:
        await socket.send_bytes(b"\x03" + json.dumps(status(500, "InternalError", words)).encode())

    server.talk = talk
    async with _exec() as stream:
        _, end = await _all(stream)

    assert end.exit_code is None
    assert not end.lost
    assert end.status is not None
    assert end.status["message"] == words


@pytest.mark.parametrize(
    "frame", [b"\x03not json", b"\x03[]", b'\x03{"status":"Failure","details":{"causes":[{"reason":"ExitCode"}]}}']
)
async def test_a_strange_status_still_ends_it(server: ExecServer, frame: bytes) -> None:
    async def talk(socket: web.WebSocketResponse) -> None:
        await socket.send_bytes(frame)

    server.talk = talk
    async with _exec() as stream:
        _, end = await _all(stream)

    assert end.exit_code is None
    assert end.status is not None


@pytest.mark.parametrize("frame", [b"", b"\xff\x01", b"\x09unknown", b"\x02"])
async def test_frames_that_say_nothing_are_passed_over(server: ExecServer, frame: bytes) -> None:
    async def talk(socket: web.WebSocketResponse) -> None:
        await socket.send_bytes(frame)
        await socket.send_bytes(_exited(0))

    server.talk = talk
    async with _exec() as stream:
        assert await _all(stream) == ([], ExecEnd(0, {"status": "Success"}))


async def test_what_is_sent_is_framed_and_cut(server: ExecServer) -> None:
    async def talk(socket: web.WebSocketResponse) -> None:
        await server.read(socket, 4)
        await socket.send_bytes(_exited(0))

    server.talk = talk
    async with _exec() as stream:
        await stream.send_stdin(b"x" * 20_000)
        await stream.resize(80, 24)
        assert await stream.close_stdin() is True
        await _all(stream)

    assert [len(frame) for frame in server.frames[:2]] == [16_385, 3_617]
    assert server.frames[0][0] == server.frames[1][0] == 0
    assert server.frames[2] == b'\x04{"Width": 80, "Height": 24}'
    assert server.frames[3] == b"\xff\x00"


async def test_on_a_terminal_the_end_of_input_is_a_key(server: ExecServer) -> None:
    """Closing the channel there would lose all later output."""

    async def talk(socket: web.WebSocketResponse) -> None:
        await server.read(socket, 1)
        await socket.send_bytes(_exited(0))

    server.talk = talk
    async with _exec(tty=True) as stream:
        await stream.close_stdin()
        await _all(stream)

    assert server.frames == [b"\x00\x04"]
    assert server.request is not None
    assert server.request.query["tty"] == "1"
    assert server.request.query["stderr"] == "0"


async def test_an_old_server_speaks_v4_and_has_no_end_of_input(server: ExecServer) -> None:
    async def talk(socket: web.WebSocketResponse) -> None:
        await socket.send_bytes(_exited(0))

    server.talk = talk
    server.protocols = ("v4.channel.k8s.io",)
    async with _exec() as stream:
        assert stream.protocol == "v4.channel.k8s.io"
        assert await stream.close_stdin() is False


@pytest.mark.parametrize(("cols", "rows"), [(0, 24), (80, 0), (-1, 24), (65536, 24)])
async def test_a_size_that_would_end_all_resizing_is_never_sent(server: ExecServer, cols: int, rows: int) -> None:
    async with _exec() as stream:
        with pytest.raises(ValueError, match="cannot be"):
            await stream.resize(cols, rows)


@pytest.mark.parametrize(
    ("code", "reason", "message", "kind"),
    [
        (403, "Forbidden", 'pods "p" is forbidden: User "carol" cannot get resource "pods/exec"', Forbidden),
        (404, "NotFound", 'pods "p" not found', NotFound),
        (400, "BadRequest", "container x is not valid for pod p", Rejected),
    ],
)
async def test_a_refused_upgrade_keeps_the_servers_words(
    server: ExecServer, code: int, reason: str, message: str, kind: type[Exception]
) -> None:
    server.refuse = (code, status(code, reason, message))

    with pytest.raises(kind) as caught:
        async with _exec():
            pass

    assert str(caught.value) == message


async def test_a_pong_is_a_sign_of_life(server: ExecServer) -> None:
    async def talk(socket: web.WebSocketResponse) -> None:
        # aiohttp answers the ping while it waits for the frame after it, so the pong goes out before the Status.
        await server.read(socket, 1)
        await socket.send_bytes(_exited(0))

    server.talk = talk
    async with _exec() as stream:
        before = stream.heard_at
        await stream.ping()
        await stream.send_stdin(b"after the ping")
        _, end = await _all(stream)

    assert end.exit_code == 0
    assert stream.heard_at > before
    assert stream.pongs == 1


async def test_it_goes_out_as_the_person(server: ExecServer) -> None:
    async with _exec():
        pass

    assert server.request
    assert server.request.headers.getall("Impersonate-User") == ["alice"]
    assert server.request.headers.getall("Impersonate-Group") == ["team-vision", "team-all"]
    assert server.request.headers.getall("Authorization") == ["Bearer the-console"]
