"""The catalogue of pod sizes and the table of drivers, as administrators keep them, cached in the process.

A change is seen at once in the process that made it, and in the others within settings.CATALOGUE_CHECK_SECONDS: until
then a call costs no query, after that one small one.
"""

import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace

from django.conf import settings
from django.db import transaction

from tasks.models.flavors import CatalogueDriver, CatalogueEdition, CatalogueFlavor
from tasks.specification.cuda_rules import Driver
from tasks.specification.flavor import Flavor, FlavorClass


@dataclass(frozen=True, slots=True)
class _Edition:
    token: uuid.UUID | None
    cpu_flavors: bool  # the setting that it was read under
    flavors: Mapping[str, Flavor]
    drivers: tuple[Driver, ...]
    checked_at: float


_known: _Edition | None = None
_forgotten = 0  # how often: what was read before the last time is not kept


def catalogue() -> Mapping[str, Flavor]:
    """All flavors by key, in the administrators' order.

    Retired ones are among them, marked, so that tasks and drafts that have them can be read; so are those of class CPU
    where they are not enabled. See `offered`.
    """
    return _newest().flavors


def offered() -> Mapping[str, Flavor]:
    """The flavors that may be chosen."""
    return {key: flavor for key, flavor in catalogue().items() if not flavor.retired}


def drivers() -> tuple[Driver, ...]:
    """The table of drivers, oldest first."""
    return _newest().drivers


def mark_changed() -> None:
    """To be called in the transaction of each change: the other processes will notice, this one at once."""
    CatalogueEdition.objects.update_or_create(pk=1, defaults={"token": uuid.uuid4()})
    forget()
    transaction.on_commit(forget)  # a thread beside us may have read the old rows meanwhile


def forget() -> None:
    global _known, _forgotten
    _forgotten += 1
    _known = None


def _newest() -> _Edition:
    global _known
    known, now, forgotten = _known, time.monotonic(), _forgotten
    if known and known.cpu_flavors != settings.CPU_FLAVORS:
        known = None
    if known and now - known.checked_at < settings.CATALOGUE_CHECK_SECONDS:
        return known
    # The token first: rows that change in between are then read again, never missed.
    token = CatalogueEdition.objects.filter(pk=1).values_list("token", flat=True).first()
    known = replace(known, checked_at=now) if known and known.token == token else _read(token, now)
    if forgotten == _forgotten:
        _known = known
    return known


def _read(token: uuid.UUID | None, now: float) -> _Edition:
    flavors = {}
    for row in CatalogueFlavor.objects.all():
        flavors[row.key] = row.flavor(offered=settings.CPU_FLAVORS or row.class_ != FlavorClass.CPU)
    rows = [Driver(row.version, row.cuda) for row in CatalogueDriver.objects.all()]
    rows.sort(key=lambda driver: driver.number)
    return _Edition(token, settings.CPU_FLAVORS, flavors, tuple(rows), now)
