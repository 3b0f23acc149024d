import asyncio
from typing import Any
from urllib.parse import parse_qs

from channels.generic.websocket import AsyncWebsocketConsumer

from console.web.sockets import user_of
from terminal import actions, protocol
from terminal.access import SHELL, Refused, Right, Target, target_for
from terminal.ending import CloseCode, Ending
from terminal.protocol import Ack, Attach, BadFrame, End, Ping, Resize, Stdin
from terminal.session import Session
from terminal.sessions import Sessions, TooMany
from terminal.threads import in_thread

SAID_GOODBYE = frozenset({1000, 1001})  # the page closed the socket, or was closed or left itself


class Socket:
    """A consumer's socket as sessions see it."""

    def __init__(self, consumer: AsyncWebsocketConsumer) -> None:
        self._consumer = consumer
        self._closed = False

    async def send(self, frame: bytes) -> None:
        await self._consumer.base_send({"type": "websocket.send", "bytes": frame})

    async def close(self, code: int) -> None:
        if not self._closed:
            self._closed = True
            await self._consumer.close(code)


class DirectConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]
    """A consumer without Channels' thread hop (`aclose_old_connections`) in front of every received frame.

    That hop shares one thread with every other query of the process: a single slow one delays all keys (measured
    181 ms). Frames need no database.
    """

    async def dispatch(self, message: dict[str, Any]) -> None:
        if message["type"] == "websocket.receive":
            await self.websocket_receive(message)
        else:
            await super().dispatch(message)

    async def target(self, right: Right, *, subprotocol: str) -> Target:
        """Who asks for what. Raises Refused."""
        if subprotocol not in self.scope["subprotocols"]:
            raise Refused("protocol")
        query = parse_qs(self.scope["query_string"].decode("latin-1"))
        return await in_thread(target_for)(
            user_of(self.scope),
            self.scope["session"].session_key or "",
            pod_uid=self.scope["url_route"]["kwargs"]["pod_uid"],
            container=query.get("container", [""])[0],
            right=right,
        )


class TerminalConsumer(DirectConsumer):
    """One page's connection to a shell: lets in, decodes, and hands everything to the session."""

    def __init__(self, sessions: Sessions) -> None:
        super().__init__()
        self._sessions = sessions
        self._socket = Socket(self)
        self._session: Session | None = None
        self._target: Target | None = None
        self._deadline: asyncio.TimerHandle | None = None

    async def connect(self) -> None:
        try:
            self._target = await self.target(SHELL, subprotocol=protocol.SUBPROTOCOL)
        except Refused:
            await self.close()  # before accept(): the handshake is answered with 403; the ticket's answer says why
            return
        await self.accept(protocol.SUBPROTOCOL)
        loop = asyncio.get_running_loop()
        self._deadline = loop.call_later(self._sessions.timing.attach, self._give_up_waiting)

    async def disconnect(self, code: int) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        if self._session is not None:
            self._session.detach(self._socket, for_good=code in SAID_GOODBYE)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        try:
            message = protocol.decode(bytes_data or b"")  # text is no frame of ours
            if self._session is None:
                await self._attach(message)
            else:
                await self._pass_on(self._session, message)
        except BadFrame:
            await self._socket.close(CloseCode.BAD_FRAME)

    async def _pass_on(self, session: Session, message: protocol.Incoming) -> None:
        if isinstance(message, Stdin):
            await session.type(message.data)
        elif isinstance(message, Ack):
            session.ack(message.offset)
        elif isinstance(message, Resize):
            session.resize(message.cols, message.rows)
        elif isinstance(message, Ping):
            await self._socket.send(protocol.pong(message.token))
        elif isinstance(message, End):
            session.end(Ending(reason="ended", abnormal=False))
        else:
            raise BadFrame("attached already")

    async def _attach(self, message: protocol.Incoming) -> None:
        if not isinstance(message, Attach) or self._target is None:
            raise BadFrame("attach comes first")
        if self._deadline is not None:
            self._deadline.cancel()
        target = self._target
        good = await in_thread(actions.redeem_ticket)(
            message.ticket,
            user_id=target.user_id,
            session_key=target.session_key,
            pod_uid=target.pod_uid,
            container=target.container,
        )
        if not good:
            return await self._refuse(Ending(reason="ticket", close_code=CloseCode.SIGNED_OUT))
        try:
            self._session = await self._sessions.attach(self._socket, target, message)
        except TooMany as exc:
            return await self._refuse(exc.why)
        return None

    async def _refuse(self, why: Ending) -> None:
        await self._socket.send(protocol.status(why.status()))
        await self._socket.close(why.close_code)

    def _give_up_waiting(self) -> None:
        self._closing = asyncio.ensure_future(self._socket.close(CloseCode.TIME_LIMIT))
