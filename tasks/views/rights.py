"""Which buttons are drawn. Only hints: what is done is decided by the cluster, live, when it is done."""

from collections.abc import Iterable
from enum import StrEnum

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

from console.cluster.resources import JOB_KINDS, POD, Resource
from namespaces.access import may
from tasks.templatetags.task_words import VERBS


class Verb(StrEnum):
    """What the pages offer to do with tasks."""

    SUSPEND = "suspend"
    RESUME = "resume"
    DELETE = "delete"


CLUSTER_VERBS = {Verb.SUSPEND: "patch", Verb.RESUME: "patch", Verb.DELETE: "delete"}
RESOURCES = {resource.kind: resource for resource in JOB_KINDS}


def verbs_for(user: User, namespace: str, kinds: Iterable[str]) -> frozenset[Verb]:
    """What the person may do with tasks of at least one of the kinds."""
    resources = [RESOURCES[kind] for kind in kinds if kind in RESOURCES]
    allowed = {
        cluster_verb
        for cluster_verb in set(CLUSTER_VERBS.values())
        if any(may(user, cluster_verb, resource, namespace).allowed for resource in resources)
    }
    return frozenset(verb for verb in Verb if CLUSTER_VERBS[verb] in allowed)


def require_verb(user: User, namespace: str, verb: Verb, kinds: Iterable[str]) -> None:
    """Raises PermissionDenied with the cluster's reason when the person may not do this to all of the kinds."""
    for kind in sorted(set(kinds)):
        _require(user, CLUSTER_VERBS[verb], RESOURCES[kind], namespace, str(VERBS[verb].label))


def may_delete_pods(user: User, namespace: str) -> bool:
    return may(user, "delete", POD, namespace).allowed


def require_pod_deletion(user: User, namespace: str) -> None:
    _require(user, "delete", POD, namespace, _("Delete the pod"))


def _require(user: User, verb: str, resource: Resource, namespace: str, action: str) -> None:
    decision = may(user, verb, resource, namespace)
    if not decision.allowed:
        words = _("%(action)s: you do not have the right in %(namespace)s (%(verb)s on %(resource)s).") % {
            "action": action,
            "namespace": namespace,
            "verb": verb,
            "resource": resource.key,
        }
        raise PermissionDenied(f"{words} {decision.reason}".strip())
