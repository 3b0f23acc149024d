"""What people change about registries."""

from django.db import IntegrityError, transaction
from django.db.models import F

from console.registries import answers
from console.registries.models import Registry

REGISTRIES_MAX = 20  # a namespace


class StaleRegistry(Exception):
    """Somebody else has changed or removed it meanwhile."""


class TitleTaken(Exception):
    """Somebody else took the title a moment ago."""


def save_registry(registry: Registry, *, seen: int) -> None:
    """Write the row, new or changed. `seen`: the version that the page had. What it said before is forgotten."""
    try:
        with transaction.atomic():
            if registry.pk:
                current = Registry.objects.filter(pk=registry.pk, version=seen)
                if not current.update(version=F("version") + 1):
                    raise StaleRegistry
                registry.version = seen + 1
            registry.save()
            answers.forget(registry)
    except IntegrityError:
        raise TitleTaken from None


def delete_registry(registry: Registry) -> None:
    registry.delete()
