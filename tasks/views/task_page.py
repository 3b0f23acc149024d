from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from django_htmx.http import HttpResponseClientRefresh

from console.index.models import Pod, Task
from console.web.htmx import render_page
from console.web.requests import HtmxRequest
from namespaces.views import remember_namespace
from tasks import queries
from tasks.access import TaskAccess, TaskGone, task_for
from tasks.causes import words_of
from tasks.phases import FINISHED, Phase
from tasks.queries.kept import kept_manifest
from tasks.queries.operations import is_not_seen_yet, open_operations
from tasks.views.events import EventFilters
from tasks.views.rights import Verb, verbs_for
from tasks.views.submitted import run_policy_of


@login_required
@require_safe
def task_detail(request: HtmxRequest, namespace: str, uid: str) -> HttpResponse:
    """Everything about one task. Its stream says when the page's regions fetch themselves again."""
    seq = queries.newest_change()  # before the rows
    try:
        access = task_for(request.user, namespace, uid)
    except TaskGone as gone:
        return task_gone(request, gone)
    if request.htmx and request.GET.get("waits") == "1":
        return HttpResponseClientRefresh()  # templates/tasks/task_not_seen.html: there it is
    remember_namespace(request, namespace)
    context = {"seq": seq, **_task_context(request, access), **EventFilters.of(request.GET).context_of(access.task)}
    return render_page(request, "tasks/task_detail.html", context, fragment="task-region")


@login_required
@require_safe
def task_events(request: HtmxRequest, namespace: str, uid: str) -> HttpResponse:
    """The events alone: filtered, sorted, or because something happened."""
    try:
        access = task_for(request.user, namespace, uid)
    except TaskGone as gone:
        return HttpResponse(status=204) if request.htmx else task_gone(request, gone)  # the region above says it
    events = EventFilters.of(request.GET).context_of(access.task)
    context = {"namespace": access.namespace, "task": access.task, **events}
    return render(request, "tasks/_events.html", context)


def task_gone(request: HtmxRequest, gone: TaskGone) -> HttpResponse:
    """A link to a task that is no longer there says so; an open page says so in place of what it showed.

    One that the watcher has not seen yet is waited for: its page asks again, and is drawn anew once there is an answer.
    """
    waits = request.htmx and request.GET.get("waits") == "1"
    if is_not_seen_yet(gone.namespace.name, gone.uid, request.user):
        if request.htmx:
            return HttpResponse(status=204)  # the page stays as it is
        context = {"namespace": gone.namespace, "uid": gone.uid, "stale": queries.staleness()}
        return render(request, "tasks/task_not_seen.html", context, status=202)
    if waits:
        return HttpResponseClientRefresh()
    status = 200 if request.htmx else 404
    kept = kept_manifest(gone.namespace.name, gone.uid)
    context = {"namespace": gone.namespace, "kept": kept}
    response = render_page(request, "tasks/task_gone.html", context, fragment="gone")
    response.status_code = status
    return response


def _pod_of_the_cause(task: Task) -> Pod | None:
    """The pod that is to blame, while it is there: its log is one click away."""
    return queries.pod_named(task, task.cause["pod"]) if task.cause.get("pod") else None


def _offered(task: Task, verbs: frozenset[Verb]) -> frozenset[Verb]:
    """Those of the verbs that would change something about the task as it is."""
    if task.phase == Phase.DELETING:
        return frozenset()
    if task.phase in FINISHED:
        return verbs & {Verb.DELETE}
    return verbs - {Verb.SUSPEND if task.suspended else Verb.RESUME}


def _task_context(request: HtmxRequest, access: TaskAccess) -> dict[str, Any]:
    task, namespace = access.task, access.namespace
    return {
        "namespace": namespace,
        "task": task,
        "policy": run_policy_of(queries.manifest_of(task.uid)),
        "cause": words_of(task.cause),
        "cause_pod": _pod_of_the_cause(task),
        "verbs": _offered(task, verbs_for(request.user, namespace.name, {task.kind})),
        "operations": open_operations(namespace.name, request.user),
        "stale": queries.staleness(),
    }
