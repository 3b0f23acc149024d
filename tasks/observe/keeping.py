"""The manifests of tasks that go, kept in the console's own database: so that a deleted task can still be cloned."""

import json
import zlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec

from console.index.models import Task, TaskManifest
from tasks.models import KeptManifest
from tasks.observe.batch import Slot

_decoder = msgspec.json.Decoder(dict[str, Any])


def keep_last_words(kind: str, slots: Iterable[Slot], now: datetime) -> None:
    """Those whose end was watched, as the cluster sent them with it: also of a task that the index never had."""
    _keep(
        KeptManifest(
            uid=slot.object.metadata.uid,
            kind=kind,
            namespace=slot.object.metadata.namespace,
            name=slot.object.metadata.name,
            manifest=_without_managed_fields(_decoder.decode(slot.raw)),  # type: ignore[misc]  # a field of any JSON
            created_at=slot.object.metadata.creation_timestamp or now,
            gone_at=now,
        )
        for slot in slots
    )


def keep_from_index(uids: Sequence[str], now: datetime) -> None:
    """Those that went while nobody watched, as the index has them; before it forgets them."""
    kept = set(KeptManifest.objects.filter(uid__in=uids).values_list("uid", flat=True))
    tasks = {task.uid: task for task in Task.objects.filter(uid__in=set(uids) - kept).defer("facts")}
    _keep(
        KeptManifest(
            uid=row.task_uid,
            kind=tasks[row.task_uid].kind,
            namespace=tasks[row.task_uid].namespace,
            name=tasks[row.task_uid].name,
            manifest=json.loads(zlib.decompress(bytes(row.body))),
            created_at=tasks[row.task_uid].created_at,
            gone_at=now,
        )
        for row in TaskManifest.objects.filter(task_uid__in=list(tasks))
    )


def _keep(rows: Iterable[KeptManifest]) -> None:
    """A batch may be written twice: the first time counts."""
    KeptManifest.objects.bulk_create(rows, batch_size=100, ignore_conflicts=True)


def _without_managed_fields(manifest: dict[str, Any]) -> dict[str, Any]:
    manifest.get("metadata", {}).pop("managedFields", None)
    return manifest
