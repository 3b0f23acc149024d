"""Who uses a flavor: what keeps it from being deleted."""

import json
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps

from console.index.models import TaskManifest
from tasks.frameworks.building import FLAVOR_ANNOTATION
from tasks.models import CatalogueDriver, CatalogueFlavor


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
    """Opens every draft, template and kept manifest, which are encrypted: for one flavor that is to be deleted."""
    drafts = sum(names_flavor(entries, key) for entries in _values("entries"))
    return Usage(drafts=drafts, by_tasks=_is_in_manifests(key) or _is_in_index(key))


def names_flavor(entries: Any, key: str) -> bool:
    """Whether a role of what was typed (tasks.specification.entries) has the flavor, also one that is off now."""
    roles = entries.get("roles") if isinstance(entries, dict) else None
    found = roles.values() if isinstance(roles, dict) else ()
    return any(isinstance(role, dict) and role.get("flavor") == key for role in found)


def _values(column: str) -> Iterator[Any]:
    """Of drafts, templates, operations, and whatever else keeps entries or a manifest."""
    for model in apps.get_app_config("tasks").get_models():
        if any(field.name == column for field in model._meta.get_fields()):
            rows = model._default_manager.exclude(**{f"{column}__isnull": True})
            yield from rows.values_list(column, flat=True).iterator(chunk_size=500)


def _is_in_manifests(key: str) -> bool:
    says = _annotation(key)
    return any(says.search(json.dumps(manifest).encode()) for manifest in _values("manifest"))


def _is_in_index(key: str) -> bool:
    """Tasks of the first start, and of kubectl, have no operation."""
    says = _annotation(key)
    bodies = TaskManifest.objects.values_list("body", flat=True).iterator(chunk_size=500)
    return any(says.search(zlib.decompress(body)) for body in bodies)


def _annotation(key: str) -> re.Pattern[bytes]:
    """In JSON, where a quote inside a text is escaped."""
    return re.compile(rf'"{re.escape(FLAVOR_ANNOTATION)}": ?"{re.escape(key)}"'.encode())
