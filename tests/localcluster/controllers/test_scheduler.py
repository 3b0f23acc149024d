"""Where pods go, and what is said when they go nowhere."""

import time
from typing import Any

import pytest

from console.localcluster.machinery.kinds import EVENT, NODE, POD
from console.localcluster.machinery.objects import clone
from tests.localcluster.controllers.conftest import ROOM, MemoryCluster


def pod(name: str, *, gpus: int = 0, **spec: Any) -> dict[str, Any]:
    container: dict[str, Any] = {"name": "main", "image": "busybox:1.36"}
    if gpus:
        container["resources"] = {"limits": {"nvidia.com/gpu": str(gpus)}}
    return {"metadata": {"name": name}, "spec": {"containers": [container], **spec}}


def why(cluster: MemoryCluster, name: str) -> str:
    conditions = cluster.pod(name)["status"].get("conditions") or []
    (condition,) = [entry for entry in conditions if entry["type"] == "PodScheduled"]
    return str(condition.get("message", ""))


async def test_a_pod_gets_a_node_and_an_event(cluster: MemoryCluster) -> None:
    cluster.api.create(POD, "n", pod("a"))
    await cluster.settle()

    assert cluster.pod("a")["spec"]["nodeName"] == "node-1"
    assert cluster.reasons("a") == ["Scheduled"]


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"gpus": 3}, "0/1 nodes are available: 1 Insufficient nvidia.com/gpu. no new claims to deallocate, "),
        ({"nodeSelector": {"disk": "fast"}}, "1 node(s) didn't match Pod's node affinity/selector. "),
        (
            {"volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "lost"}}]},
            '0/1 nodes are available: persistentvolumeclaim "lost" not found. not found',
        ),
    ],
)
async def test_what_fits_nowhere_is_told_why(cluster: MemoryCluster, spec: dict[str, Any], message: str) -> None:
    cluster.api.create(POD, "n", pod("a", **spec))
    await cluster.settle()

    assert message in why(cluster, "a")
    (event,) = [event for event in cluster.api.list(EVENT, "n") if event["involvedObject"]["name"] == "a"]
    assert (event["reason"], event["message"]) == ("FailedScheduling", why(cluster, "a"))


async def test_a_taint_keeps_pods_away_that_do_not_tolerate_it(cluster: MemoryCluster) -> None:
    taint = {"key": "dedicated", "value": "gpu", "effect": "NoSchedule"}
    cluster.add_node("node-2", ROOM | {"nvidia.com/gpu": "8"}, taints=[taint])
    toleration = {"key": "dedicated", "operator": "Equal", "value": "gpu", "effect": "NoSchedule"}
    cluster.api.create(POD, "n", pod("refused", gpus=4))
    cluster.api.create(POD, "n", pod("welcome", gpus=4, tolerations=[toleration]))
    await cluster.settle()

    assert "1 Insufficient nvidia.com/gpu, 1 node(s) had untolerated taint(s)" in why(cluster, "refused")
    assert cluster.pod("welcome")["spec"]["nodeName"] == "node-2"


async def test_a_waiting_pod_gets_the_room_of_one_that_ended(cluster: MemoryCluster) -> None:
    cluster.api.create(POD, "n", pod("first", gpus=2))
    cluster.api.create(POD, "n", pod("second", gpus=1))
    await cluster.settle()
    assert "nodeName" not in cluster.pod("second")["spec"]
    assert why(cluster, "second").endswith("0/1 nodes are available: 1 No preemption victims found for incoming pod.")

    cluster.turn("first", "Succeeded", exit_code=0)
    await cluster.settle()
    assert cluster.pod("second")["spec"]["nodeName"] == "node-1"


async def test_a_cordoned_node_takes_nothing_until_it_is_open_again(cluster: MemoryCluster) -> None:
    node = clone(cluster.api.get(NODE, "", "node-1"))
    cluster.api.update(NODE, node | {"spec": {"unschedulable": True}})
    cluster.api.create(POD, "n", pod("a"))
    await cluster.settle()
    assert "1 node(s) were unschedulable" in why(cluster, "a")

    node = clone(cluster.api.get(NODE, "", "node-1"))
    cluster.api.update(NODE, node | {"spec": {}})
    await cluster.settle()
    assert cluster.pod("a")["spec"]["nodeName"] == "node-1"


@pytest.mark.slow
async def test_a_thousand_hopeless_pods_do_not_slow_the_others_down(cluster: MemoryCluster) -> None:
    for index in range(1000):
        cluster.api.create(POD, "n", pod(f"hopeless-{index}", gpus=9))
    await cluster.settle()
    writes = cluster.api.store.version

    started = time.perf_counter()
    for index in range(50):
        cluster.api.create(POD, "n", pod(f"easy-{index}"))
        await cluster.settle()
        cluster.turn(f"easy-{index}", "Succeeded", exit_code=0)
        await cluster.settle()

    # Two changes that could help, a hundred times; each asks about one of the thousand.
    assert time.perf_counter() - started < 5
    assert cluster.api.store.version - writes < 50 * 10
