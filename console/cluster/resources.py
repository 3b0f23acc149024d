from dataclasses import dataclass
from typing import Any

Manifest = dict[str, Any]

# On every object we create; the value is the key of the Operation that asked for it.
OPERATION_LABEL = "trainyard.io/operation"
OWNER_ANNOTATION = "trainyard.io/owner"
DESCRIPTION_ANNOTATION = "trainyard.io/description"
MODE_LABEL = "trainyard.io/mode"

# The operator's labels on pods (and services): spec/kubeflow.md section 5 names the source files.
JOB_NAME_LABEL = "training.kubeflow.org/job-name"
OPERATOR_LABEL = "training.kubeflow.org/operator-name"
ROLE_LABEL = "training.kubeflow.org/replica-type"
INDEX_LABEL = "training.kubeflow.org/replica-index"


@dataclass(frozen=True, slots=True)
class Resource:
    """A kind of object and where the API server keeps it."""

    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool = True

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def key(self) -> str:
        """Short and unique: "tfjobs.kubeflow.org", "pods"."""
        return f"{self.plural}.{self.group}" if self.group else self.plural


TFJOB = Resource("kubeflow.org", "v1", "tfjobs", "TFJob")
MXJOB = Resource("kubeflow.org", "v1", "mxjobs", "MXJob")
PYTORCHJOB = Resource("kubeflow.org", "v1", "pytorchjobs", "PyTorchJob")
MPIJOB = Resource("kubeflow.org", "v1", "mpijobs", "MPIJob")
JOB_KINDS = (TFJOB, MXJOB, PYTORCHJOB, MPIJOB)

POD = Resource("", "v1", "pods", "Pod")
SERVICE = Resource("", "v1", "services", "Service")
EVENT = Resource("", "v1", "events", "Event")
CONFIG_MAP = Resource("", "v1", "configmaps", "ConfigMap")
SECRET = Resource("", "v1", "secrets", "Secret")
CLAIM = Resource("", "v1", "persistentvolumeclaims", "PersistentVolumeClaim")
QUOTA = Resource("", "v1", "resourcequotas", "ResourceQuota")
NODE = Resource("", "v1", "nodes", "Node", namespaced=False)
NAMESPACE = Resource("", "v1", "namespaces", "Namespace", namespaced=False)
DEPLOYMENT = Resource("apps", "v1", "deployments", "Deployment")
PRIORITY_CLASS = Resource("scheduling.k8s.io", "v1", "priorityclasses", "PriorityClass", namespaced=False)
POD_METRICS = Resource("metrics.k8s.io", "v1beta1", "pods", "PodMetrics")
