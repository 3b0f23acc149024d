"""Can the pods ever run here? Nothing of this blocks: nodes come and go, and a quota's use falls when tasks end."""

from tasks.specification.facts import Facts, NodeFact
from tasks.specification.findings import Code, Finding, warning
from tasks.specification.flavor import Flavor, FlavorClass
from tasks.specification.task import TaskSpec


def check_capacity(spec: TaskSpec, facts: Facts) -> list[Finding]:
    return [*_check_nodes(spec, facts), *_check_quotas(spec, facts)]


def check_flavor_fits(flavor: Flavor, nodes: tuple[NodeFact, ...] | None, path: str) -> list[Finding]:
    """Why no node has room for one pod of the flavor even when empty; nothing when one has, or nobody knows."""
    if nodes is None or flavor.class_ == FlavorClass.RDMA:  # the index does not count RDMA devices
        return []
    candidates = [node for node in nodes if node.open and (flavor.gpus or not node.gpu_pods_only)]
    if flavor.gpus:
        wanted = flavor.node_selector.items()
        candidates = [node for node in candidates if wanted <= node.labels.items()]
        if not candidates:
            return [warning(Code.FLAVOR_NO_NODE_MODEL, path, model=flavor.gpu_model)]
        largest = max(node.gpus for node in candidates)
        if largest < flavor.gpus:
            return [warning(Code.FLAVOR_NO_NODE_GPUS, path, gpus=flavor.gpus, largest=largest)]
    if any(_has_room(node, flavor) for node in candidates):
        return []
    return [warning(Code.FLAVOR_NO_NODE_SIZE, path)]


def _has_room(node: NodeFact, flavor: Flavor) -> bool:
    return (
        node.gpus >= flavor.gpus
        and node.cpu_millicores >= flavor.cpu_millicores
        and node.memory_mib >= flavor.memory_mib
    )


def _check_nodes(spec: TaskSpec, facts: Facts) -> list[Finding]:
    found = []
    for role in spec.roles:
        if role.flavor is not None:
            found += check_flavor_fits(role.flavor, facts.nodes, f"roles.{role.name}.flavor")
    return found


def _check_quotas(spec: TaskSpec, facts: Facts) -> list[Finding]:
    wanted = totals(spec)
    found: dict[str, Finding] = {}
    for quota in facts.quotas:
        for resource, left in quota.left.items():
            if wanted.get(resource, 0) > left and resource not in found:
                found[resource] = warning(
                    Code.QUOTA_EXCEEDED, "roles", resource=resource, wanted=wanted[resource], left=left
                )
    return list(found.values())


def totals(spec: TaskSpec) -> dict[str, int]:
    """What all pods of the task ask for together: "pods", "cpu_millicores", "memory_mib", "gpus"."""
    sums = {"pods": 0, "cpu_millicores": 0, "memory_mib": 0, "gpus": 0}
    for role in spec.roles:
        sums["pods"] += role.replicas
        if role.flavor is not None:
            sums["cpu_millicores"] += role.replicas * role.flavor.cpu_millicores
            sums["memory_mib"] += role.replicas * role.flavor.memory_mib
            sums["gpus"] += role.replicas * role.flavor.gpus
    return sums
