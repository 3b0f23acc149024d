from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.views.decorators.http import require_safe

from console.index.models import Event, Pod, Task
from console.web.htmx import render_page
from console.web.requests import HtmxRequest
from namespaces.views import remember_namespace
from tasks import queries
from tasks.access import TaskGone, task_for
from tasks.flavors import catalogue
from tasks.queries.operations import open_operations
from tasks.views.rights import may_delete_pods
from tasks.views.submitted import role_settings_of
from tasks.views.task_page import task_gone

EVENTS_A_POD = 20


@dataclass(frozen=True, slots=True)
class PodRow:
    pod: Pod
    events: list[Event]


@login_required
@require_safe
def role_detail(request: HtmxRequest, namespace: str, uid: str, role: str) -> HttpResponse:
    """One role: its pods with their containers and events, and its settings as they were submitted."""
    seq = queries.newest_change()  # before the rows
    try:
        access = task_for(request.user, namespace, uid)
    except TaskGone as gone:
        return task_gone(request, gone)
    remember_namespace(request, namespace)
    settings = role_settings_of(queries.manifest_of(uid), role)
    summary = _summary(access.task, role)
    if settings is None and summary is None:
        raise Http404
    context = {
        "namespace": access.namespace,
        "task": access.task,
        "role": role,
        "summary": summary,
        "settings": settings,
        "flavor": catalogue().get(settings.flavor) if settings else None,
        "pods": _pod_rows(uid, role, request.GET.get("q", "").strip()),
        "search": request.GET.get("q", "").strip(),
        "may_delete_pods": may_delete_pods(request.user, namespace),
        "may_exec": access.namespace.can_exec,
        "operations": open_operations(namespace, request.user),
        "stale": queries.staleness(),
        "seq": seq,
    }
    return render_page(request, "tasks/role_detail.html", context, fragment="role-region")


def _summary(task: Task, role: str) -> dict[str, Any] | None:
    """The task's row about this role (console.index.models.Task.roles)."""
    return next((entry for entry in task.roles if entry["role"] == role), None)


def _pod_rows(task_uid: str, role: str, search: str) -> list[PodRow]:
    pods = [pod for pod in queries.pods_of(task_uid, role) if search in pod.name]
    events: dict[str, list[Event]] = defaultdict(list)
    for event in queries.events_of(task_uid) if pods else []:
        if len(events[event.object_uid]) < EVENTS_A_POD:
            events[event.object_uid].append(event)
    return [PodRow(pod, events[pod.uid]) for pod in pods]
