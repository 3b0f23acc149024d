"""The index on SQLite and on PostgreSQL: each test that uses `index` runs on both."""

from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connections

from tests import postgres

ALIAS = "index"


@pytest.fixture(scope="session")
def postgres_index() -> Iterator[dict[str, Any]]:
    """Settings of a database with the index's tables in it."""
    with postgres.server() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def index(request: pytest.FixtureRequest, transactional_db: None) -> Iterator[str]:
    """An empty index; the name of its engine."""
    if request.param == "sqlite":
        yield "sqlite"
        return
    server = request.getfixturevalue("postgres_index")
    blocker = request.getfixturevalue("django_db_blocker")
    models = apps.get_app_config("index").get_models()
    with blocker.unblock(), on_postgres(ALIAS, server, [model._meta.db_table for model in models]):
        yield "postgresql"


@contextmanager
def on_postgres(alias: str, server: dict[str, Any], tables: list[str]) -> Iterator[None]:
    """One of the two databases is on this server; the tables are emptied afterwards."""
    original = connections.settings[alias]
    connections[alias].close()
    connections.settings[alias] = {**deepcopy(original), **server, "OPTIONS": {}, "CONN_MAX_AGE": 0}
    sqlite = connections[alias]
    del connections[alias]
    call_command("migrate", database=alias, verbosity=0, skip_checks=True, interactive=False)
    try:
        yield
    finally:
        with connections[alias].cursor() as cursor:
            cursor.execute(f"TRUNCATE {', '.join(map(connections[alias].ops.quote_name, tables))} RESTART IDENTITY")
        connections[alias].close()
        connections.settings[alias] = original
        connections[alias] = sqlite
