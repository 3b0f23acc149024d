"""A namespace worth a picture: a task of each type, and of each state that a person meets."""

import json
import ssl
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from bench.pod_storm import ApiServer
from tasks.frameworks import FRAMEWORKS
from tasks.frameworks.building import build
from tasks.specification.default_flavors import DEFAULT_FLAVORS
from tasks.specification.task import DataVolume, RestartPolicy, RoleSpec, RunPolicy, TaskSpec, VolumePurpose

NAMESPACE = "vision"
SECOND_NAMESPACE = "speech"
OWNER = "alice"
TRAIN = "trainyard/train:1"
FOR_LONG = ("--steps", "1000000", "--pause", "0.7")
SMALL = "cpu-100m-128Mi"

# Each task and the state in which it rests; the first two are made by the console's first start.
STATES = {
    "first-training": "running",
    "out-of-memory": "failed",
    "mnist-baseline": "succeeded",
    "resnet50-allreduce": "running",
    "recsys-embedding": "suspended",
    "bert-large-finetune": "waiting",
}


def prepare(kubeconfigs: Path) -> None:
    """Label the node as an administrator does, and create the tasks as alice. `gpus` of the console is 4."""
    admin = _client(kubeconfigs / "admin.yaml")
    patch = {"metadata": {"labels": {"trainyard.io/gpu-model": "v100-32g"}}}
    headers = {"Content-Type": "application/merge-patch+json"}
    admin.patch("/api/v1/nodes/local", content=json.dumps(patch), headers=headers).raise_for_status()
    _second_namespace(admin)
    alice = _client(kubeconfigs / f"{OWNER}.yaml")
    for spec in (_succeeded(), _mpi(), _suspended(), _waiting()):
        resource = FRAMEWORKS[spec.framework].resource
        path = f"/apis/{resource.api_version}/namespaces/{NAMESPACE}/{resource.plural}"
        alice.post(path, json=build(spec, operation=str(uuid4()), owner=OWNER)).raise_for_status()


def _second_namespace(admin: httpx.Client) -> None:
    """One that the owner's team may use, too, so that a task can move."""
    namespace = {"metadata": {"name": SECOND_NAMESPACE, "labels": {"trainyard.io/class": "gpu"}}}
    admin.post("/api/v1/namespaces", json=namespace).raise_for_status()
    rbac = "rbac.authorization.k8s.io"
    for role in ("edit", "trainyard-training-edit"):
        binding = {
            "metadata": {"name": role},
            "roleRef": {"apiGroup": rbac, "kind": "ClusterRole", "name": role},
            "subjects": [{"apiGroup": rbac, "kind": "Group", "name": "team-vision"}],
        }
        path = f"/apis/{rbac}/v1/namespaces/{SECOND_NAMESPACE}/rolebindings"
        admin.post(path, json=binding).raise_for_status()


def _client(kubeconfig: Path) -> httpx.Client:
    server = ApiServer(kubeconfig)
    tls: ssl.SSLContext = server.tls
    return httpx.Client(base_url=str(server.url), headers=server.headers, verify=tls)


def _role(name: str, flavor: str = SMALL, **fields: Any) -> RoleSpec:
    return RoleSpec(name=name, flavor=DEFAULT_FLAVORS[flavor], **fields)


def _succeeded() -> TaskSpec:
    return TaskSpec(
        framework="pytorch",
        mode="distributed",
        name="mnist-baseline",
        namespace=NAMESPACE,
        image=TRAIN,
        description="Baseline for the new augmentation: one master, one worker, 20 steps.",
        roles=(_role("Master"), _role("Worker")),
        run_policy=RunPolicy(ttl_seconds_after_finished=604800),
    )


def _mpi() -> TaskSpec:
    return TaskSpec(
        framework="mpi",
        mode="allreduce",
        name="resnet50-allreduce",
        namespace=NAMESPACE,
        image=TRAIN,
        description="All-reduce over two workers.",
        roles=(_role("Launcher", args=FOR_LONG), _role("Worker", replicas=2)),
        run_policy=RunPolicy(active_deadline_seconds=86400),
    )


def _suspended() -> TaskSpec:
    return TaskSpec(
        framework="mxnet",
        mode="distributed",
        name="recsys-embedding",
        namespace=NAMESPACE,
        image=TRAIN,
        description="Waits for the nightly data.",
        roles=(_role("Scheduler"), _role("Server", replicas=2), _role("Worker", replicas=4)),
        run_policy=RunPolicy(suspend=True),
    )


def _waiting() -> TaskSpec:
    return TaskSpec(
        framework="pytorch",
        mode="distributed",
        name="bert-large-finetune",
        namespace=NAMESPACE,
        image="pytorch/pytorch:2.4.0-cuda12.1-cudnn9-runtime",
        description="Fine-tuning on the support tickets of 2025.",
        volumes=(DataVolume(purpose=VolumePurpose.DATA, claim="datasets", mount_path="/data", sub_path="tickets"),),
        roles=(
            _role("Master", "v100-32g-x8", restart_policy=RestartPolicy.ON_FAILURE, command=("python", "train.py")),
            _role("Worker", "v100-32g-x8", restart_policy=RestartPolicy.ON_FAILURE, replicas=3),
        ),
        run_policy=RunPolicy(backoff_limit=3),
    )
