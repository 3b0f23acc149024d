"""What the operator makes for a job: names, labels, owners, services, and the environment each role gets."""

import json
from typing import Any

import pytest

from tests.verification.client import Object
from tests.verification.jobs.manifests import FOR_LONG, KINDS, SHAPES, WITH_SERVICES, alone, deciding, job, role
from tests.verification.side_by_side import side_by_side
from tests.verification.trial import Trial

TRAINING = "training.kubeflow.org/"
# Which pods carry job-role=master: the deciding one, but of an MXJob every Server.
MASTERS = {"TFJob": "chief-0", "PyTorchJob": "master-0", "MXJob": "server-0", "MPIJob": "launcher"}
PORTS = {"TFJob": ("tfjob-port", 2222), "PyTorchJob": ("pytorchjob-port", 23456), "MXJob": ("mxjob-port", 9091)}


def env_of(pod: Object) -> dict[str, Any]:
    return {entry["name"]: entry.get("value") for entry in pod["spec"]["containers"][0].get("env") or []}


@pytest.mark.parametrize("kind", KINDS)
@side_by_side
async def test_pods_and_services_are_named_labelled_and_owned(trial: Trial, kind: str) -> None:
    manifest = deciding(kind, FOR_LONG)
    for entry in manifest["spec"][SHAPES[kind].roles].values():
        entry["template"]["metadata"] = {"labels": {"mine": "kept"}, "annotations": {"note": "kept"}}
    manifest["metadata"]["labels"] = {"of-the-job": "not-copied"}
    submitted = await trial.submit(manifest)
    await submitted.reaches("Created")
    await submitted.until_pods("Pending", "Running", count=1 + len(SHAPES[kind].others))

    for life in submitted.pods:
        meta = life.versions[0]["metadata"]
        role_name = life.name.split("-")[1]
        expected = {
            f"{TRAINING}operator-name": f"{kind.lower()}-controller",
            f"{TRAINING}job-name": "job",
            f"{TRAINING}replica-type": role_name,
            "mine": "kept",
        }
        if role_name != "launcher":
            expected[f"{TRAINING}replica-index"] = "0"
        if life.name == f"job-{MASTERS[kind]}":
            expected[f"{TRAINING}job-role"] = "master"
        assert meta["labels"] == expected
        assert meta["annotations"]["note"] == "kept"
        (owner,) = meta["ownerReferences"]
        assert owner == {
            "apiVersion": "kubeflow.org/v1",
            "kind": kind,
            "name": "job",
            "uid": submitted.uid,
            "controller": True,
            "blockOwnerDeletion": True,
        }
    if kind in WITH_SERVICES:
        names = {life.name for life in submitted.pods}
        await submitted.until(lambda: set(submitted.services) == names, "a service a pod")
        name, number = PORTS[kind]
        for service in submitted.services.values():
            (port,) = service["spec"]["ports"]
            assert (port["name"], port["port"]) == (name, number)
            assert service["spec"]["clusterIP"] == "None"
            assert service["spec"]["selector"] == service["metadata"]["labels"]
            assert f"{TRAINING}job-role" not in service["metadata"]["labels"]
            assert service["metadata"]["ownerReferences"][0]["uid"] == submitted.uid
    else:
        assert submitted.services == {}
    verb = "Created worker pod: " if kind == "MPIJob" else "Created pod: "
    told = f"{verb}job-{SHAPES[kind].other_pod}"
    await submitted.until(
        lambda: told in {event["message"] for event in submitted.events("SuccessfulCreatePod")}, "the pod's creation"
    )


@side_by_side
async def test_a_tfjob_is_told_its_cluster(trial: Trial) -> None:
    roles = {"Chief": role(), "PS": role(), "Worker": role(replicas=2), "Evaluator": role()}
    submitted = await trial.submit(job("TFJob", roles))
    await submitted.until_pods("Pending", "Running", count=5)

    (worker,) = submitted.lives("worker-1")
    config = json.loads(env_of(worker.latest)["TF_CONFIG"])
    where = f"{trial.namespace}.svc:2222"
    assert config == {
        "cluster": {
            "chief": [f"job-chief-0.{where}"],
            "evaluator": [f"job-evaluator-0.{where}"],
            "ps": [f"job-ps-0.{where}"],
            "worker": [f"job-worker-0.{where}", f"job-worker-1.{where}"],
        },
        "task": {"type": "worker", "index": 1},
        "environment": "cloud",
    }


