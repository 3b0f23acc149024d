"""The feed behind the live pages: appended in the transaction of the rows it tells of, kept for ten minutes."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connections

from console.index.models import Change
from console.index.table import DATABASE, execute

KEPT = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, order=True)
class Note:
    """One line of the feed, before it has its number."""

    task_uid: str
    namespace: str
    kind: Change.Kind


def append(notes: Iterable[Note], *, at: datetime) -> int:
    """Add the notes, each once; return how many. One writer, so seq order is commit order."""
    lines = sorted(set(notes))
    with connections[DATABASE].cursor() as cursor:
        moment = connections[DATABASE].ops.adapt_datetimefield_value(at)
        cursor.executemany(
            "INSERT INTO index_change (kind, task_uid, namespace, at) VALUES (%s, %s, %s, %s)",
            [(note.kind.value, note.task_uid, note.namespace, moment) for note in lines],
        )
    return len(lines)


def prune(now: datetime) -> int:
    """Forget what is older than KEPT, but never the newest: its number says where the feed stands."""
    moment = connections[DATABASE].ops.adapt_datetimefield_value(now - KEPT)
    return execute(
        "DELETE FROM index_change WHERE at < %s AND seq < (SELECT MAX(seq) FROM index_change)",
        [moment],
    )
