"""A TensorBoard's Deployment."""

from console.localcluster.machinery.kinds import DEPLOYMENT, POD, REPLICA_SET
from console.localcluster.machinery.objects import clone
from tests.localcluster.controllers.conftest import MemoryCluster


def deployment(image: str = "busybox:1.36") -> dict[str, object]:
    labels = {"app": "board"}
    return {
        "metadata": {"name": "board"},
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {"containers": [{"name": "main", "image": image}]},
            },
        },
    }


def make_ready(cluster: MemoryCluster, name: str) -> None:
    cluster.turn(name, "Running")
    pod = clone(cluster.pod(name))
    pod["status"]["conditions"] = [*pod["status"].get("conditions", []), {"type": "Ready", "status": "True"}]
    cluster.api.update_status(POD, pod)


async def test_a_deployment_keeps_a_pod_running(cluster: MemoryCluster) -> None:
    cluster.api.create(DEPLOYMENT, "n", deployment())
    await cluster.settle()
    (name,) = cluster.pods()
    make_ready(cluster, name)
    await cluster.settle()
    status = cluster.api.get(DEPLOYMENT, "n", "board")["status"]
    assert (status["replicas"], status["availableReplicas"]) == (1, 1)
    assert {entry["type"]: entry["status"] for entry in status["conditions"]} == {
        "Available": "True",
        "Progressing": "True",
    }

    cluster.turn(name, "Failed", exit_code=1)
    await cluster.settle()
    assert len(cluster.pods()) == 2, "a failed pod is replaced, and kept"


async def test_a_new_template_takes_the_place_of_the_old(cluster: MemoryCluster) -> None:
    cluster.api.create(DEPLOYMENT, "n", deployment())
    await cluster.settle()
    (old,) = cluster.pods()
    held = clone(cluster.api.get(DEPLOYMENT, "n", "board"))
    held["spec"]["template"]["spec"]["containers"][0]["image"] = "python:3.11-slim"
    cluster.api.update(DEPLOYMENT, held)
    await cluster.settle()

    assert sorted(found["spec"]["replicas"] for found in cluster.api.list(REPLICA_SET, "n")) == [0, 1]
    assert "deletionTimestamp" in cluster.pod(old)["metadata"]
    assert len(cluster.pods()) == 2
