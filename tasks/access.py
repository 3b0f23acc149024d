"""From the names in a URL to what they stand for, for entry points only. A stranger gets the 404 of what is not."""

from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser, User
from django.http import Http404

from console.index.models import Pod, Task
from namespaces.access import NamespaceAccess, namespace_for
from tasks import queries


@dataclass(frozen=True, slots=True)
class TaskAccess:
    """A task that a person may look at, and the namespace it is in."""

    namespace: NamespaceAccess
    task: Task


def task_for(user: User | AnonymousUser, namespace_name: str, uid: str) -> TaskAccess:
    """Raises TaskGone when the person sees the namespace and no such task is in it, Http404 for a stranger."""
    namespace = namespace_for(user, namespace_name)
    task = queries.task_in(namespace.name, uid)
    if task is None:
        raise TaskGone(namespace, uid)
    return TaskAccess(namespace, task)


def pod_for(access: TaskAccess, pod_uid: str) -> Pod:
    """A pod of the task that is in the cluster now. Raises Http404."""
    pod = queries.pod_by_uid(pod_uid)
    if pod is None or pod.task_uid != access.task.uid:
        raise Http404
    return pod


class TaskGone(Http404):
    """Not in the index: gone from the cluster, never there, or not seen yet."""

    def __init__(self, namespace: NamespaceAccess, uid: str) -> None:
        super().__init__("no such task")
        self.namespace = namespace
        self.uid = uid
