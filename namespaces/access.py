"""Who sees which namespace: decided by the cluster, asked with the person's own identity. No table of members.

A namespace is offered when the index has it with a class (its label), and seen by whoever may list its pods and the
tasks of at least one kind. While the cluster cannot be asked, the last "yes" counts for reading, for five minutes.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import PermissionDenied
from django.http import Http404

from console.cluster import (
    JOB_KINDS,
    POD,
    ClusterError,
    ClusterUnavailable,
    Decision,
    Forbidden,
    Identity,
    Resource,
    connect,
)
from console.index.models import Namespace
from console.people.identity import identity_of
from namespaces.reviews import Question, Review, Reviews

AnyUser = User | AnonymousUser


@dataclass(frozen=True, slots=True)
class NamespaceAccess:
    """A namespace that a person sees. What may be done there is asked when it is read, and remembered for 15 s."""

    name: str
    class_name: str
    phase: str  # "Active", "Terminating"
    uncertain: bool  # the cluster cannot be asked: nothing may be changed, what is shown may be a few minutes old
    _identity: Identity = field(repr=False)

    @property
    def can_create(self) -> bool:
        """Whether tasks of some kind can be created."""
        active = self.phase == "Active" and not self.uncertain
        return active and any(_may(self._identity, "create", kind, self.name).allowed for kind in JOB_KINDS)

    @property
    def can_exec(self) -> bool:
        """Whether shells can be opened: `get`, and from Kubernetes 1.35 on `create` too, are needed for a websocket."""
        return not self.uncertain and all(
            _may(self._identity, verb, POD, self.name, "exec").allowed for verb in ("get", "create")
        )


def visible_namespaces(user: AnyUser) -> list[NamespaceAccess]:
    """By name. Raises ClusterUnavailable when the cluster cannot be asked and nothing at all is known."""
    identity = _identity_of(user)
    if identity is None:
        return []
    unknown: ClusterUnavailable | None = None
    found = []
    for namespace in Namespace.objects.exclude(class_name="").order_by("name"):
        try:
            access = _access(identity, namespace)
        except ClusterUnavailable as exc:
            unknown = exc
        else:
            found += [access] if access else []
    if unknown and not found:
        raise unknown
    return found


def namespace_for(user: AnyUser, name: str) -> NamespaceAccess:
    """The namespace, if `user` sees it. Raises Http404 for a stranger: the same as for one that does not exist.

    Raises ClusterUnavailable when the cluster cannot be asked and said nothing in the last five minutes.
    """
    identity = _identity_of(user)
    namespace = Namespace.objects.exclude(class_name="").filter(name=name).first()
    access = _access(identity, namespace) if identity and namespace else None
    if access is None:
        raise Http404
    return access


def may(user: AnyUser, verb: str, resource: Resource, namespace: str, subresource: str = "") -> Decision:
    """Whether a button is worth drawing. "No" while the cluster cannot be asked, except for reading."""
    identity = _identity_of(user)
    return _may(identity, verb, resource, namespace, subresource) if identity else Decision(False)


def forget_reviews(*, clock: Callable[[], float] = time.monotonic) -> None:
    """Ask the cluster again from now on, and count the seconds of its answers by this clock."""
    global _reviews
    _reviews = Reviews(_ask, clock=clock)


def _access(identity: Identity, namespace: Namespace) -> NamespaceAccess | None:
    """None for a stranger."""
    pods = _decide_listing(identity, POD, namespace.name)
    if not pods.decision.allowed:
        return None
    for kind in JOB_KINDS:
        jobs = _decide_listing(identity, kind, namespace.name)
        if jobs.decision.allowed:
            uncertain = pods.uncertain or jobs.uncertain
            return NamespaceAccess(namespace.name, namespace.class_name, namespace.phase, uncertain, identity)
    return None


def _decide_listing(identity: Identity, resource: Resource, namespace: str) -> Review:
    """One question answers for all namespaces where somebody may list everywhere (auditors)."""
    try:
        everywhere = _reviews.decide(Question(identity, "list", resource, ""))
    except ClusterUnavailable:
        pass  # a "no" is never extended; the namespace's own "yes" may be
    else:
        if everywhere.decision.allowed:
            return everywhere
    return _reviews.decide(Question(identity, "list", resource, namespace))


def _may(identity: Identity, verb: str, resource: Resource, namespace: str, subresource: str = "") -> Decision:
    try:
        return _reviews.decide(Question(identity, verb, resource, namespace, subresource)).decision
    except ClusterUnavailable as exc:
        return Decision(False, str(exc))


def _identity_of(user: AnyUser) -> Identity | None:
    """None for somebody who is nobody in the cluster."""
    try:
        return identity_of(user)
    except PermissionDenied:
        return None


def _ask(question: Question) -> Decision:
    try:
        return connect(acting_as=question.identity).may(
            question.verb, question.resource, question.namespace, subresource=question.subresource
        )
    except ClusterUnavailable:
        raise
    except Forbidden as exc:
        return Decision(False, str(exc))  # the console may not act as this person: see `manage.py check_cluster`
    except ClusterError as exc:
        raise ClusterUnavailable(str(exc), reason=exc.reason, status=exc.status) from exc


_reviews = Reviews(_ask)
