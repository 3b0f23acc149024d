"""Namespaces, nodes, claims and quotas as decoded -> their rows."""

from django.conf import settings

from console.cluster import shapes
from console.index.models import Claim, DnsPart, Namespace, Node, Quota
from tasks.observe.jobs import version_of
from tasks.observe.quantities import amount, cpu_millicores, gpus, memory_mib


def namespace_row(found: shapes.Namespace, *, generation: int) -> Namespace:
    labels = found.metadata.labels or {}
    return Namespace(
        name=found.metadata.name,
        uid=found.metadata.uid,
        phase=found.status.phase,
        class_name=labels.get(settings.NAMESPACE_CLASS_LABEL, ""),
        resource_version=version_of(found.metadata),
        generation=generation,
    )


def node_row(found: shapes.Node, *, generation: int) -> Node:
    free = found.status.allocatable
    return Node(
        name=found.metadata.name,
        labels=found.metadata.labels or {},
        taints=found.spec.taints or [],
        ready=any(one.type == "Ready" and one.status == "True" for one in found.status.conditions or ()),
        unschedulable=bool(found.spec.unschedulable),
        cpu_millicores=cpu_millicores(free),
        memory_mib=memory_mib(free),
        gpus=gpus(free),
        pods=int(amount((free or {}).get("pods"))),
        resource_version=version_of(found.metadata),
        generation=generation,
    )


def claim_row(found: shapes.Claim, *, generation: int) -> Claim:
    capacity = found.status.capacity or found.spec.resources.requests or {}
    return Claim(
        uid=found.metadata.uid,
        namespace=found.metadata.namespace,
        name=found.metadata.name,
        phase=found.status.phase,
        storage_class=found.spec.storage_class_name or "",
        capacity=str(capacity.get("storage", "")),
        access_modes=found.status.access_modes or found.spec.access_modes or [],
        resource_version=version_of(found.metadata),
        generation=generation,
    )


def dns_service_row(found: shapes.Service, *, generation: int) -> DnsPart:
    return DnsPart(
        uid=found.metadata.uid,
        kind="Service",
        name=found.metadata.name,
        resource_version=version_of(found.metadata),
        generation=generation,
    )


def dns_deployment_row(found: shapes.Deployment, *, generation: int) -> DnsPart:
    containers = found.spec.template.spec.containers or []
    return DnsPart(
        uid=found.metadata.uid,
        kind="Deployment",
        name=found.metadata.name,
        image=containers[0].image if containers else "",
        wanted=1 if found.spec.replicas is None else found.spec.replicas,
        ready=found.status.ready_replicas,
        resource_version=version_of(found.metadata),
        generation=generation,
    )


def quota_row(found: shapes.Quota, *, generation: int) -> Quota:
    return Quota(
        uid=found.metadata.uid,
        namespace=found.metadata.namespace,
        name=found.metadata.name,
        hard=found.status.hard or {},
        used=found.status.used or {},
        resource_version=version_of(found.metadata),
        generation=generation,
    )
