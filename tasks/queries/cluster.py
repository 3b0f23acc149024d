"""What there is around the tasks: namespaces, nodes, claims, quotas, the kinds that are served."""

from dataclasses import dataclass

from console.cluster.resources import JOB_KINDS, SERVICE
from console.index.models import Claim, DnsPart, Namespace, Node, Quota, Watch

_NAMES_LABEL = "trainyard.io/names"  # of a node: it resolves the names of services without an add-on
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


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterDns:
    """How names of services and pods resolve, as the watcher last saw it."""

    found: bool  # kube-system has the Service that pods ask
    by_nodes: bool = False  # the nodes say that they resolve names themselves (the local cluster)
    name: str = ""  # of the add-on: "coredns"; "" where what answers is no Deployment that we know
    version: str = ""  # its image's tag, as it stands there
    ready: int = 0
    wanted: int = 0

    @property
    def resolves(self) -> bool:
        return self.found or self.by_nodes


def cluster_dns() -> ClusterDns | None:
    """None as long as nobody has looked, or may look."""
    if not Watch.objects.filter(resource=SERVICE.key, listed_at__isnull=False).exists():
        return None
    parts = {part.kind: part for part in DnsPart.objects.all()}
    by_nodes = any(_NAMES_LABEL in labels for labels in Node.objects.values_list("labels", flat=True))
    deployment = parts.get("Deployment")
    if deployment is None:
        return ClusterDns(found="Service" in parts, by_nodes=by_nodes)
    _image, _colon, tag = deployment.image.partition("@")[0].rpartition(":")
    return ClusterDns(
        found="Service" in parts,
        by_nodes=by_nodes,
        name=deployment.name,
        version="" if "/" in tag else tag.removeprefix("v"),
        ready=deployment.ready,
        wanted=deployment.wanted,
    )
