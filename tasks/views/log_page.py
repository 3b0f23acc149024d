from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from console.cluster import connect
from console.index.models import Pod
from console.people.identity import identity_of
from console.web.requests import HtmxRequest
from console.web.sockets import socket_origin
from namespaces.views import remember_namespace
from tasks import queries
from tasks.access import pod_for, task_for

TAILS = (100, 1000, 10000)
DEFAULT_TAIL = 1000
DOWNLOAD_BYTES = 64 * 1024 * 1024  # held in memory while it is passed on


@login_required
@require_safe
def pod_log(request: HtmxRequest, namespace: str, uid: str, pod_uid: str) -> HttpResponse:
    """The log of one container, followed live over a socket of the terminal process (static/js/log.js)."""
    access = task_for(request.user, namespace, uid)
    pod = pod_for(access, pod_uid)
    remember_namespace(request, namespace)
    container = _container(pod, request.GET.get("container", ""))
    context = {
        "namespace": access.namespace,
        "task": access.task,
        "pod": pod,
        "pods": queries.pods_of(uid),
        "container": container,
        "tails": TAILS,
        "tail": DEFAULT_TAIL,
        "socket": f"{socket_origin(request)}/ws/log/{pod.uid}/",
    }
    return render(request, "tasks/pod_log.html", context)


@login_required
@require_safe
def download_pod_log(request: HtmxRequest, namespace: str, uid: str, pod_uid: str) -> HttpResponse:
    """The whole log of one container as a file: what the cluster still has of it, at most 64 MiB."""
    access = task_for(request.user, namespace, uid)
    pod = pod_for(access, pod_uid)
    container = _container(pod, request.GET.get("container", ""))
    cluster = connect(acting_as=identity_of(request.user))
    previous = request.GET.get("previous") == "1"
    text = cluster.read_log(
        pod.namespace,
        pod.name,
        container=container,
        tail_lines=None,
        previous=previous,
        timestamps=request.GET.get("timestamps") == "1",
        limit_bytes=DOWNLOAD_BYTES,
    )
    name = f"{pod.name}-{container}{'-previous' if previous else ''}.log"
    headers = {"Content-Disposition": content_disposition_header(as_attachment=True, filename=name)}
    return HttpResponse(text, content_type="text/plain; charset=utf-8", headers=headers)


def _container(pod: Pod, wanted: str) -> str:
    """The container asked for, else the pod's first that is no init container. Raises Http404 for another name."""
    names: list[str] = [container["name"] for container in pod.containers]
    if wanted:
        if wanted not in names:
            raise Http404
        return wanted
    main: list[str] = [container["name"] for container in pod.containers if not container.get("init")]
    if not (main or names):
        raise Http404
    return (main or names)[0]
