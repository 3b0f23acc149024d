"""The terminal process: websockets of terminals and logs, nothing else (docs/architecture.md, "Processes")."""

import asyncio
import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings")

import django  # noqa: E402

django.setup()

from typing import Any  # noqa: E402

from channels.auth import AuthMiddlewareStack  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from channels.security.websocket import OriginValidator  # noqa: E402
from django.conf import settings  # noqa: E402
from django.urls import path  # noqa: E402

from console.cluster import open_exec  # noqa: E402
from terminal.access import container_of, recheck  # noqa: E402
from terminal.consumers import TerminalConsumer  # noqa: E402
from terminal.leftovers import Ledger  # noqa: E402
from terminal.log_consumer import LogConsumer  # noqa: E402
from terminal.session import Cluster  # noqa: E402
from terminal.sessions import Sessions  # noqa: E402
from terminal.threads import in_thread  # noqa: E402

ledger = Ledger(open_exec)
sessions = Sessions(
    Cluster(open_exec=open_exec, recheck=in_thread(recheck), container_of=in_thread(container_of)), ledger=ledger
)


def sockets(sessions: Sessions) -> Any:
    """The websocket application: only from our own origins (scheme, host and port), with the page's login."""
    routes = [
        path("ws/terminal/<str:pod_uid>/", TerminalConsumer.as_asgi(sessions=sessions)),
        path("ws/log/<str:pod_uid>/", LogConsumer.as_asgi()),
    ]
    return OriginValidator(AuthMiddlewareStack(URLRouter(routes)), settings.WEB_ORIGINS)


async def _http(scope: Any, receive: Any, send: Any) -> None:
    """/healthz for probes; nothing else is served here."""
    status = 200 if scope["path"] == "/healthz" else 404
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"ok\n" if status == 200 else b""})


async def _lifespan(scope: Any, receive: Any, send: Any) -> None:
    looking_after = asyncio.create_task(ledger.look_after_for_ever())
    while True:
        message = await receive()
        if message["type"] == "lifespan.shutdown":
            looking_after.cancel()
            await sessions.end_all()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


application = ProtocolTypeRouter({"http": _http, "lifespan": _lifespan, "websocket": sockets(sessions)})
