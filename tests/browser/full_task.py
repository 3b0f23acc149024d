"""A task with every field of the wizard filled in, and the manifest that has to come of it: written out, not built."""

from typing import Any

from tests.browser.wizard import Walk

SIZE = {"cpu": "100m", "memory": "128Mi"}
DESCRIPTION = "first line\nsecond: 训练 “quoted”"
IMAGE = "registry.example.com:5000/team/train:1.2"
# One role has a fixed number of pods, and these cannot be typed.
FIXED = frozenset({"Chief", "Evaluator", "Scheduler", "Master", "Launcher"})
CONTAINERS = {"tensorflow": "tensorflow", "mxnet": "mxnet", "pytorch": "pytorch", "mpi": "mpi"}
KINDS = {"tensorflow": "TFJob", "mxnet": "MXJob", "pytorch": "PyTorchJob", "mpi": "MPIJob"}
ROLES_FIELDS = {
    "tensorflow": "tfReplicaSpecs",
    "mxnet": "mxReplicaSpecs",
    "pytorch": "pytorchReplicaSpecs",
    "mpi": "mpiReplicaSpecs",
}
EXTRAS: dict[str, dict[str, Any]] = {"mxnet": {"jobMode": "MXTrain"}, "mpi": {"slotsPerWorker": 1}}
WITH_TENSORBOARD = frozenset({"tensorflow", "pytorch"})

# What nobody typed: who made it, when, and which version of it this is. The operator adds the status.
SERVER_SET = ("status",)
SERVER_SET_METADATA = ("creationTimestamp", "generation", "managedFields", "resourceVersion", "uid")
OPERATION = "trainyard.io/operation"  # a label of ours, another one each time

# Field -> what is typed, for each role; the prefix is the role's name.
TEXTS = {
    "command": "sh\n-c\necho \"$A\" 'b c'",
    "args": "--rate\n 0.1 \n字",
    "post_start": "sh\n-c\ndate >/started",
    "pre_stop": "sync",
    "liveness-path": "/healthz?deep=1",
    "liveness-port": "8080",
    "liveness-initial_delay_seconds": "300",
    "liveness-period_seconds": "20",
    "liveness-timeout_seconds": "2",
    "liveness-success_threshold": "1",
    "liveness-failure_threshold": "5",
    "readiness-command": "test\n-e\n/ready",
    "readiness-initial_delay_seconds": "1",
    "readiness-period_seconds": "30",
    "readiness-timeout_seconds": "3",
    "readiness-success_threshold": "2",
    "readiness-failure_threshold": "4",
}
ENV = (
    {"name": "A", "source": "value", "value": "value with $(B), spaces and 字"},
    {"name": "IP_OF_POD", "source": "field", "field": "status.podIP"},
    {"name": "NAME_OF_POD", "source": "field", "field": "metadata.name"},
    {"name": "LEARNING_RATE", "source": "config_map", "reference": "settings", "key": "lr"},
    {"name": "TOKEN", "source": "secret", "reference": "creds", "key": "token"},
)
MOUNTS = (
    {"source": "config_map", "name": "settings", "mount_path": "/files/settings", "keys": "lr\nepochs"},
    {"source": "secret", "name": "creds", "mount_path": "/files/creds", "keys": ""},
)
VOLUMES = {
    "data": ("datasets", "mnist/v2", "/data"),
    "output": ("outputs", "", "/output"),
    "log": ("outputs", "runs/1", "/logs"),
}
ADVANCED = {
    "backoff_limit": "3",
    "active_deadline_seconds": "7200",
    "ttl_seconds_after_finished": "86400",
    "priority_class": "every-field",
}


def pods_of(walk: Walk, role: str) -> int:
    return 1 if role in FIXED or walk.mode == "single" else 2


def policy_of(walk: Walk) -> str:
    return "OnFailure" if walk.key == "mpi" else "ExitCode"


def expected(walk: Walk, roles: tuple[str, ...], *, name: str, namespace: str) -> dict[str, Any]:
    """The object without what `as_sent` takes away."""
    annotations = {"trainyard.io/owner": "alice", "trainyard.io/description": DESCRIPTION}
    if walk.key in WITH_TENSORBOARD:
        annotations["trainyard.io/tensorboard"] = "true"
    return {
        "apiVersion": "kubeflow.org/v1",
        "kind": KINDS[walk.key],
        "metadata": {
            "name": name,
            "namespace": namespace,
            "labels": {"trainyard.io/mode": walk.mode},
            "annotations": annotations,
        },
        "spec": {
            "runPolicy": {
                "cleanPodPolicy": "All",
                "suspend": True,
                "backoffLimit": 3,
                "activeDeadlineSeconds": 7200,
                "ttlSecondsAfterFinished": 86400,
            },
            **EXTRAS.get(walk.key, {}),
            ROLES_FIELDS[walk.key]: {role: _replica(walk, role) for role in roles},
        },
    }


