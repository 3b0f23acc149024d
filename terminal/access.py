"""Who may look into a pod: asked before a socket opens, and again every few seconds while it is open.

Synchronous (database and cluster verbs); the consumers call it in threads. Every answer is asked live, as the person.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import AnonymousUser, User
from django.contrib.sessions.models import Session
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from console.cluster import POD, Cluster, ClusterError, ClusterUnavailable, Forbidden, Identity, NotFound, connect
from console.index.models import Pod
from console.people.identity import identity_of
from namespaces.access import namespace_for
from tasks.queries import pod_by_uid
from terminal.ending import FORBIDDEN, POD_GONE, SIGNED_OUT, Ending


@dataclass(frozen=True, slots=True)
class Right:
    """What must be allowed on pods/<subresource>."""

    subresource: str
    verbs: tuple[str, ...]


# A websocket is a GET, so `get` opens a shell up to 1.34; from 1.35 on `create` is asked for, too.
SHELL = Right("exec", ("get", "create"))
LOG = Right("log", ("get",))


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One container of one pod, as one person may reach it during one login."""

    user_id: int
    session_key: str
    login_ends_at: datetime
    identity: Identity
    namespace: str
    pod: str
    pod_uid: str
    container: str
    right: Right


class Refused(Exception):
    """`reason` is a code that the page words; `message` is the cluster's own."""

    def __init__(self, reason: str, message: str = "", *, status: int = 403) -> None:
        super().__init__(message or reason)
        self.reason, self.message, self.status = reason, message, status


def pod_for(user: User | AnonymousUser, pod_uid: str) -> Pod:
    """A pod of a task in a namespace the person sees. Raises Http404, for a stranger as for a pod that is not there."""
    pod = pod_by_uid(pod_uid)
    if pod is None:
        raise Http404
    namespace_for(user, pod.namespace)
    return pod


def target_for(user: User | AnonymousUser, session_key: str, *, pod_uid: str, container: str, right: Right) -> Target:
    """Everything a socket needs to know. Raises Refused."""
    try:
        pod = pod_for(user, pod_uid)
        identity = identity_of(user)
    except Http404 as exc:
        raise Refused("not-found", status=404) from exc
    except PermissionDenied as exc:
        raise Refused("forbidden", str(exc)) from exc
    user_id = user.pk or 0  # identity_of has refused whoever has none
    login_ends_at = login_end(session_key, user_id=user_id)
    if login_ends_at is None:
        raise Refused("signed-out", status=401)
    try:
        _require_allowed(identity, pod, container, right)
    except ClusterUnavailable as exc:
        raise Refused("cluster-away", str(exc), status=503) from exc
    except ClusterError as exc:
        raise Refused("failed", str(exc), status=502) from exc
    return Target(
        user_id=user_id,
        session_key=session_key,
        login_ends_at=login_ends_at,
        identity=identity,
        namespace=pod.namespace,
        pod=pod.name,
        pod_uid=pod.uid,
        container=container,
        right=right,
    )


def _require_allowed(identity: Identity, pod: Pod, container: str, right: Right) -> None:
    cluster = connect(acting_as=identity)
    if (refusal := _refusal(cluster, pod.namespace, right)) is not None:
        raise Refused("forbidden", refusal)
    found = container_status(cluster, namespace=pod.namespace, pod=pod.name, pod_uid=pod.uid, container=container)
    if found is None:
        raise Refused("pod-gone", status=410)
    if right is SHELL and "running" not in found.get("state", {}):
        raise Refused("not-running", state_in_words(found), status=409)


def login_end(session_key: str, *, user_id: int) -> datetime | None:
    """When the login ends; None when it has ended: signed out, expired, account disabled, password changed."""
    row = Session.objects.filter(pk=session_key, expire_date__gt=timezone.now()).first()
    user = User.objects.filter(pk=user_id, is_active=True).first()
    if row is None or user is None:
        return None
    data = row.get_decoded()
    mine = str(data.get(SESSION_KEY)) == str(user_id)
    unchanged = constant_time_compare(str(data.get(HASH_SESSION_KEY, "")), user.get_session_auth_hash())
    return row.expire_date if mine and unchanged else None


def recheck(target: Target) -> Ending | None:
    """Why the socket must be closed now; None when all is as it was. Raises ClusterError when nobody can say."""
    if login_end(target.session_key, user_id=target.user_id) is None:
        return SIGNED_OUT
    try:
        user = User.objects.get(pk=target.user_id)
        namespace_for(user, target.namespace)
        if identity_of(user) != target.identity:
            return FORBIDDEN
    except (Http404, PermissionDenied):
        return FORBIDDEN
    cluster = connect(acting_as=target.identity)
    if _refusal(cluster, target.namespace, target.right) is not None:
        return FORBIDDEN
    try:
        pod = cluster.get(POD, target.namespace, target.pod)
    except NotFound:
        return POD_GONE
    except Forbidden:
        return FORBIDDEN
    return None if pod["metadata"]["uid"] == target.pod_uid else POD_GONE


def container_of(target: Target) -> dict[str, Any] | None:
    """The container's status now; None when the pod is gone or going. Raises ClusterError."""
    return container_status(
        connect(acting_as=target.identity),
        namespace=target.namespace,
        pod=target.pod,
        pod_uid=target.pod_uid,
        container=target.container,
    )


def container_status(
    cluster: Cluster, *, namespace: str, pod: str, pod_uid: str, container: str
) -> dict[str, Any] | None:
    """The containerStatus, nearly empty while the cluster has none yet.

    `podDeleting`, `podEnded` and `restartPolicy` in it are the pod's.
    None when the pod is gone, or going and the container with it. Raises Refused for a container the pod has not.
    """
    try:
        found = cluster.get(POD, namespace, pod)
    except NotFound:
        return None
    if found["metadata"]["uid"] != pod_uid:
        return None
    spec, status = found["spec"], found.get("status", {})
    if container not in {c["name"] for part in _PARTS for c in spec.get(part, ())}:
        raise Refused("no-container", status=404)
    statuses = [s for part in _PARTS for s in status.get(f"{part[:-1]}Statuses", ()) if s["name"] == container]
    known: dict[str, Any] = statuses[0] if statuses else {}
    deleting = bool(found["metadata"].get("deletionTimestamp"))
    if deleting and "running" not in known.get("state", {}):
        return None
    ended = status.get("phase") in {"Succeeded", "Failed"}
    return known | {"podDeleting": deleting, "podEnded": ended, "restartPolicy": spec.get("restartPolicy", "Always")}


_PARTS = ("containers", "initContainers", "ephemeralContainers")


def state_in_words(status: dict[str, Any]) -> str:
    """The cluster's own words for a container that does not run: "CrashLoopBackOff: back-off 40s restarting …"."""
    state = status.get("state", {})
    detail = state.get("waiting") or state.get("terminated") or {}
    return ": ".join(part for part in (detail.get("reason", ""), detail.get("message", "")) if part)


def _refusal(cluster: Cluster, namespace: str, right: Right) -> str | None:
    """Why the right is missing (may be empty); None when it is there."""
    for verb in right.verbs:
        decision = cluster.may(verb, POD, namespace, subresource=right.subresource)
        if not decision.allowed:
            return decision.reason
    return None
