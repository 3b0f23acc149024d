import json
import zlib
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from console.index.models import Facet, Pod, Task, TaskManifest
from tasks.queries.keyset import Order, rows_after

TASKS_PER_PAGE = 50
# Nobody reads "23,481 tasks"; counting them would cost more than the page (scale.md B3).
COUNT_LIMIT = 1001

# Each is an index of the table, so that a page costs the same at 100 and at 100,000 tasks.
_NAME = Order(("name", "uid"))
_NEWEST = Order(("-created_at", "uid"))
_PHASE = Order(("phase", "-created_at", "uid"))
_FRAMEWORK = Order(("framework", "-created_at", "uid"))
SORTS = {
    "name": _NAME,
    "-name": _NAME.reversed,
    "-created_at": _NEWEST,
    "created_at": _NEWEST.reversed,
    "phase": _PHASE,
    "-phase": _PHASE.reversed,
    "framework": _FRAMEWORK,
    "-framework": _FRAMEWORK.reversed,
}
DEFAULT_SORT = "-created_at"


@dataclass(frozen=True, slots=True)
class Page:
    rows: list[Task]
    next_cursor: str  # "" on the last page
    count: int  # of all pages; COUNT_LIMIT means "that many or more"

    @property
    def count_is_capped(self) -> bool:
        return self.count >= COUNT_LIMIT


@dataclass(frozen=True, slots=True)
class FacetCount:
    framework: str
    phase: str
    tasks: int


def tasks_in(
    namespace: str,
    *,
    framework: str = "",
    phase: str = "",
    search: str = "",
    sort: str = DEFAULT_SORT,
    before: str = "",
    limit: int = TASKS_PER_PAGE,
) -> Page:
    """One page of the namespace's tasks; `before` is the last page's `next_cursor`, `sort` one of SORTS.

    `search` is a part of the name. An unknown sort or a broken cursor is the default one, not an error: both come
    from a URL.
    """
    order = SORTS.get(sort, SORTS[DEFAULT_SORT])
    matching = Task.objects.filter(namespace=namespace)
    if framework:
        matching = matching.filter(framework=framework)
    if phase:
        matching = matching.filter(phase=phase)
    if search:
        matching = _named(matching, search.strip().lower())
    rows = rows_after(matching.defer("facts"), order, before, limit + 1)
    next_cursor = order.cursor_of(rows[limit - 1]) if len(rows) > limit else ""
    return Page(rows[:limit], next_cursor, matching.order_by()[:COUNT_LIMIT].count())


def _named(tasks: QuerySet[Task], part: str) -> QuerySet[Task]:
    """Those whose name has this part. A NUL is in no name, and PostgreSQL would choke on it."""
    return tasks.filter(name__contains=part) if "\0" not in part else tasks.none()


def task_in(namespace: str, uid: str) -> Task | None:
    """None when it is not in the index: gone from the cluster, or not seen yet."""
    return Task.objects.filter(namespace=namespace, uid=uid).defer("facts").first()


def tasks_by_uid(uids: Collection[str]) -> dict[str, Task]:
    return {task.uid: task for task in Task.objects.filter(uid__in=uids).defer("facts")}


def name_taken(namespace: str, name: str) -> bool:
    """Whether a task of any kind has the name: pods of two kinds would collide (kubeflow.md fact 11)."""
    return Task.objects.filter(namespace=namespace, name=name).exists()


def facets_in(namespace: str) -> list[FacetCount]:
    """How many tasks there are of each framework and phase; those of which there are none are left out."""
    facets = Facet.objects.filter(namespace=namespace, tasks__gt=0).order_by("framework", "phase")
    return [FacetCount(facet.framework, facet.phase, facet.tasks) for facet in facets]


def manifest_of(task_uid: str) -> dict[str, Any]:
    """The task's object as last seen, without managedFields; {} when it is not in the index."""
    row = TaskManifest.objects.filter(task_uid=task_uid).first()
    if row is None:
        return {}
    manifest: dict[str, Any] = json.loads(zlib.decompress(bytes(row.body)))
    return manifest


def pods_of(task_uid: str, role: str = "") -> list[Pod]:
    """The task's pods (of one role) that are in the cluster now, by role and index."""
    pods = Pod.objects.filter(task_uid=task_uid)
    if role:
        pods = pods.filter(role=role)
    return list(pods.order_by("role", "index", "created_at"))


def pod_named(task: Task, name: str) -> Pod | None:
    """The task's pod of this name; the newest, should one that is ending still be there."""
    pods = Pod.objects.filter(namespace=task.namespace, name=name, task_uid=task.uid)  # by the index of names
    return pods.order_by("-created_at").first()


def pod_by_uid(uid: str) -> Pod | None:
    return Pod.objects.filter(uid=uid).first()
