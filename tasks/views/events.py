"""The table of events: which ones, in which order."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from console.index.models import Task
from tasks import queries

RANGES = {"1": _("last hour"), "6": _("last 6 hours"), "24": _("last 24 hours")}
DEFAULT_SORT = "-last_at"


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFilters:
    type: str = ""
    hours: str = "24"
    search: str = ""
    sort: str = DEFAULT_SORT

    @property
    def narrow(self) -> bool:
        """Whether events are left out."""
        return bool(self.type or self.search or self.hours != "24")

    @classmethod
    def of(cls, query: QueryDict) -> "EventFilters":
        hours, event_type = query.get("hours", ""), query.get("type", "")
        return cls(
            type=event_type if event_type in ("Normal", "Warning") else "",
            hours=hours if hours in RANGES else "24",
            search=query.get("q", "").strip()[:200],
            sort=query.get("sort", "") or DEFAULT_SORT,
        )

    def context_of(self, task: Task) -> dict[str, Any]:
        since = timezone.now() - timedelta(hours=int(self.hours))
        events = queries.events_of(task.uid, since, self.search, self.sort, type=self.type)
        return {
            "events": events,
            "event_filters": self,
            "ranges": RANGES.items(),
            "sort": self.sort,
            "page_path": reverse("task-detail", args=[task.namespace, task.uid]),  # where the fragment's links lead
        }
