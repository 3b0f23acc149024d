"""Can the pods ever run here? Nothing of this blocks: nodes come and go, and a quota's use falls when tasks end."""

from collections.abc import Iterable

from tasks.specification.facts import Facts, NodeFact
from tasks.specification.findings import Code, Finding, warning
from tasks.specification.flavor import GPU_MODEL_LABEL, Flavor
from tasks.specification.task import RoleSpec, TaskSpec


def check_capacity(spec: TaskSpec, facts: Facts) -> list[Finding]:
    return [*_check_nodes(spec, facts), *_check_quotas(spec, facts)]


def nodes_for(flavor: Flavor, nodes: Iterable[NodeFact]) -> list[NodeFact]:
    """The nodes that its pods may land on, whatever their size: ready, with the labels, and tolerated."""
    return [node for node in _with_labels(flavor, nodes) if flavor.tolerates(node.taints)]


def check_flavor_fits(flavor: Flavor, nodes: tuple[NodeFact, ...] | None, path: str) -> list[Finding]:
    """Why no node has room for one pod of the flavor even when empty; nothing when one has, or nobody knows."""
    if nodes is None:
        return []
    labelled = _with_labels(flavor, nodes)
    if not labelled and flavor.node_selector:
        return [_no_labels(flavor, nodes, path)]
    candidates = nodes_for(flavor, labelled)
    if labelled and not candidates:
        return [warning(Code.FLAVOR_NO_NODE_TAINT, path, taint=str(flavor.repelled_by(labelled[0].taints)))]
    largest = max((node.gpus for node in candidates), default=0)
    if largest < flavor.gpus:
        return [warning(Code.FLAVOR_NO_NODE_GPUS, path, gpus=flavor.gpus, largest=largest)]
    if any(_has_room(node, flavor) for node in candidates):
        return []
    return [warning(Code.FLAVOR_NO_NODE_SIZE, path)]


def _with_labels(flavor: Flavor, nodes: Iterable[NodeFact]) -> list[NodeFact]:
    wanted = flavor.node_selector.items()
    return [node for node in nodes if node.open and wanted <= node.labels.items()]


def _no_labels(flavor: Flavor, nodes: tuple[NodeFact, ...], path: str) -> Finding:
    model = flavor.gpu_model
    if model and not any(node.open and node.labels.get(GPU_MODEL_LABEL) == model for node in nodes):
        return warning(Code.FLAVOR_NO_NODE_MODEL, path, model=model)
    labels = ", ".join(f"{key}={value}" for key, value in flavor.node_selector.items())
    return warning(Code.FLAVOR_NO_NODE_LABELS, path, labels=labels)


def _has_room(node: NodeFact, flavor: Flavor) -> bool:
    """RDMA devices are not asked about: the index does not count them."""
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
    for quota in facts.quotas or ():
        for resource, left in quota.left.items():
            if wanted.get(resource, 0) > left and resource not in found:
                found[resource] = warning(
                    Code.QUOTA_EXCEEDED, "roles", resource=resource, wanted=wanted[resource], left=left
                )
    return list(found.values())


def totals(spec: TaskSpec) -> dict[str, int]:
    """What all pods of the task ask for together: "pods", "cpu_millicores", "memory_mib", "gpus"; what they cost.

    "price_micros_per_second" is in millionths of the currency; a flavor without a price adds nothing.
    """
    sums = {"pods": 0, "cpu_millicores": 0, "memory_mib": 0, "gpus": 0, "price_micros_per_second": 0}
    for role in spec.roles:
        sums["pods"] += role.replicas
        if role.flavor is not None:
            sums["cpu_millicores"] += role.replicas * role.flavor.cpu_millicores
            sums["memory_mib"] += role.replicas * role.flavor.memory_mib
            sums["gpus"] += role.replicas * role.flavor.gpus
            sums["price_micros_per_second"] += role_price(role)
    return sums


def role_price(role: RoleSpec) -> int:
    """What all pods of the role cost a second, in millionths of the currency."""
    return role.replicas * role.flavor.price_micros_per_second if role.flavor is not None else 0
