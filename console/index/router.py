from typing import Any

from django.db.models import Model


class IndexRouter:
    """What was observed lives in the database `index`, everything else in `default`; no key crosses between them."""

    def db_for_read(self, model: type[Model], **hints: Any) -> str | None:
        return "index" if model._meta.app_label == "index" else None

    db_for_write = db_for_read

    def allow_relation(self, one: Model, other: Model, **hints: Any) -> bool:
        return (one._meta.app_label == "index") == (other._meta.app_label == "index")

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return (db == "index") == (app_label == "index")
