"""Which objects of a batch are news, and the rows of those that no task depends on."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Model, QuerySet

from console.cluster.resources import CLAIM, DEPLOYMENT, NAMESPACE, NODE, QUOTA, SERVICE
from console.index.models import Claim, DnsPart, Namespace, Node, Pod, Quota, Task
from console.index.table import in_chunks, upsert
from tasks.observe.batch import Batch, Slot
from tasks.observe.jobs import version_of
from tasks.observe.surroundings import (
    claim_row,
    dns_deployment_row,
    dns_service_row,
    namespace_row,
    node_row,
    quota_row,
)


@dataclass(frozen=True, slots=True)
class _Kind:
    """One kind of the surroundings: its rows, and how a deleted object's are found."""

    key: str
    rows: QuerySet[Any]
    row_of: Callable[..., Model]
    by: str = "uid"  # the column that identifies an object, and its name in the metadata


def _surroundings() -> tuple[_Kind, ...]:
    return (
        _Kind(NAMESPACE.key, Namespace.objects.all(), namespace_row),
        _Kind(NODE.key, Node.objects.all(), node_row, by="name"),
        _Kind(CLAIM.key, Claim.objects.all(), claim_row),
        _Kind(QUOTA.key, Quota.objects.all(), quota_row),
        _Kind(SERVICE.key, DnsPart.objects.filter(kind="Service"), dns_service_row),
        _Kind(DEPLOYMENT.key, DnsPart.objects.filter(kind="Deployment"), dns_deployment_row),
    )


def still_there(model: type[Task] | type[Pod], slots: Mapping[str, Slot]) -> dict[str, Slot]:
    """Those whose version the index does not have yet. The others are only marked as seen by the newest list."""
    news = dict(slots)
    for chunk in in_chunks(slots):
        seen: dict[int, list[str]] = {}
        rows = model._default_manager.filter(pk__in=chunk).values_list("uid", "resource_version", "generation")
        for uid, version, generation in rows:
            if version_of(slots[uid].object.metadata) <= version and version:
                del news[uid]
                if generation < slots[uid].generation:
                    seen.setdefault(slots[uid].generation, []).append(uid)
        for generation, uids in seen.items():
            model._default_manager.filter(pk__in=uids).update(generation=generation)
    return news


def record_surroundings(batch: Batch) -> None:
    """Namespaces, nodes, claims, quotas and the cluster's DNS: small, and no live page is drawn from them."""
    sweeps = {progress.resource.key: progress.sweep_below for progress in batch.progress}
    for kind in _surroundings():
        slots = batch.slots.get(kind.key, {})
        upsert([kind.row_of(slot.object, generation=slot.generation) for slot in slots.values() if not slot.deleted])
        gone = [getattr(slot.object.metadata, kind.by) for slot in slots.values() if slot.deleted]
        if gone:
            kind.rows.filter(**{f"{kind.by}__in": gone}).delete()
        if (below := sweeps.get(kind.key)) is not None:
            kind.rows.filter(generation__lt=below).delete()