@side_by_side
async def test_a_tfjob_of_one_pod_gets_no_cluster_and_the_template_keeps_its_port(trial: Trial) -> None:
    manifest = alone("TFJob", FOR_LONG)
    container = manifest["spec"]["tfReplicaSpecs"]["Worker"]["template"]["spec"]["containers"][0]
    container["ports"] = [{"name": "tfjob-port", "containerPort": 3333}]
    submitted = await trial.submit(manifest)
    await submitted.until_pods("Pending", "Running", count=1)
    await submitted.until(lambda: "job-worker-0" in submitted.services, "the service")

    (worker,) = submitted.lives("worker-0")
    assert "TF_CONFIG" not in env_of(worker.latest)
    assert worker.latest["metadata"]["labels"][f"{TRAINING}job-role"] == "master"
    assert submitted.services["job-worker-0"]["spec"]["ports"][0]["port"] == 3333


@side_by_side
async def test_a_pytorchjob_is_told_its_master_and_the_operator_wins_over_the_user(trial: Trial) -> None:
    user_env = [{"name": "RANK", "value": "77"}, {"name": "MINE", "value": "kept"}]
    roles = {"Master": role(), "Worker": role(replicas=2, env=user_env)}
    submitted = await trial.submit(job("PyTorchJob", roles))
    await submitted.until_pods("Pending", "Running", count=3)

    (worker,) = submitted.lives("worker-1")
    assert env_of(worker.latest) == {
        "RANK": "2",
        "MINE": "kept",
        "PYTHONUNBUFFERED": "1",
        "MASTER_ADDR": "job-master-0",
        "MASTER_PORT": "23456",
        "PET_MASTER_ADDR": "job-master-0",
        "PET_MASTER_PORT": "23456",
        "WORLD_SIZE": "3",
        "PET_NODE_RANK": "2",
        "PET_NPROC_PER_NODE": "auto",
        "PET_NNODES": "3",
    }
    (waiting,) = worker.latest["spec"]["initContainers"]
    assert waiting["name"] == "init-pytorch"
    assert "nslookup job-master-0" in waiting["command"][2]
    assert "initContainers" not in submitted.lives("master-0")[0].latest["spec"]


@side_by_side
async def test_a_pytorchjob_without_master_is_told_little_unless_it_is_elastic(trial: Trial) -> None:
    plain = await trial.submit(job("PyTorchJob", {"Worker": role(replicas=2)}, name="plain"))
    manifest = job("PyTorchJob", {"Worker": role(replicas=2)}, name="elastic")
    manifest["spec"]["elasticPolicy"] = {"minReplicas": 1, "maxReplicas": 3, "maxRestarts": 5, "rdzvBackend": "c10d"}
    elastic = await trial.submit(manifest)
    await plain.until_pods("Pending", "Running", count=2)
    await elastic.until_pods("Pending", "Running", count=2)

    assert env_of(plain.lives("worker-0")[0].latest) == {
        "PYTHONUNBUFFERED": "1",
        "PET_NPROC_PER_NODE": "auto",
        "PET_NNODES": "2",
    }
    told = env_of(elastic.lives("worker-0")[0].latest)
    assert told["PET_RDZV_BACKEND"] == "c10d"
    assert told["PET_RDZV_ENDPOINT"] == "elastic-worker-0:23456"
    assert told["PET_NNODES"] == "1:3"
    assert told["PET_MAX_RESTARTS"] == "5"
    assert "initContainers" not in plain.lives("worker-0")[0].latest["spec"]


@side_by_side
async def test_an_mxjob_is_told_its_scheduler(trial: Trial) -> None:
    roles = {"Scheduler": role(), "Server": role(replicas=2), "Worker": role(replicas=2)}
    submitted = await trial.submit(job("MXJob", roles))
    await submitted.until_pods("Pending", "Running", count=5)

    (worker,) = submitted.lives("worker-1")
    told = env_of(worker.latest)
    config = json.loads(told.pop("MX_CONFIG"))
    assert told == {
        "DMLC_PS_ROOT_PORT": "9091",
        "DMLC_PS_ROOT_URI": "job-scheduler-0",
        "DMLC_NUM_SERVER": "2",
        "DMLC_NUM_WORKER": "2",
        "DMLC_ROLE": "worker",
        "DMLC_USE_KUBERNETES": "1",
        "DMLC_WORKER_ID": "1",
    }
    assert config["cluster"]["server"] == [{"url": "job-server-0", "port": 9091}, {"url": "job-server-1", "port": 9091}]
    assert config["task"] == {"type": "worker", "index": 1}
    assert "DMLC_WORKER_ID" not in env_of(submitted.lives("server-0")[0].latest)


