from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Subquery
from django.utils import timezone

from console.cluster.resources import EVENT, JOB_KINDS, POD
from console.index.models import Leader, Watch

# Pages say how old they are from here on: shorter than that is the way of a change from the cluster to the page.
WORTH_SAYING = timedelta(seconds=5)
# Bookmarks come each minute; after two that did not come the watch starts again (architecture.md, "Watching").
SILENCE_ALLOWED = timedelta(seconds=150)
# What a task page is made of; a claim or quota that is late spoils no page.
_SHOWN = frozenset({POD.key, EVENT.key, *(resource.key for resource in JOB_KINDS)})


@dataclass(frozen=True, slots=True)
class Staleness:
    """How far the pages lag behind the cluster. False in a condition when they do not."""

    age_seconds: float | None  # None: nothing has been read yet
    problem: str = ""  # "": up to date; "first-list", "watcher-away", or the cluster's or network's own words

    def __bool__(self) -> bool:
        return bool(self.problem)


def staleness(now: datetime | None = None) -> Staleness:
    now = now or timezone.now()
    beat = Leader.objects.filter(pk=1).values("beat_at")
    # One query: every page asks.
    watches = list(Watch.objects.filter(resource__in=_SHOWN, served=True).annotate(beat_at=Subquery(beat)))
    if not watches or watches[0].beat_at is None:
        return Staleness(None, "first-list" if Leader.objects.filter(pk=1).exists() else "watcher-away")
    beat_at: datetime = watches[0].beat_at
    if now - beat_at > WORTH_SAYING:
        return Staleness((now - beat_at).total_seconds(), "watcher-away")
    late = [found for watch in watches if (found := _lateness(watch, now))]
    if any(found.age_seconds is None for found in late):
        return next(found for found in late if found.age_seconds is None)
    return max(late, key=lambda found: found.age_seconds or 0, default=Staleness(0))


def _lateness(watch: Watch, now: datetime) -> Staleness | None:
    if watch.heard_at is None or watch.listed_at is None:
        return Staleness(None, watch.problem or "first-list")
    age = now - watch.heard_at
    # Events have no bookmarks: a quiet cluster says nothing for hours.
    silent = watch.resource != EVENT.key and age > SILENCE_ALLOWED
    if (watch.problem and age > WORTH_SAYING) or silent:
        return Staleness(age.total_seconds(), watch.problem or "silence")
    return None
