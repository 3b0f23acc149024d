"""The web process: pages in a WSGI thread pool, live streams as native ASGI (docs/architecture.md, "Processes")."""

import os
from typing import Any, cast

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings")

from a2wsgi import WSGIMiddleware  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402

from console.web.sse import Message, Receive, Send  # noqa: E402

PAGE_THREADS = 4  # SQLite and Python's lock make more of them wait for each other

# Each library types WSGI and ASGI in its own words.
_pages = WSGIMiddleware(cast("Any", get_wsgi_application()), workers=PAGE_THREADS)

from tasks.live import live_application  # noqa: E402  (needs the app registry)


async def application(scope: Message, receive: Receive, send: Send) -> None:
    if scope["type"] == "lifespan":
        await _live_and_die(receive, send)
    elif scope["type"] == "http" and scope["path"].startswith("/live/"):
        await live_application(scope, receive, send)
    elif scope["type"] == "http":
        await _pages(cast("Any", scope), cast("Any", receive), cast("Any", send))
    else:  # a websocket knocked at the wrong door: the terminal process has them
        await send({"type": "websocket.close", "code": 1008})


async def _live_and_die(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
