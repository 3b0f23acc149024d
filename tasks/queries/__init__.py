"""Every read of the pages. Nothing here asks the cluster; nothing here writes."""

from tasks.queries.changes import newest_change
from tasks.queries.cluster import (
    claims_in,
    namespaces_with_class,
    nodes,
    quotas_in,
    served_frameworks,
)
from tasks.queries.events import events_of
from tasks.queries.staleness import Staleness, staleness
from tasks.queries.tasks import (
    FacetCount,
    Page,
    facets_in,
    manifest_of,
    name_taken,
    pod_by_uid,
    pod_named,
    pods_of,
    task_in,
    tasks_by_uid,
    tasks_in,
)

__all__ = [
    "FacetCount",
    "Page",
    "Staleness",
    "claims_in",
    "events_of",
    "facets_in",
    "manifest_of",
    "name_taken",
    "namespaces_with_class",
    "newest_change",
    "nodes",
    "pod_by_uid",
    "pod_named",
    "pods_of",
    "quotas_in",
    "served_frameworks",
    "staleness",
    "task_in",
    "tasks_by_uid",
    "tasks_in",
]
