"""Pods of a built task find their files, run their hooks and are asked how they are, on any cluster."""

import base64
import time
from dataclasses import replace
from typing import Any

from console.cluster.resources import Manifest
from tasks.frameworks.building import build
from tasks.specification import (
    CommandCheck,
    ConfigMapKey,
    EnvEntry,
    FileMount,
    FileSource,
    Probe,
    RestartPolicy,
    RoleSpec,
    RunPolicy,
    SecretKey,
    TaskSpec,
)
from tasks.specification.default_flavors import DEFAULT_FLAVORS
from tests.verification.conftest import ContractCluster
from tests.verification.places import created

SECONDS = 90
WORKER = RoleSpec(
    name="Worker",
    flavor=DEFAULT_FLAVORS["cpu-100m-128Mi"],
    command=("sh", "-c"),
    mounts=(
        FileMount(source=FileSource.CONFIG_MAP, name="settings", mount_path="/files/settings", keys=("rate",)),
        FileMount(source=FileSource.SECRET, name="token", mount_path="/files/token"),
    ),
    env=(EnvEntry("RATE", ConfigMapKey("settings", "rate")), EnvEntry("TOKEN", SecretKey("token", "value"))),
)


def _ended(cluster: ContractCluster, namespace: str, name: str, script: str, **role: Any) -> Manifest:
    """The pod of a task of one worker that runs the script, once its task has ended or started the pod again."""
    worker = replace(WORKER, args=(script,), **role)
    task = TaskSpec(
        framework="tensorflow",
        mode="single",
        name=name,
        namespace=namespace,
        image="busybox:1.36",
        roles=(worker,),
        run_policy=RunPolicy(backoff_limit=100),  # with 0 the first restart takes the pod away
    )
    with cluster.client() as admin:
        core = f"/api/v1/namespaces/{namespace}"
        created(
            admin.post(
                f"{core}/configmaps", json={"metadata": {"name": "settings"}, "data": {"rate": "0.1", "other": "x"}}
            )
        )
        value = base64.b64encode(b"sesame").decode()
        created(admin.post(f"{core}/secrets", json={"metadata": {"name": "token"}, "data": {"value": value}}))
        jobs = f"/apis/kubeflow.org/v1/namespaces/{namespace}/tfjobs"
        created(admin.post(jobs, json=build(task, operation="op-1", owner="alice")))
        end = time.monotonic() + SECONDS
        pod: Manifest = {}
        while time.monotonic() < end:
            answer = admin.get(f"{core}/pods/{name}-worker-0")
            pod = answer.json() if answer.is_success else {}
            status = pod.get("status") or {}
            containers = status.get("containerStatuses") or [{}]
            if status.get("phase") in ("Succeeded", "Failed") or containers[0].get("restartCount"):
                return pod
            time.sleep(0.5)
        job, events = admin.get(f"{jobs}/{name}").json(), admin.get(f"{core}/events").json()["items"]
    told = [event.get("message") for event in events]
    raise AssertionError(f"no end within {SECONDS} s: {pod.get('status')}, {job.get('status')}, {told}")


def test_files_hooks_and_references(contract_cluster: ContractCluster, contract_namespace: str) -> None:
    """Only the key that was asked for is a file; nobody can write there; the hook has run beside the command."""
    script = (
        'test "$(ls /files/settings)" = rate || exit 11; test "$(cat /files/settings/rate)" = "$RATE" || exit 12; '
        'test "$(cat /files/token/value)" = sesame || exit 13; test "$TOKEN" = sesame || exit 14; '
        "touch /files/settings/x 2>/dev/null && exit 15; sleep 2; test -e /started || exit 16"
    )

    pod = _ended(contract_cluster, contract_namespace, "files", script, post_start=("touch", "/started"))

    status = pod["status"]["containerStatuses"][0]["state"]["terminated"]
    assert (pod["status"]["phase"], status["exitCode"]) == ("Succeeded", 0)


def test_a_liveness_probe_that_fails_restarts_the_container(
    contract_cluster: ContractCluster, contract_namespace: str
) -> None:
    probe = Probe(check=CommandCheck(command=("test", "-e", "/never")), period_seconds=1, failure_threshold=2)

    pod = _ended(
        contract_cluster,
        contract_namespace,
        "probed",
        "trap 'exit 3' TERM; while :; do sleep 0.2; done",
        liveness=probe,
        restart_policy=RestartPolicy.ON_FAILURE,
    )

    last = pod["status"]["containerStatuses"][0]
    assert last["restartCount"] >= 1
