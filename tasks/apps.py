from typing import Any

from django.apps import AppConfig
from django.apps import apps as installed_apps
from django.db.models.signals import post_migrate


class TasksConfig(AppConfig):
    name = "tasks"

    def ready(self) -> None:
        post_migrate.connect(_seed, sender=self)


def _seed(*, using: str, apps: Any = installed_apps, **_ignored: Any) -> None:
    """After each migration, and not in one: so a database that was flushed (by tests) has its catalogue again."""
    from tasks.catalogue_seed import seed_catalogue

    seed_catalogue(apps, using=using)
