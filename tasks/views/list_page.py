from typing import Any
from zlib import crc32

from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from django_htmx.http import trigger_client_event

from console.cluster import ClusterUnavailable
from console.web.htmx import render_page
from console.web.requests import HtmxRequest
from namespaces.access import NamespaceAccess, namespace_for, visible_namespaces
from namespaces.views import remember_namespace
from tasks import queries
from tasks.queries.drafts import drafts_beside
from tasks.queries.operations import open_operations
from tasks.views.filters import Facets, TaskFilters
from tasks.views.rights import verbs_for
from tasks.wizard.standing import draft_lines


@login_required
@require_safe
def task_list(request: HtmxRequest, namespace: str) -> HttpResponse:
    """The tasks of a namespace: one page of 50, filtered and sorted as the URL says, kept up to date by its stream."""
    access = namespace_for(request.user, namespace)
    remember_namespace(request, access.name)
    filters = TaskFilters.of(request.GET)
    seq = queries.newest_change()  # before the rows: a change in between is sent twice, never lost
    page = filters.page_in(access.name)
    shown = ",".join(task.uid for task in page.rows)
    context = {
        "namespace": access,
        "filters": filters,
        "facets": Facets.of(access.name, filters),
        "page": page,
        "seq": seq,
        "shown": shown,
        "stream_id": f"task-stream-{seq}-{crc32(shown.encode())}",
        "verbs": verbs_for(request.user, access.name, {task.kind for task in page.rows}),
        "sort": filters.sort,
        **_above_the_table(request.user, access),
    }
    return render_page(request, "tasks/task_list.html", context, fragment="task-list")


@login_required
@require_safe
def operations(request: HtmxRequest, namespace: str) -> HttpResponse:
    """What the person asked for and is not done: polled each second while there is something."""
    access = namespace_for(request.user, namespace)
    waiting = open_operations(access.name, request.user)
    response = render(request, "tasks/_operations.html", {"namespace": access, "operations": waiting})
    if not any(operation.is_open for operation in waiting):
        trigger_client_event(response, "tasks-changed")
    return response


@login_required
@require_safe
def staleness(request: HtmxRequest, namespace: str) -> HttpResponse:
    """A line that says how old the page's data is; empty while it is fresh."""
    access = namespace_for(request.user, namespace)
    return render(request, "tasks/_staleness.html", {"namespace": access, "stale": queries.staleness()})


def _names_seen(user: User) -> list[str]:
    try:
        return [access.name for access in visible_namespaces(user)]
    except ClusterUnavailable:
        return []


def _above_the_table(user: User, access: NamespaceAccess) -> dict[str, Any]:
    return {
        "drafts": draft_lines(drafts_beside(access.name, user, seen=lambda: _names_seen(user))),
        "operations": open_operations(access.name, user),
        "stale": queries.staleness(),
    }
