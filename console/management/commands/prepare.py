from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connections

# One PostgreSQL database holds both, each in a schema of its own (settings.DATABASES).
SCHEMAS = {"default": "console", "index": "index"}


class Command(BaseCommand):
    help = "Bring both databases up to date: make PostgreSQL's schemas, migrate."

    def handle(self, *args: Any, **options: Any) -> None:
        for alias in settings.DATABASES:
            connection = connections[alias]
            if connection.vendor == "postgresql":
                with connection.cursor() as cursor:
                    cursor.execute(f"CREATE SCHEMA IF NOT EXISTS {connection.ops.quote_name(SCHEMAS[alias])}")
            call_command("migrate", database=alias, verbosity=options["verbosity"], interactive=False)
