"""The web process: pages in a WSGI thread pool, live streams as native ASGI (docs/architecture.md, "Processes")."""

import os
from typing import Any, cast

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings")

from a2wsgi import WSGIMiddleware  # noqa: E402
from django.conf import settings  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402

from console.web.sse import Message, Receive, Send  # noqa: E402

PAGE_THREADS = 4  # SQLite and Python's lock make more of them wait for each other
FILE_THREADS = 2

# Each library types WSGI and ASGI in its own words.
_django = cast("Any", get_wsgi_application())
_pages = WSGIMiddleware(_django, workers=PAGE_THREADS)
# Threads of their own: pages that all wait for a silent API server must not leave other pages without their scripts.
_files = WSGIMiddleware(_django, workers=FILE_THREADS)

from tasks.live import live_application  # noqa: E402  (needs the app registry)


async def application(scope: Message, receive: Receive, send: Send) -> None:
    if scope["type"] == "lifespan":
        await _live_and_die(receive, send)
    elif scope["type"] == "http" and scope["path"].startswith("/live/"):
        await live_application(scope, receive, send)
    elif scope["type"] == "http":
        serve = _files if scope["path"].startswith(settings.STATIC_URL) else _pages
        await serve(cast("Any", scope), cast("Any", receive), cast("Any", send))
    else:  # a websocket knocked at the wrong door: the terminal process has them
        await send({"type": "websocket.close", "code": 1008})


async def _live_and_die(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