def as_sent(found: dict[str, Any], walk: Walk) -> dict[str, Any]:
    """A stored object without what the server set, and without the operation, which is one and the same throughout."""
    kept = {key: value for key, value in found.items() if key not in SERVER_SET}
    kept["metadata"] = {key: value for key, value in kept["metadata"].items() if key not in SERVER_SET_METADATA}
    templates = [role["template"] for role in kept["spec"][ROLES_FIELDS[walk.key]].values()]
    operations = {part["metadata"]["labels"].pop(OPERATION) for part in (kept, *templates)}
    assert len(operations) == 1
    return kept


def _replica(walk: Walk, role: str) -> dict[str, Any]:
    pod: dict[str, Any] = {
        "containers": [_container(walk)],
        "volumes": [
            *({"name": key, "persistentVolumeClaim": {"claimName": claim}} for key, (claim, _, _) in VOLUMES.items()),
            {"name": "shared-memory", "emptyDir": {"medium": "Memory"}},
            {
                "name": "files-0",
                "configMap": {
                    "name": "settings",
                    "items": [{"key": "lr", "path": "lr"}, {"key": "epochs", "path": "epochs"}],
                },
            },
            {"name": "files-1", "secret": {"secretName": "creds"}},
        ],
        "imagePullSecrets": [{"name": "registry"}, {"name": "registry-two"}],
        "priorityClassName": "every-field",
    }
    if role != "Launcher":  # mpirun reaches the workers through the API server
        pod["automountServiceAccountToken"] = False
    return {
        "replicas": pods_of(walk, role),
        "restartPolicy": policy_of(walk),
        "template": {
            "metadata": {
                "labels": {"trainyard.io/mode": walk.mode},
                "annotations": {
                    "trainyard.io/owner": "alice",
                    "trainyard.io/flavor": "cpu-100m-128Mi",
                    "sidecar.istio.io/inject": "false",
                },
            },
            "spec": pod,
        },
    }


def _container(walk: Walk) -> dict[str, Any]:
    return {
        "name": CONTAINERS[walk.key],
        "image": IMAGE,
        "imagePullPolicy": "IfNotPresent",
        "resources": {"requests": SIZE, "limits": SIZE},
        "command": ["sh", "-c", "echo \"$A\" 'b c'"],
        "args": ["--rate", " 0.1 ", "字"],
        "env": [
            {"name": "A", "value": "value with $(B), spaces and 字"},
            {"name": "IP_OF_POD", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
            {"name": "NAME_OF_POD", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
            {"name": "LEARNING_RATE", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "lr"}}},
            {"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "creds", "key": "token"}}},
        ],
        "volumeMounts": [
            {"name": "data", "mountPath": "/data", "subPath": "mnist/v2"},
            {"name": "output", "mountPath": "/output"},
            {"name": "log", "mountPath": "/logs", "subPath": "runs/1"},
            {"name": "shared-memory", "mountPath": "/dev/shm"},
            {"name": "files-0", "mountPath": "/files/settings", "readOnly": True},
            {"name": "files-1", "mountPath": "/files/creds", "readOnly": True},
        ],
        "livenessProbe": {
            "httpGet": {"path": "/healthz?deep=1", "port": 8080, "scheme": "HTTPS"},
            "initialDelaySeconds": 300,
            "timeoutSeconds": 2,
            "periodSeconds": 20,
            "successThreshold": 1,
            "failureThreshold": 5,
        },
        "readinessProbe": {
            "exec": {"command": ["test", "-e", "/ready"]},
            "initialDelaySeconds": 1,
            "timeoutSeconds": 3,
            "periodSeconds": 30,
            "successThreshold": 2,
            "failureThreshold": 4,
        },
        "lifecycle": {
            "postStart": {"exec": {"command": ["sh", "-c", "date >/started"]}},
            "preStop": {"exec": {"command": ["sync"]}},
        },
    }
