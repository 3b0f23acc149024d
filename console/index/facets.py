"""How many tasks there are of each kind and phase, kept up to date row by row."""

from collections import Counter
from collections.abc import Mapping

from django.db import connections
from django.db.models import Count

from console.index.models import Facet, Task
from console.index.table import DATABASE

Key = tuple[str, str, str]  # namespace, framework, phase


def adjust(differences: Mapping[Key, int]) -> None:
    """Add to the counters; a difference may be negative."""
    changed = [(*key, difference) for key, difference in sorted(differences.items()) if difference]
    if not changed:
        return
    with connections[DATABASE].cursor() as cursor:
        cursor.executemany(
            "INSERT INTO index_facet (namespace, framework, phase, tasks) VALUES (%s, %s, %s, %s) "
            "ON CONFLICT (namespace, framework, phase) DO UPDATE SET tasks = index_facet.tasks + excluded.tasks",
            changed,
        )


def count_anew() -> None:
    """Set every counter to what the task table says. After a full list, so that no mistake lives for ever."""
    counted = Task.objects.values_list("namespace", "framework", "phase").annotate(n=Count("uid")).order_by()
    right = Counter({(namespace, framework, phase): n for namespace, framework, phase, n in counted})
    right.subtract({(f.namespace, f.framework, f.phase): f.tasks for f in Facet.objects.all()})
    adjust(right)
    Facet.objects.filter(tasks=0).delete()
