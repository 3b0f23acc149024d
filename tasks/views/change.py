"""Suspend, resume and delete, one task or many; delete a pod. First the question that names them, then the deed."""

from uuid import UUID, uuid4

from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect, trigger_client_event

from console.index.models import Task
from console.web.htmx import render_page
from console.web.requests import HtmxRequest
from namespaces.access import namespace_for
from tasks import actions, queries
from tasks.access import pod_for, task_for
from tasks.phases import FINISHED, Phase
from tasks.queries.operations import operation_of
from tasks.views.rights import Verb, require_pod_deletion, require_verb

MOST_AT_ONCE = 100


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def change_tasks(request: HtmxRequest, namespace: str) -> HttpResponse:
    """GET asks whether to do `verb` to the tasks `uid`, by name; POST with the question's `key` asks for it, once."""
    access = namespace_for(request.user, namespace)
    asked = request.POST if request.method == "POST" else request.GET
    uids = list(dict.fromkeys(asked.getlist("uid")))
    if asked.get("verb") not in list(Verb) or len(uids) > MOST_AT_ONCE:
        raise BadRequest from None
    verb = Verb(asked["verb"])
    tasks = sorted(_tasks_in(access.name, uids), key=lambda task: task.name)
    if not access.uncertain:  # else the cluster is away; it decides when the operation is carried out
        require_verb(request.user, access.name, verb, {task.kind for task in tasks})
    touched = [task for task in tasks if _changes(task, verb)]
    if request.method == "POST":
        return _carry_out(request, access.name, verb, touched)
    context = {
        "namespace": access,
        "verb": verb,
        "tasks": touched,
        "left_out": [task for task in tasks if task not in touched],
        "key": uuid4(),
        "back": _back(access.name, asked.get("from", "")),
        "from": asked.get("from", ""),
    }
    return render_page(request, "tasks/change.html", context, fragment="question")


def _carry_out(request: HtmxRequest, namespace: str, verb: Verb, tasks: list[Task]) -> HttpResponse:
    try:
        if tasks:
            actions.request_changes(verb.value, tasks, by=request.user, key=UUID(request.POST.get("key", "")))
    except (ValueError, actions.KeyReused):  # no question of ours was answered
        raise BadRequest from None
    back = _back(namespace, request.POST.get("from", "") if verb is not Verb.DELETE else "")
    return _done(request, back, leaves=verb is Verb.DELETE and bool(request.POST.get("from")))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def delete_pod(request: HtmxRequest, namespace: str, uid: str, pod_uid: str) -> HttpResponse:
    """The same for one pod, with the warning that most tasks fail when one goes."""
    access = task_for(request.user, namespace, uid)
    pod = pod_for(access, pod_uid)
    if not access.namespace.uncertain:
        require_pod_deletion(request.user, access.namespace.name)
    back = reverse("role-detail", args=[access.namespace.name, uid, pod.role])
    if request.method == "POST":
        try:
            actions.request_pod_deletion(pod, by=request.user, key=UUID(request.POST.get("key", "")))
        except (ValueError, actions.KeyReused):
            raise BadRequest from None
        return _done(request, back)
    context = {"namespace": access.namespace, "task": access.task, "pod": pod, "key": uuid4(), "back": back}
    return render_page(request, "tasks/pod_deletion.html", context, fragment="question")


@login_required
@require_POST
def answer_operation(request: HtmxRequest, namespace: str, key: UUID) -> HttpResponse:
    """Whether something that could not be done for long shall still be done: `answer` is yes or no."""
    access = namespace_for(request.user, namespace)
    operation = operation_of(request.user, key)
    if operation is None or operation.namespace != access.name:
        raise Http404
    answers = {"yes": actions.confirm_operation, "no": actions.withdraw_operation}
    if request.POST.get("answer") not in answers:
        raise BadRequest from None
    answers[request.POST["answer"]](operation, by=request.user)
    return _done(request, reverse("task-list", args=[access.name]))


def _tasks_in(namespace: str, uids: list[str]) -> list[Task]:
    """The tasks of these uids. Raises Http404 when none is there: those that are gone meanwhile are left out."""
    found = [task for task in queries.tasks_by_uid(uids).values() if task.namespace == namespace]
    if not found:
        raise Http404
    return found


def _changes(task: Task, verb: Verb) -> bool:
    """Whether the verb would change anything: a finished task is not suspended, one that runs is not resumed."""
    if verb is Verb.DELETE:
        return task.phase not in (Phase.DELETING, Phase.GONE)
    if task.phase in FINISHED or task.phase == Phase.DELETING:
        return False
    return task.suspended is (verb is Verb.RESUME)


def _back(namespace: str, uid: str) -> str:
    """The page that asked: the task's, or the list."""
    if uid and queries.task_in(namespace, uid) is not None:
        return reverse("task-detail", args=[namespace, uid])
    return reverse("task-list", args=[namespace])


def _done(request: HtmxRequest, back: str, *, leaves: bool = False) -> HttpResponse:
    """Back to the page; an open page closes its dialog instead, and looks at what is open now."""
    if not request.htmx:
        return redirect(back)
    if leaves:
        return HttpResponseClientRedirect(back)
    response = HttpResponse(status=204)
    for event in ("close-dialog", "operations-changed", "tasks-changed"):
        trigger_client_event(response, event)
    return response
