"""What there is around the tasks: namespaces, nodes, claims, quotas, the kinds that are served."""

from console.cluster.resources import JOB_KINDS
from console.index.models import Claim, Namespace, Node, Quota, Watch

FRAMEWORK_OF_KIND = {"TFJob": "tensorflow", "MXJob": "mxnet", "PyTorchJob": "pytorch", "MPIJob": "mpi"}


def namespaces_with_class() -> list[Namespace]:
    """Those that are offered for tasks, whoever may use them."""
    return list(Namespace.objects.exclude(class_name="").order_by("name"))


def served_frameworks() -> frozenset[str]:
    """The frameworks whose kind the cluster serves, as the watcher last saw; all of them before its first look."""
    frameworks = {resource.key: FRAMEWORK_OF_KIND[resource.kind] for resource in JOB_KINDS}
    absent = Watch.objects.filter(resource__in=frameworks, served=False).values_list("resource", flat=True)
    return frozenset(frameworks.values()) - {frameworks[key] for key in absent}


def nodes() -> list[Node]:
    return list(Node.objects.order_by("name"))


def claims_in(namespace: str) -> list[Claim]:
    return list(Claim.objects.filter(namespace=namespace).order_by("name"))


def quotas_in(namespace: str) -> list[Quota]:
    return list(Quota.objects.filter(namespace=namespace).order_by("name"))
