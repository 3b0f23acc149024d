import os
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser


class Command(BaseCommand):
    help = "Run the embedded cluster alone. It is another program: this only executes it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=settings.WEB_PORT + 2)
        parser.add_argument("--gpus", type=int, default=0)

    def handle(self, *args: Any, **options: Any) -> None:
        command = [sys.executable, "-m", "console.localcluster", "--state", str(settings.STATE_DIR)]
        command += ["--port", str(options["port"]), "--gpus", str(options["gpus"])]
        os.execv(sys.executable, command)  # noqa: S606  (no shell is the point)
