"""Which objects of a batch are news, and the rows of those that no task depends on."""

from collections.abc import Callable, Mapping
from typing import Any

from django.db.models import Model

from console.cluster.resources import CLAIM, NAMESPACE, NODE, QUOTA
from console.index.models import Claim, Namespace, Node, Pod, Quota, Task
from console.index.table import in_chunks, upsert
from tasks.observe.batch import Batch, Slot
from tasks.observe.jobs import version_of
from tasks.observe.surroundings import claim_row, namespace_row, node_row, quota_row

_SURROUNDINGS: tuple[tuple[str, type[Model], Callable[..., Model]], ...] = (
    (NAMESPACE.key, Namespace, namespace_row),
    (NODE.key, Node, node_row),
    (CLAIM.key, Claim, claim_row),
    (QUOTA.key, Quota, quota_row),
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
    """Namespaces, nodes, claims and quotas: small, and no live page is drawn from them."""
    sweeps = {progress.resource.key: progress.sweep_below for progress in batch.progress}
    for key, model, row_of in _SURROUNDINGS:
        slots = batch.slots.get(key, {})
        upsert([row_of(slot.object, generation=slot.generation) for slot in slots.values() if not slot.deleted])
        gone: list[Any] = [slot.object.metadata for slot in slots.values() if slot.deleted]
        if gone:
            by_uid = model._default_manager.filter(**{_UID[key]: [getattr(meta, _META[key]) for meta in gone]})
            by_uid.delete()
        if (below := sweeps.get(key)) is not None:
            model._default_manager.filter(generation__lt=below).delete()


_UID = {NAMESPACE.key: "uid__in", NODE.key: "name__in", CLAIM.key: "uid__in", QUOTA.key: "uid__in"}
_META = {NAMESPACE.key: "uid", NODE.key: "name", CLAIM.key: "uid", QUOTA.key: "uid"}
