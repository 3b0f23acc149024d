import yaml
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from console.web.requests import HtmxRequest
from namespaces.views import remember_namespace
from tasks import queries
from tasks.access import TaskGone, task_for
from tasks.views.task_page import task_gone


@login_required
@require_safe
def task_manifest(request: HtmxRequest, namespace: str, uid: str) -> HttpResponse:
    """The task's object as the cluster last showed it, as YAML: a page to read, or with `?download=1` a file."""
    try:
        access = task_for(request.user, namespace, uid)
    except TaskGone as gone:
        return task_gone(request, gone)
    text = yaml.safe_dump(queries.manifest_of(uid), sort_keys=False, allow_unicode=True, width=120)
    if request.GET.get("download") == "1":
        name = f"{access.task.name}.yaml"
        headers = {"Content-Disposition": content_disposition_header(as_attachment=True, filename=name)}
        return HttpResponse(text, content_type="application/yaml; charset=utf-8", headers=headers)
    remember_namespace(request, namespace)
    context = {"namespace": access.namespace, "task": access.task, "manifest": text}
    return render(request, "tasks/manifest.html", context)
