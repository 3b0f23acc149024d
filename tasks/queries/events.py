from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone

from console.index.models import Event

EVENTS_SHOWN = 200
KEPT = timedelta(hours=24)
# MPI's operator says these seven times a task and means nothing by them (kubeflow.md section 6).
NOISE = ("ServiceAccount is exist", "LauncherRole is exist", "RoleBinding is exist")
SORTS = ("-last_at", "last_at", "-first_at", "first_at", "type", "-type", "reason", "-reason", "-count", "count")


def events_of(
    task_uid: str,
    since: datetime | None = None,
    search: str = "",
    sort: str = "-last_at",
    *,
    type: str = "",  # noqa: A002
    object_uid: str = "",
    limit: int = EVENTS_SHOWN,
) -> list[Event]:
    """The task's events and its pods', those of pods long gone included, that came again after `since`.

    `since` is 24 h ago unless told otherwise; `type` ("Normal", "Warning") and `object_uid` narrow them. `search`
    looks into reason, message, name and component, in any case. An unknown sort is the newest first.
    """
    since = since or timezone.now() - KEPT
    events = Event.objects.filter(task_uid=task_uid, last_at__gte=since).exclude(reason__in=NOISE)
    if type:
        events = events.filter(type=type)
    if object_uid:
        events = events.filter(object_uid=object_uid)
    if search and "\0" not in search:
        events = events.filter(_says(search.strip()))
    order: list[Any] = [sort if sort in SORTS else SORTS[0]]
    if "last_at" not in order[0]:
        order.append("-last_at")
    # Times are whole seconds, in which a pod is made, scheduled, pulled for and started: the cluster's own order tells.
    order.append("resource_version" if order[0] in ("last_at", "first_at") else "-resource_version")
    return list(events.order_by(*order, "uid")[:limit])


def _says(words: str) -> Q:
    fields = ("reason", "message", "object_name", "component")
    found = Q()
    for field in fields:
        found |= Q(**{f"{field}__icontains": words})
    return found