@side_by_side
async def test_an_mpijob_reaches_its_workers_through_kubexec(trial: Trial) -> None:
    script = "for k in 0 1; do /etc/mpi/kubexec.sh job-worker-$k 'echo here'; done; cat /etc/mpi/hostfile; sleep 2"
    manifest = job("MPIJob", {"Launcher": role(script), "Worker": role("", replicas=2)})
    manifest["spec"]["slotsPerWorker"] = 2
    submitted = await trial.submit(manifest)
    await submitted.until_pods("Pending", "Running", count=3)

    (launcher,) = submitted.lives("launcher")
    spec = launcher.latest["spec"]
    assert env_of(launcher.latest) == {
        "OMPI_MCA_plm_rsh_agent": "/etc/mpi/kubexec.sh",
        "OMPI_MCA_orte_default_hostfile": "/etc/mpi/hostfile",
        "NVIDIA_VISIBLE_DEVICES": None,
        "NVIDIA_DRIVER_CAPABILITIES": None,
        "I_MPI_HYDRA_BOOTSTRAP": "rsh",
        "I_MPI_HYDRA_BOOTSTRAP_EXEC": "/etc/mpi/kubexec.sh",
    }
    (delivery,) = spec["initContainers"]
    assert delivery["name"] == "kubectl-delivery"
    assert spec["serviceAccountName"] == "job-launcher"
    mounts = {mount["mountPath"] for mount in spec["containers"][0]["volumeMounts"]}
    assert {"/etc/mpi", "/opt/kube"} <= mounts
    worker = submitted.lives("worker-0")[0].latest["spec"]["containers"][0]
    assert (worker["command"], worker["args"]) == (["sleep"], ["365d"])
    config = (await trial.cluster.get("configmaps", trial.namespace, "job-config")).body
    assert config["data"]["hostfile"] == "job-worker-0 slots=2\njob-worker-1 slots=2\n"
    assert config["data"]["kubexec.sh"].startswith("#!/bin/sh\nset -x\nPOD_NAME=$1\nshift\n/opt/kube/kubectl exec ")
    assert config["metadata"]["labels"] == {"app": "job"}
    rights = (await trial.cluster.get("roles", trial.namespace, "job-launcher")).body["rules"]
    assert rights[1]["resourceNames"] == ["job-worker-0", "job-worker-1"]
    for resource in ("serviceaccounts", "rolebindings"):
        found = await trial.cluster.get(resource, trial.namespace, "job-launcher")
        assert found.body["metadata"]["ownerReferences"][0]["uid"] == submitted.uid
    await submitted.reaches("Succeeded")
    assert submitted.lives("launcher")[0].exit_codes == [0], "kubexec reached both workers"


@side_by_side
async def test_a_restart_policy_in_the_template_is_overwritten_with_a_warning(trial: Trial) -> None:
    manifest = alone("PyTorchJob", FOR_LONG, restart="OnFailure")
    manifest["spec"]["pytorchReplicaSpecs"]["Master"]["template"]["spec"]["restartPolicy"] = "Always"
    submitted = await trial.submit(manifest)
    await submitted.until(lambda: bool(submitted.events("SetPodTemplateRestartPolicy")), "the warning")
    await submitted.until_pods("Pending", "Running", count=1)

    assert submitted.lives("master-0")[0].latest["spec"]["restartPolicy"] == "OnFailure"


@pytest.mark.parametrize("kind", KINDS)
@side_by_side
async def test_the_operators_defaults_are_never_written_to_the_spec(trial: Trial, kind: str) -> None:
    manifest = alone(kind, FOR_LONG)
    del manifest["spec"]["runPolicy"]["cleanPodPolicy"]
    (only,) = manifest["spec"][SHAPES[kind].roles].values()
    del only["restartPolicy"]
    submitted = await trial.submit(manifest)
    await submitted.reaches("Created")

    found = (await trial.cluster.get(submitted.plural, trial.namespace, "job")).body
    (stored,) = found["spec"][SHAPES[kind].roles].values()
    assert "restartPolicy" not in stored
    assert "ports" not in stored["template"]["spec"]["containers"][0]
    assert "cleanPodPolicy" not in found["spec"]["runPolicy"]
    assert found["spec"]["runPolicy"]["suspend"] is False, "a default of the CRD's schema"
    await submitted.until_pods("Pending", "Running", count=1)
    expected = "OnFailure" if kind == "PyTorchJob" else "Never"
    assert submitted.pods[0].latest["spec"]["restartPolicy"] == expected
