"""What administrators change in the catalogue. Every change ends with `mark_changed`, so that all processes notice."""

from collections.abc import Iterable

from django.db import IntegrityError, transaction
from django.db.models import F, Max
from django.utils import timezone

from tasks.flavors import mark_changed
from tasks.frameworks.tolerations import written_toleration
from tasks.models import CatalogueDriver, CatalogueFlavor
from tasks.queries.flavors import usage_of
from tasks.specification.cuda_rules import Driver
from tasks.specification.flavor import Flavor


class FlavorKeyTaken(Exception):
    """Another flavor has this key; nothing was written."""


class StaleFlavor(Exception):
    """Somebody has changed or deleted the flavor meanwhile; nothing was written."""


class FlavorInUse(Exception):
    """Tasks or drafts name the flavor: it can be retired, not deleted."""


class StaleDrivers(Exception):
    """Somebody has changed the table of drivers meanwhile; nothing was written."""


def create_flavor(flavor: Flavor) -> CatalogueFlavor:
    """A new one at the end of the list. Raises FlavorKeyTaken."""
    try:
        with transaction.atomic():
            last = CatalogueFlavor.objects.aggregate(last=Max("position"))["last"]
            position = 0 if last is None else last + 1
            row = CatalogueFlavor.objects.create(key=flavor.key, position=position, **_columns(flavor))
            mark_changed()
            return row
    except IntegrityError as exc:
        raise FlavorKeyTaken(flavor.key) from exc


@transaction.atomic
def change_flavor(row: CatalogueFlavor, flavor: Flavor, *, version: int) -> None:
    """All but its key. Tasks keep the size they have; drafts get the new one. Raises StaleFlavor."""
    rows = CatalogueFlavor.objects.filter(pk=row.pk, version=version)
    if not rows.update(version=F("version") + 1, **_columns(flavor)):
        raise StaleFlavor
    mark_changed()


@transaction.atomic
def retire_flavor(row: CatalogueFlavor) -> None:
    """It is offered no more. Done already: nothing happens."""
    CatalogueFlavor.objects.filter(pk=row.pk, retired_at=None).update(
        retired_at=timezone.now(), version=F("version") + 1
    )
    mark_changed()


@transaction.atomic
def restore_flavor(row: CatalogueFlavor) -> None:
    CatalogueFlavor.objects.filter(pk=row.pk).exclude(retired_at=None).update(retired_at=None, version=F("version") + 1)
    mark_changed()


@transaction.atomic
def delete_flavor(row: CatalogueFlavor) -> None:
    """Raises FlavorInUse."""
    if usage_of(row.key).is_used:
        raise FlavorInUse
    CatalogueFlavor.objects.filter(pk=row.pk).delete()
    mark_changed()


@transaction.atomic
def move_flavor(row: CatalogueFlavor, *, by: int) -> None:
    """Down the list by so many places; negative is up. Beyond an end it stays there."""
    rows = list(CatalogueFlavor.objects.select_for_update())
    place = next((index for index, other in enumerate(rows) if other.pk == row.pk), None)
    if place is None:
        return
    rows.insert(max(place + by, 0), rows.pop(place))
    for position, other in enumerate(rows):
        other.position = position
    CatalogueFlavor.objects.bulk_update(rows, ["position"])
    mark_changed()


@transaction.atomic
def save_drivers(drivers: Iterable[Driver], *, seen: Iterable[Driver]) -> None:
    """The whole table anew. Raises StaleDrivers when it is no longer as it was `seen`."""
    rows = CatalogueDriver.objects.select_for_update()
    if {Driver(row.version, row.cuda) for row in rows} != set(seen):
        raise StaleDrivers
    CatalogueDriver.objects.all().delete()
    CatalogueDriver.objects.bulk_create(CatalogueDriver(version=row.version, cuda=row.cuda) for row in drivers)
    mark_changed()


def _columns(flavor: Flavor) -> dict[str, object]:
    return {
        "title": flavor.title,
        "gpus": flavor.gpus,
        "rdma_devices": flavor.rdma_devices,
        "rdma_resource": flavor.rdma_resource,
        "cpu_millicores": flavor.cpu_millicores,
        "memory_mib": flavor.memory_mib,
        "node_selector": dict(flavor.node_selector),
        "tolerations": [written_toleration(toleration) for toleration in flavor.tolerations],
        "price_micros_per_second": flavor.price_micros_per_second,
        "driver": flavor.driver,
    }
