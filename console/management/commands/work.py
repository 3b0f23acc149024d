from threading import Thread
from typing import Any, cast

from celery.beat import EmbeddedService
from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from console.celery import app


class Command(BaseCommand):
    help = "Work on operations: a Celery worker, with the clock of the sweep as one of its threads."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--threads", type=int, default=2)
        parser.add_argument("--no-clock", action="store_true", help="another worker (or celery beat) has the clock")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["no_clock"]:
            schedule = settings.STATE_DIR / "run" / "beat"
            # A thread, not beat's usual process: that would outlive a killed worker.
            cast("Thread", EmbeddedService(app, thread=True, schedule_filename=str(schedule))).start()
        app.worker_main(
            ["worker", "--pool=threads", f"--concurrency={options['threads']}", "--loglevel=warning"]
            + ["--without-gossip", "--without-mingle", "--without-heartbeat"]
        )
