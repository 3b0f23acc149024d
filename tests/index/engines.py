"""The index on SQLite and on PostgreSQL: each test that uses `index` runs on both."""

from collections.abc import Iterator
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
    original = connections.settings[ALIAS]
    connections[ALIAS].close()
    connections.settings[ALIAS] = {**deepcopy(original), **server, "OPTIONS": {}, "CONN_MAX_AGE": 0}
    sqlite = connections[ALIAS]
    del connections[ALIAS]
    with blocker.unblock():
        call_command("migrate", database=ALIAS, verbosity=0, skip_checks=True, interactive=False)
        try:
            yield "postgresql"
        finally:
            _empty()
            connections[ALIAS].close()
            connections.settings[ALIAS] = original
            connections[ALIAS] = sqlite


def _empty() -> None:
    tables = ", ".join(f'"{model._meta.db_table}"' for model in apps.get_app_config("index").get_models())
    with connections[ALIAS].cursor() as cursor:
        cursor.execute(f"TRUNCATE {tables} RESTART IDENTITY")
