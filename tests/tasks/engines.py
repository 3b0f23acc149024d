"""People, drafts and operations on SQLite and on PostgreSQL: each test that uses `console` runs on both."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps

from tests import postgres
from tests.index.engines import on_postgres


@pytest.fixture(scope="session")
def postgres_console() -> Iterator[dict[str, Any]]:
    """Settings of a database of its own: the index's tables are not in it."""
    with postgres.server() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def console(request: pytest.FixtureRequest, transactional_db: None) -> Iterator[str]:
    """An empty database of the console; the name of its engine."""
    if request.param == "sqlite":
        yield "sqlite"
        return
    server = request.getfixturevalue("postgres_console")
    blocker = request.getfixturevalue("django_db_blocker")
    tables = [
        model._meta.db_table for model in apps.get_models(include_auto_created=True) if model._meta.app_label != "index"
    ]
    with blocker.unblock(), on_postgres("default", server, tables):
        yield "postgresql"
