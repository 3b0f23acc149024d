"""What the index forgets: events after a day, objects that are gone, the feed after ten minutes."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import connections, transaction

from console.index import changes
from console.index.models import Event
from console.index.table import DATABASE, execute

EVENTS_KEPT = timedelta(hours=24)
EVENTS_OF_AN_OBJECT = 500
# One DELETE of 41,000 rows holds the writer for over a second (scale.md B3).
ROWS_AT_ONCE = 1000


def prune(now: datetime) -> int:
    """Forget what is too old, at most ROWS_AT_ONCE of each; return how many rows went: call again while there are."""
    moment = connections[DATABASE].ops.adapt_datetimefield_value(now - EVENTS_KEPT)
    with transaction.atomic(using=DATABASE):
        events = execute(
            "DELETE FROM index_event WHERE (task_uid, created_at, uid) IN "
            "(SELECT task_uid, created_at, uid FROM index_event WHERE last_at < %s LIMIT %s)",
            [moment, ROWS_AT_ONCE],
        )
        objects = execute(
            "DELETE FROM index_taskobject WHERE uid IN (SELECT uid FROM index_taskobject WHERE gone_at < %s LIMIT %s)",
            [moment, ROWS_AT_ONCE],
        )
        changes.prune(now)
    return events + objects


def cap_events(object_uids: Iterable[str]) -> int:
    """Keep the newest EVENTS_OF_AN_OBJECT events of each of these objects; return how many went."""
    gone = 0
    for uid in object_uids:
        newest = Event.objects.filter(object_uid=uid).order_by("-last_at").values_list("last_at", flat=True)
        last = next(iter(newest[EVENTS_OF_AN_OBJECT : EVENTS_OF_AN_OBJECT + 1]), None)
        if last is not None:
            gone += Event.objects.filter(object_uid=uid, last_at__lte=last).delete()[0]
    return gone
