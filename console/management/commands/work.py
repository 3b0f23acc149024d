from threading import Thread
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from console.celery import app
from tasks.background import sweep_for_ever


class Command(BaseCommand):
    help = "Work on operations: a Celery worker that hurries them, and beside it the sweep that needs no broker."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--threads", type=int, default=2)
        parser.add_argument("--no-sweep", action="store_true", help="another worker has it")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["no_sweep"]:
            Thread(target=sweep_for_ever, name="sweep", daemon=True).start()
        app.worker_main(
            ["worker", "--pool=threads", f"--concurrency={options['threads']}", "--loglevel=warning"]
            + ["--without-gossip", "--without-mingle", "--without-heartbeat"]
        )
