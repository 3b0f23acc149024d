"""The kinds this API server serves."""

from __future__ import annotations

from dataclasses import dataclass

READ = ("get", "list", "watch")
ALL = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What discovery says of a kind, and what its storage needs to know."""

    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool = True
    short_names: tuple[str, ...] = ()
    singular: str = ""
    status_subresource: bool = False
    scale_path: str = ""  # of the replica count under spec, for kinds with a scale subresource
    custom: bool = False  # defined by a CRD: other error texts, no strategic merge, unknown fields are pruned
    all_category: bool = False  # shown by `kubectl get all`
    verbs: tuple[str, ...] = ALL

    @property
    def key(self) -> str:
        """Short and unique: "tfjobs.kubeflow.org", "pods"; also how messages name the resource."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def list_kind(self) -> str:
        return f"{self.kind}List"


def _core(
    plural: str, kind: str, *short: str, status: bool = False, namespaced: bool = True, whole: bool = False
) -> Kind:
    return Kind(
        group="",
        version="v1",
        plural=plural,
        kind=kind,
        namespaced=namespaced,
        short_names=short,
        status_subresource=status,
        all_category=whole,
    )


def _job(plural: str, kind: str, *, scale_path: str = "") -> Kind:
    return Kind(
        group="kubeflow.org",
        version="v1",
        plural=plural,
        kind=kind,
        singular=kind.lower(),
        status_subresource=True,
        scale_path=scale_path,
        custom=True,
    )


def _rbac(plural: str, kind: str, *, namespaced: bool) -> Kind:
    return Kind(group="rbac.authorization.k8s.io", version="v1", plural=plural, kind=kind, namespaced=namespaced)


NAMESPACE = _core("namespaces", "Namespace", "ns", status=True, namespaced=False)
NODE = _core("nodes", "Node", "no", status=True, namespaced=False)
POD = _core("pods", "Pod", "po", status=True, whole=True)
SERVICE = _core("services", "Service", "svc", status=True, whole=True)
CONFIG_MAP = _core("configmaps", "ConfigMap", "cm")
SECRET = _core("secrets", "Secret")
SERVICE_ACCOUNT = _core("serviceaccounts", "ServiceAccount", "sa")
VOLUME = _core("persistentvolumes", "PersistentVolume", "pv", status=True, namespaced=False)
CLAIM = _core("persistentvolumeclaims", "PersistentVolumeClaim", "pvc", status=True)
QUOTA = _core("resourcequotas", "ResourceQuota", "quota", status=True)
EVENT = _core("events", "Event", "ev")

DEPLOYMENT = Kind(
    group="apps",
    version="v1",
    plural="deployments",
    kind="Deployment",
    short_names=("deploy",),
    status_subresource=True,
    scale_path="replicas",
    all_category=True,
)
REPLICA_SET = Kind(
    group="apps",
    version="v1",
    plural="replicasets",
    kind="ReplicaSet",
    short_names=("rs",),
    status_subresource=True,
    scale_path="replicas",
    all_category=True,
)
PRIORITY_CLASS = Kind(
    group="scheduling.k8s.io",
    version="v1",
    plural="priorityclasses",
    kind="PriorityClass",
    namespaced=False,
    short_names=("pc",),
)
LEASE = Kind(group="coordination.k8s.io", version="v1", plural="leases", kind="Lease")
# The same stored objects as EVENT, in the newer group's words.
EVENT_V1 = Kind(group="events.k8s.io", version="v1", plural="events", kind="Event", short_names=("ev",))
CRD = Kind(
    group="apiextensions.k8s.io",
    version="v1",
    plural="customresourcedefinitions",
    kind="CustomResourceDefinition",
    namespaced=False,
    short_names=("crd", "crds"),
    verbs=READ,
)
ROLE = _rbac("roles", "Role", namespaced=True)
ROLE_BINDING = _rbac("rolebindings", "RoleBinding", namespaced=True)
CLUSTER_ROLE = _rbac("clusterroles", "ClusterRole", namespaced=False)
CLUSTER_ROLE_BINDING = _rbac("clusterrolebindings", "ClusterRoleBinding", namespaced=False)

TFJOB = _job("tfjobs", "TFJob")
PYTORCHJOB = _job("pytorchjobs", "PyTorchJob", scale_path="pytorchReplicaSpecs.Worker.replicas")
MXJOB = _job("mxjobs", "MXJob")
MPIJOB = _job("mpijobs", "MPIJob")
JOB_KINDS = (TFJOB, PYTORCHJOB, MXJOB, MPIJOB)

KINDS: tuple[Kind, ...] = (
    CONFIG_MAP,
    EVENT,
    NAMESPACE,
    NODE,
    CLAIM,
    VOLUME,
    POD,
    QUOTA,
    SECRET,
    SERVICE_ACCOUNT,
    SERVICE,
    CRD,
    DEPLOYMENT,
    REPLICA_SET,
    LEASE,
    EVENT_V1,
    *JOB_KINDS,
    CLUSTER_ROLE_BINDING,
    CLUSTER_ROLE,
    ROLE_BINDING,
    ROLE,
    PRIORITY_CLASS,
)


def kind_of(api_version: str, kind: str) -> Kind | None:
    """The registered kind of an object's apiVersion and kind."""
    return next((known for known in KINDS if known.api_version == api_version and known.kind == kind), None)
