"""What the rules are told about the world: from the index, and from access reviews as the person."""

from decimal import Decimal

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User

from console.cluster import ClusterError, ClusterUnavailable, connect
from console.cluster.resources import CLAIM, QUOTA, Resource
from console.index.models import Node, Quota, Watch
from console.people.identity import identity_of
from namespaces.access import NamespaceAccess, may, visible_namespaces
from tasks.flavors import catalogue
from tasks.frameworks import FRAMEWORKS
from tasks.queries.cluster import claims_in, cluster_dns, nodes, quotas_in, served_frameworks
from tasks.queries.operations import is_name_promised
from tasks.queries.tasks import name_taken
from tasks.specification import ClaimFact, Facts, NamespaceFact, NodeFact, QuotaFact
from tasks.specification.flavor import GPU_RESOURCE, Taint
from tasks.specification.quantities import MEBIBYTE, MILLICORE, parse_quantity

# Quotas limit what is asked for; limits equal requests in every pod of ours.
_QUOTA_NAMES = {
    "pods": ("pods", "count/pods"),
    "cpu_millicores": ("requests.cpu", "cpu", "limits.cpu"),
    "memory_mib": ("requests.memory", "memory", "limits.memory"),
    "gpus": (f"requests.{GPU_RESOURCE}",),
}
ASKED_MAX = 20  # namespaces of which a page asks whether tasks may be created; each answer counts for 15 s
_QUOTA_UNITS: dict[str, Decimal | int] = {"pods": 1, "cpu_millicores": MILLICORE, "memory_mib": MEBIBYTE, "gpus": 1}


def facts_for(user: User | AnonymousUser, framework: str, namespace: str, name: str) -> Facts:
    """The facts about a task of this name there. Nothing is told about a namespace that the person does not see."""
    known = _namespace_facts(user, FRAMEWORKS[framework].resource, namespace)
    inside = known is not None and namespace in known
    taken = inside and (name_taken(namespace, name) or is_name_promised(namespace, name))
    return Facts(
        frameworks=FRAMEWORKS,
        flavors=catalogue(),
        namespaces=known,
        taken_names=frozenset([name] if taken else []),
        served_kinds=frozenset(FRAMEWORKS[key].resource.kind for key in served_frameworks()),
        nodes=node_facts(),
        claims=claim_facts(namespace) if inside else None,
        names_resolve=dns.resolves if (dns := cluster_dns()) else None,
        quotas=quota_facts(namespace) if inside else None,
    )


def node_facts() -> tuple[NodeFact, ...] | None:
    """None as long as no node was seen: then nobody knows."""
    found = tuple(map(_node_fact, nodes()))
    return found or None


def claim_facts(namespace: str) -> dict[str, ClaimFact] | None:
    """By name; None as long as claims have not been listed."""
    if not _is_listed(CLAIM):
        return None
    return {
        claim.name: ClaimFact(name=claim.name, phase=claim.phase, access_modes=tuple(claim.access_modes))
        for claim in claims_in(namespace)
    }


def quota_facts(namespace: str) -> tuple[QuotaFact, ...] | None:
    """None as long as quotas have not been listed."""
    return tuple(map(_quota_fact, quotas_in(namespace))) if _is_listed(QUOTA) else None


def _is_listed(resource: Resource) -> bool:
    return Watch.objects.filter(resource=resource.key, listed_at__isnull=False).exists()


def _namespace_facts(user: User | AnonymousUser, resource: Resource, namespace: str) -> dict[str, NamespaceFact] | None:
    """By name, those of the classes for tasks. None: nobody could tell.

    Whether tasks of this kind may be created is asked for `namespace`, and for the others as long as they are few.
    """
    try:
        visible = [access for access in visible_namespaces(user) if access.class_name in settings.TASK_CLASSES]
    except ClusterUnavailable:
        return None
    few = len(visible) <= ASKED_MAX
    return {
        access.name: NamespaceFact(
            access.name,
            may_create=not (few or access.name == namespace) or _may_create(user, access, resource),
            active=access.phase == "Active",
        )
        for access in visible
    }


def _may_create(user: User | AnonymousUser, access: NamespaceAccess, resource: Resource) -> bool:
    """A cluster that is away decides later: the task then waits as an operation, and is refused if need be."""
    if access.uncertain or may(user, "create", resource, access.name).allowed:
        return True
    try:  # "no", or nobody could be asked?
        return connect(acting_as=identity_of(user)).may("create", resource, access.name).allowed
    except ClusterError:
        return True


def _node_fact(node: Node) -> NodeFact:
    return NodeFact(
        name=node.name,
        cpu_millicores=node.cpu_millicores,
        memory_mib=node.memory_mib,
        gpus=node.gpus,
        labels=node.labels,
        open=node.ready and not node.unschedulable,
        taints=tuple(map(_taint, node.taints)),
    )


def _taint(taint: dict[str, object]) -> Taint:
    return Taint(**{name: str(taint.get(name) or "") for name in ("key", "value", "effect")})


def _quota_fact(quota: Quota) -> QuotaFact:
    left: dict[str, int] = {}
    for ours, names in _QUOTA_NAMES.items():
        for name in names:
            hard, used = parse_quantity(quota.hard.get(name)), parse_quantity(quota.used.get(name, 0))
            if hard is not None and used is not None:
                rest = max(int((hard - used) / _QUOTA_UNITS[ours]), 0)
                left[ours] = min(rest, left.get(ours, rest))
    return QuotaFact(left=left)
