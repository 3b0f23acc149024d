from typing import Any

import uvicorn
from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser


class Command(BaseCommand):
    help = "Serve the pages and their live streams."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=settings.WEB_PORT)

    def handle(self, *args: Any, **options: Any) -> None:
        uvicorn.run(
            "console.asgi:application",
            host=options["host"],
            port=options["port"],
            loop="asyncio",
            http="httptools",
            ws="none",
            access_log=False,
            log_level="warning",
            server_header=False,
            proxy_headers=settings.BEHIND_PROXY,
            timeout_graceful_shutdown=2,  # open event streams never end by themselves
        )
