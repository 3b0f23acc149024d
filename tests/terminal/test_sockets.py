"""The websockets as a browser meets them: who is refused before the handshake, and what a ticket opens."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from console.index.models import Pod
from terminal import asgi, protocol
from terminal.access import container_of, recheck
from terminal.actions import issue_ticket, redeem_ticket
from terminal.consumers import TerminalConsumer
from terminal.models import Ticket
from terminal.protocol import Kind
from terminal.session import Cluster
from terminal.sessions import Sessions
from terminal.threads import in_thread
from tests.terminal.conftest import POD_UID, QUICK
from tests.terminal.exec_streams import ScriptedCluster
from tests.terminal.rights_server import RightsServer
from tests.terminal.websocket import Websocket

pytestmark = [pytest.mark.django_db(transaction=True, databases=["default", "index"])]
OURS = settings.WEB_ORIGINS[0]
TICKET_URL = f"/n/vision/tasks/task-1/pods/{POD_UID}/terminal/ticket/"
Connect = Callable[..., Websocket]


@pytest.fixture
async def relay(scripted: ScriptedCluster, rights: RightsServer) -> AsyncIterator[Sessions]:
    made = Sessions(
        Cluster(open_exec=scripted.open_exec, recheck=in_thread(recheck), container_of=in_thread(container_of)), QUICK
    )
    yield made
    await made.end_all()


@pytest.fixture
def connect(relay: Sessions) -> Connect:
    application = asgi.sockets(relay)

    def connected(
        client: Client | None,
        *,
        origin: str | None = OURS,
        path: str = f"/ws/terminal/{POD_UID}/?container=main",
        subprotocol: str = protocol.SUBPROTOCOL,
    ) -> Websocket:
        headers = [(b"origin", origin.encode())] if origin is not None else []
        if client is not None:
            cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
            headers.append((b"cookie", f"{settings.SESSION_COOKIE_NAME}={cookie}".encode()))
        return Websocket(application, path, headers, [subprotocol])

    return connected


@pytest.fixture
def as_ada(client: Client, ada: User) -> Client:
    client.force_login(ada)
    return client


async def opens(socket: Websocket) -> bool:
    connected, _ = await socket.connect(timeout=5)
    await socket.disconnect()
    return bool(connected)


async def ticket_for(client: Client, container: str = "main") -> Any:
    return (await in_thread(client.post)(TICKET_URL, {"container": container})).json()["ticket"]


async def attached(socket: Websocket, ticket: str, **wanted: Any) -> bytes:
    assert (await socket.connect(timeout=5))[0]
    body = json.dumps({"ticket": ticket, "cols": 80, "rows": 24, **wanted}).encode()
    await socket.send_to(bytes_data=bytes([Kind.ATTACH]) + body)
    frame: bytes = await socket.receive_from(timeout=5)
    return frame


async def ending(socket: Websocket) -> tuple[str, int]:
    """The reason of the status frame that follows, whatever notices come first, and the close code."""
    while (frame := await socket.receive_from(timeout=10))[0] != Kind.STATUS:
        pass
    return json.loads(frame[1:])["reason"], (await socket.receive_output(timeout=5))["code"]


async def test_ada_gets_a_shell(connect: Connect, as_ada: Client, pod: Pod, scripted: ScriptedCluster) -> None:
    socket = connect(as_ada)

    hello = await attached(socket, await ticket_for(as_ada))
    assert hello[0] == Kind.ATTACH
    assert json.loads((await socket.receive_from(timeout=5))[1:]) == {"code": "started"}
    scripted.shell.say(b"$ ")
    assert await socket.receive_from(timeout=5) == b"\x01$ "
    await socket.send_to(bytes_data=b"\x00exit\r")
    await socket.send_to(bytes_data=b"\x06\x00\x00\x00\x01")
    assert await socket.receive_from(timeout=5) == b"\x06\x00\x00\x00\x01"
    scripted.shell.exit(3)
    status = await socket.receive_from(timeout=5)
    assert json.loads(status[1:])["exit_code"] == 3
    assert (await socket.receive_output(timeout=5))["code"] == 1000
    assert scripted.shell.typed == b"exit\r"
    await socket.disconnect()


@pytest.mark.parametrize(
    "origin",
    [
        None,
        "null",
        "http://evil.example",
        OURS.replace("http://", "https://"),
        OURS.replace(":8000", ":8001"),
        OURS.rsplit(":", 1)[0],
        OURS.replace("127.0.0.1", "sub.127.0.0.1"),
        OURS.replace("127.0.0.1", "127.0.0.1.evil.example"),
    ],
)
async def test_no_other_origin_opens_a_socket(connect: Connect, as_ada: Client, pod: Pod, origin: str | None) -> None:
    assert not await opens(connect(as_ada, origin=origin))


async def test_nobody_and_closed_sessions_open_nothing(connect: Connect, as_ada: Client, pod: Pod) -> None:
    assert not await opens(connect(None))
    key = as_ada.cookies[settings.SESSION_COOKIE_NAME].value
    await Session.objects.filter(pk=key).aupdate(expire_date=timezone.now() - timedelta(seconds=1))
    assert not await opens(connect(as_ada))
    await Session.objects.filter(pk=key).adelete()
    assert not await opens(connect(as_ada))


async def test_a_disabled_account_opens_nothing(connect: Connect, as_ada: Client, ada: User, pod: Pod) -> None:
    await User.objects.filter(pk=ada.pk).aupdate(is_active=False)

    assert not await opens(connect(as_ada))


async def test_a_stranger_opens_nothing(connect: Connect, client: Client, mallory: User, pod: Pod) -> None:
    await in_thread(client.force_login)(mallory)

    assert not await opens(connect(client))
    assert not await opens(connect(client, path=f"/ws/log/{POD_UID}/?container=main", subprotocol="console.log.v1"))


@pytest.mark.parametrize("missing", [("get", "exec"), ("create", "exec")])
async def test_both_rights_are_needed(
    connect: Connect, as_ada: Client, pod: Pod, rights: RightsServer, missing: tuple[str, str]
) -> None:
    rights.denied.add(missing)

    assert not await opens(connect(as_ada))


async def test_a_log_has_a_right_of_its_own(connect: Connect, as_ada: Client, pod: Pod, rights: RightsServer) -> None:
    rights.denied.add(("get", "log"))

    assert not await opens(connect(as_ada, path=f"/ws/log/{POD_UID}/?container=main", subprotocol="console.log.v1"))


@pytest.mark.parametrize("path", [f"/ws/terminal/{POD_UID}/?container=done", f"/ws/terminal/{POD_UID}/?container=no"])
async def test_only_a_running_container_opens(connect: Connect, as_ada: Client, pod: Pod, path: str) -> None:
    assert not await opens(connect(as_ada, path=path))


async def test_a_pod_that_was_replaced_or_never_was_opens_nothing(
    connect: Connect, as_ada: Client, pod: Pod, rights: RightsServer
) -> None:
    assert not await opens(connect(as_ada, path="/ws/terminal/another/?container=main"))
    rights.pod_uid = "a-new-one"
    assert not await opens(connect(as_ada))


async def test_another_protocol_opens_nothing(connect: Connect, as_ada: Client, pod: Pod) -> None:
    assert not await opens(connect(as_ada, subprotocol="console.terminal.v0"))


async def test_a_ticket_opens_one_socket_once(connect: Connect, as_ada: Client, pod: Pod) -> None:
    ticket = await ticket_for(as_ada)
    first, second = connect(as_ada), connect(as_ada)

    assert (await attached(first, ticket))[0] == Kind.ATTACH
    frame = await attached(second, ticket)
    assert json.loads(frame[1:])["reason"] == "ticket"
    assert (await second.receive_output(timeout=5))["code"] == 4401
    await first.disconnect()


async def test_input_before_the_ticket_is_refused(connect: Connect, as_ada: Client, pod: Pod) -> None:
    socket = connect(as_ada)
    await socket.connect(timeout=5)
    await socket.send_to(bytes_data=b"\x00ls\r")

    assert (await socket.receive_output(timeout=5))["code"] == 4400


async def test_a_socket_that_says_nothing_is_closed(connect: Connect, as_ada: Client, pod: Pod) -> None:
    socket = connect(as_ada)
    await socket.connect(timeout=5)

    assert (await socket.receive_output(timeout=5))["code"] == 4408


async def test_a_right_that_goes_away_closes_the_socket(
    connect: Connect, as_ada: Client, pod: Pod, rights: RightsServer
) -> None:
    socket = connect(as_ada)
    await attached(socket, await ticket_for(as_ada))
    rights.denied.add(("get", "exec"))

    assert await ending(socket) == ("forbidden", 4403)


async def test_signing_out_closes_the_socket(connect: Connect, as_ada: Client, pod: Pod) -> None:
    socket = connect(as_ada)
    await attached(socket, await ticket_for(as_ada))
    await Session.objects.all().adelete()

    assert await ending(socket) == ("signed-out", 4401)


def test_a_ticket_is_bound_to_person_login_pod_and_container(db: None) -> None:
    bound = {"user_id": 1, "session_key": "k", "pod_uid": "p", "container": "c"}
    secret = issue_ticket(**bound)  # type: ignore[arg-type]
    for key, other in {"user_id": 2, "session_key": "x", "pod_uid": "x", "container": "x"}.items():
        assert not redeem_ticket(secret, **{**bound, key: other})  # type: ignore[arg-type]

    assert redeem_ticket(secret, **bound)  # type: ignore[arg-type]
    assert not redeem_ticket(secret, **bound)  # type: ignore[arg-type]


def test_a_ticket_is_good_for_half_a_minute(db: None) -> None:
    bound = {"user_id": 1, "session_key": "k", "pod_uid": "p", "container": "c"}
    secret = issue_ticket(**bound)  # type: ignore[arg-type]
    Ticket.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    assert not redeem_ticket(secret, **bound)  # type: ignore[arg-type]
    issue_ticket(**bound)  # type: ignore[arg-type]
    assert Ticket.objects.count() == 1, "old ones are cleared away"


async def test_a_frame_does_not_wait_for_the_thread_of_the_database() -> None:
    """Channels would await `aclose_old_connections` first, in the one thread that all queries share."""
    consumer, busy, let_go = TerminalConsumer(Sessions(None)), threading.Event(), threading.Event()  # type: ignore[arg-type]
    received = asyncio.Event()

    async def receive(**_: Any) -> None:
        received.set()

    consumer.receive = receive

    def hog() -> None:
        busy.set()
        let_go.wait(5)

    query = asyncio.create_task(sync_to_async(hog)())
    try:
        assert await asyncio.to_thread(busy.wait, 5)
        async with asyncio.timeout(1):
            await consumer.dispatch({"type": "websocket.receive", "bytes": b"\x00x"})
    finally:
        let_go.set()
        await query

    assert received.is_set()
