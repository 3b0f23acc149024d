from typing import Any

import uvicorn
from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser


class Command(BaseCommand):
    help = "Serve the websockets of terminals and logs, in a process of their own."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=settings.TERMINAL_PORT)

    def handle(self, *args: Any, **options: Any) -> None:
        uvicorn.run(
            "terminal.asgi:application",
            host=options["host"],
            port=options["port"],
            loop="asyncio",  # uvloop loses the end of a TLS stream whose reader is paused
            http="httptools",
            ws="websockets-sansio",
            ws_max_size=65536,
            ws_ping_interval=20,
            ws_ping_timeout=60,
            ws_per_message_deflate=False,  # costs three times the CPU of the whole relay
            access_log=False,
            log_level="warning",
            server_header=False,
            proxy_headers=settings.BEHIND_PROXY,
            timeout_graceful_shutdown=5,
        )
