from typing import Any
from urllib.parse import unquote, urlsplit

from asgiref.testing import ApplicationCommunicator


class Websocket(ApplicationCommunicator):
    """A browser's websocket on an ASGI application. (channels.testing imports daphne, which we do not have.)"""

    def __init__(
        self, application: Any, path: str, headers: list[tuple[bytes, bytes]], subprotocols: list[str]
    ) -> None:
        url = urlsplit(path)
        scope = {
            "type": "websocket",
            "path": unquote(url.path),
            "query_string": url.query.encode(),
            "headers": headers,
            "subprotocols": subprotocols,
        }
        super().__init__(application, scope)

    async def connect(self, timeout: float = 5) -> tuple[bool, Any]:
        """Whether the handshake was accepted, and the subprotocol or the close code."""
        await self.send_input({"type": "websocket.connect"})
        answer = await self.receive_output(timeout)
        accepted = answer["type"] == "websocket.accept"
        return accepted, answer.get("subprotocol") if accepted else answer.get("code")

    async def send_to(self, *, bytes_data: bytes) -> None:
        await self.send_input({"type": "websocket.receive", "bytes": bytes_data})

    async def receive_from(self, timeout: float = 5) -> bytes:
        answer = await self.receive_output(timeout)
        assert answer["type"] == "websocket.send", answer
        frame: bytes = answer["bytes"]
        return frame

    async def disconnect(self, code: int = 1000) -> None:
        await self.send_input({"type": "websocket.disconnect", "code": code})
        await self.wait(5)
