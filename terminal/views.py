from typing import Any
from urllib.parse import quote

from csp.constants import NONCE, SELF, UNSAFE_INLINE
from csp.decorators import csp_replace
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_POST, require_safe

from console.cluster import POD
from console.index.models import Pod
from console.web.requests import HtmxRequest
from console.web.sockets import socket_origin
from namespaces.access import may
from terminal import actions
from terminal.access import SHELL, Refused, pod_for, target_for
from terminal.wording import ending_words, notice_words, terminal_words

# xterm.js makes <style> elements (stamped with the nonce by static/js/terminal_style.js) and style attributes.
TERMINAL_POLICY = {
    "style-src-elem": [SELF, NONCE],
    "style-src-attr": [UNSAFE_INLINE],
    "frame-ancestors": [SELF],
}


@login_required
@require_safe
@xframe_options_sameorigin
@csp_replace(TERMINAL_POLICY)  # type: ignore[arg-type]
def terminal(request: HtmxRequest, namespace: str, uid: str, pod_uid: str) -> HttpResponse:
    """A shell in one of the pod's containers: a document of its own, for a frame in the page or a window."""
    pod = _pod_of(request, namespace, uid, pod_uid)
    containers = _containers(pod)
    wanted = request.GET.get("container", "")
    chosen = next((c for c in containers if c["name"] == wanted), None) or _first_running(containers)
    decisions = [may(request.user, verb, POD, namespace, subresource=SHELL.subresource) for verb in SHELL.verbs]
    context = {
        "words": {"endings": ending_words(), "notices": notice_words(), "page": terminal_words()},
        "notice": _why_not(chosen, forbidden=not all(decision.allowed for decision in decisions)),
        "pod": pod,
        "namespace": namespace,
        "task_uid": uid,
        "containers": containers,
        "chosen": chosen,
        "socket": f"{socket_origin(request)}/ws/terminal/{quote(pod.uid)}/",
        "forbidden": not all(decision.allowed for decision in decisions),
        "in_frame": request.headers.get("Sec-Fetch-Dest") == "iframe",
    }
    return render(request, "terminal/terminal.html", context)


@login_required
@require_POST
def terminal_ticket(request: HtmxRequest, namespace: str, uid: str, pod_uid: str) -> HttpResponse:
    """A ticket for one socket, or why there is none: the socket itself can only be refused without a word.

    JSON: {"ticket": …}, or {"reason": code, "message": the cluster's words} with a status of 4xx or 5xx.
    """
    pod = _pod_of(request, namespace, uid, pod_uid)
    container = request.POST.get("container", "")
    session_key = request.session.session_key or ""
    try:
        target_for(request.user, session_key, pod_uid=pod.uid, container=container, right=SHELL)
    except Refused as exc:
        return JsonResponse({"reason": exc.reason, "message": exc.message}, status=exc.status)
    ticket = actions.issue_ticket(
        user_id=request.user.pk, session_key=session_key, pod_uid=pod.uid, container=container
    )
    return JsonResponse({"ticket": ticket})


def _pod_of(request: HtmxRequest, namespace: str, uid: str, pod_uid: str) -> Pod:
    pod = pod_for(request.user, pod_uid)
    if (pod.namespace, pod.task_uid) != (namespace, uid):
        raise Http404
    return pod


def _containers(pod: Pod) -> list[dict[str, Any]]:
    """Those one may want a shell in, each with the `kubectl` line that opens one."""
    return [
        {**c, "kubectl": f"kubectl exec -it -n {pod.namespace} {pod.name} -c {c['name']} -- sh"}
        for c in pod.containers
        if not c.get("init") or c.get("state") == "running"
    ]


def _why_not(container: dict[str, Any] | None, *, forbidden: bool) -> str:
    """Why there is no shell to be had, in words; "" when there is one."""
    if forbidden:
        return ending_words()["forbidden"]
    if container is None:
        return ending_words()["no-container"]
    if container.get("state") == "running":
        return ""
    state = ": ".join(part for part in (container.get("reason", ""), container.get("message", "")) if part)
    words = _("The container is not running, so no shell can be opened in it.")
    return f"{words} ({state})" if state else words


def _first_running(containers: list[dict[str, Any]]) -> dict[str, Any] | None:
    return next((c for c in containers if c.get("state") == "running"), containers[0] if containers else None)
