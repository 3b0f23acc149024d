"""The console's cluster as kubectl sees it: what a test makes or counts without the console."""

import os
from pathlib import Path
from typing import Any, Self

import httpx

from tests.browser.console_process import Console
from tests.verification.credentials import Credentials

JOBS = "/apis/kubeflow.org/v1/namespaces/vision"


class ClusterApi:
    """The API server as one person of the console's kubeconfig folder. Every refusal raises."""

    def __init__(self, console: Console, person: str = "admin") -> None:
        admin = os.environ.get("TRAINYARD_CONTRACT_KUBECONFIG", "")
        folder = Path(admin).parent if console.real_cluster else console.state / "kubeconfig"
        known = Credentials.of(folder / f"{person}.yaml")
        self._http = httpx.Client(base_url=known.server, headers=known.headers, verify=known.tls, timeout=20)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def create(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        return self._json(self._http.post(path, json=body))

    def get(self, path: str) -> dict[str, Any]:
        return self._json(self._http.get(path))

    def delete(self, path: str) -> None:
        self._json(self._http.delete(path))

    def jobs(self, prefix: str) -> list[dict[str, Any]]:
        """Every job of vision, of the four kinds, whose name begins so."""
        plurals = ("tfjobs", "pytorchjobs", "mxjobs", "mpijobs")
        found = [job for plural in plurals for job in self.get(f"{JOBS}/{plural}")["items"]]
        return [job for job in found if job["metadata"]["name"].startswith(prefix)]

    def create_job(self, name: str, *, plural: str = "tfjobs", kind: str = "TFJob", role: str = "Worker") -> str:
        """A job of one suspended pod's role, made by kubectl so to speak; its uid."""
        container = {"name": "tensorflow" if kind == "TFJob" else "mpi", "image": "busybox:1.36"}
        replica = {"replicas": 1, "restartPolicy": "Never", "template": {"spec": {"containers": [container]}}}
        field = "tfReplicaSpecs" if kind == "TFJob" else "mpiReplicaSpecs"
        body = {
            "apiVersion": "kubeflow.org/v1",
            "kind": kind,
            "metadata": {"name": name},
            "spec": {"runPolicy": {"cleanPodPolicy": "Running"}, field: {role: replica}},
        }
        uid: str = self.create(f"{JOBS}/{plural}", body)["metadata"]["uid"]
        return uid

    def _json(self, answer: httpx.Response) -> dict[str, Any]:
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found
