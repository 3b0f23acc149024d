"""Who uses a flavor: what keeps it from being deleted."""

import re
import zlib
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db.models import Model, TextField
from django.db.models.functions import Cast

from console.index.models import TaskManifest
from tasks.frameworks.building import FLAVOR_ANNOTATION
from tasks.models import CatalogueDriver, CatalogueFlavor, Operation


@dataclass(frozen=True, slots=True)
class Usage:
    """How many drafts and templates name the flavor, and whether a task was ever asked for with it."""

    drafts: int
    by_tasks: bool

    @property
    def is_used(self) -> bool:
        return bool(self.drafts) or self.by_tasks


def catalogue_rows() -> list[CatalogueFlavor]:
    """All of them, retired ones too, in their order."""
    return list(CatalogueFlavor.objects.all())


def flavor_row(pk: int) -> CatalogueFlavor | None:
    return CatalogueFlavor.objects.filter(pk=pk).first()


def driver_rows() -> list[CatalogueDriver]:
    return list(CatalogueDriver.objects.order_by("version"))


def usage_of(key: str) -> Usage:
    """Reads all drafts, operations and kept manifests: for the pages of one flavor, not for lists."""
    drafts = sum(
        names_flavor(entries, key)
        for model in _models_with_entries()
        for entries in model._default_manager.values_list("entries", flat=True).iterator(chunk_size=500)
    )
    return Usage(drafts=drafts, by_tasks=_is_in_operations(key) or _is_in_index(key))


def _models_with_entries() -> list[type[Model]]:
    """Drafts, templates, and whatever else keeps what was typed."""
    return [
        model
        for model in apps.get_app_config("tasks").get_models()
        if any(field.name == "entries" for field in model._meta.get_fields())
    ]


def names_flavor(entries: Any, key: str) -> bool:
    """Whether a role of what was typed (tasks.specification.entries) has the flavor, also one that is off now."""
    roles = entries.get("roles") if isinstance(entries, dict) else None
    found = roles.values() if isinstance(roles, dict) else ()
    return any(isinstance(role, dict) and role.get("flavor") == key for role in found)


def _is_in_operations(key: str) -> bool:
    """Both databases write JSON as `"key": "value"`, and a quote inside a text is escaped."""
    rows = Operation.objects.annotate(as_text=Cast("manifest", TextField()))
    return rows.filter(as_text__contains=f'"{FLAVOR_ANNOTATION}": "{key}"').exists()


def _is_in_index(key: str) -> bool:
    """Tasks of the first start, and of kubectl, have no operation."""
    says = re.compile(rf'"{re.escape(FLAVOR_ANNOTATION)}": ?"{re.escape(key)}"'.encode())
    bodies = TaskManifest.objects.values_list("body", flat=True).iterator(chunk_size=500)
    return any(says.search(zlib.decompress(body)) for body in bodies)
