from __future__ import annotations

import asyncio

import pytest

from console.localcluster.kubelet.environment import amount
from console.localcluster.kubelet.usage import UsageBook, read
from console.localcluster.machinery.kinds import NODE, POD
from tests.localcluster_kubelet.conftest import Node, state

_HUNGRY = "x = []\nwhile True: x.append(b'a' * (4 << 20))"


@pytest.mark.slow
@pytest.mark.enable_socket
async def test_a_memory_limit_kills(node: Node) -> None:
    node.create("hungry", "python", "-c", _HUNGRY, resources={"limits": {"memory": "64Mi"}})

    pod = await node.ended("hungry")

    ended = state(pod)["terminated"]
    assert (ended["exitCode"], ended["reason"]) == (137, "OOMKilled")


@pytest.mark.slow
@pytest.mark.enable_socket
async def test_a_memory_limit_kills_where_it_can_only_be_watched(user_node: Node) -> None:
    hungry = _HUNGRY.replace("while True:", "import time\nwhile True: time.sleep(0.02);")
    user_node.create("hungry", "python", "-c", hungry, resources={"limits": {"memory": "64Mi"}})

    pod = await user_node.ended("hungry")

    ended = state(pod)["terminated"]
    assert (ended["exitCode"], ended["reason"]) == (137, "OOMKilled")


@pytest.mark.slow
@pytest.mark.enable_socket
async def test_figures_come_from_the_processes_and_go_with_them(node: Node) -> None:
    script = "import time\nheld = b'a' * (50 << 20)\nprint('up', flush=True)\nwhile True: pass"
    node.create("busy", "python", "-c", script, terminationGracePeriodSeconds=0)
    await node.printed("busy", "up")
    worker = node.kubelet._find("vision", "busy")
    assert worker is not None
    assert worker.sandbox is not None
    run = worker.sandbox.runs["main"]
    book = UsageBook()

    book.look([(worker.uid, run)])
    exec_in = await node.run("busy", "sleep", "0.5")
    await exec_in.exit_code()
    exec_in.close()
    book.look([(worker.uid, run)])

    figures = book.figures[(worker.uid, "main")]
    assert 50 << 20 < figures.memory_bytes < 90 << 20
    assert 100_000_000 < figures.cpu_nanocores < 2_000_000_000
    node.api.delete(POD, "vision", "busy")
    await node.gone("busy")
    async with asyncio.timeout(60):
        while read(run) is not None:
            await asyncio.sleep(0.02)
    book.look([])
    assert book.figures == {}


@pytest.mark.slow
@pytest.mark.enable_socket
async def test_the_node_has_this_machines_cpu_and_memory(node: Node) -> None:
    status = node.api.get(NODE, "", "node")["status"]

    assert amount(status["capacity"]["memory"]) > 1 << 29
    assert amount(status["capacity"]["cpu"]) >= 1
    assert "nvidia.com/gpu" not in status["capacity"]
    assert {one["type"]: one["status"] for one in status["conditions"]}["Ready"] == "True"


@pytest.mark.parametrize(
    ("text", "value"),
    [("100m", "0.1"), ("64Mi", str(64 << 20)), ("1.5Gi", str(3 << 29)), ("2k", "2000"), ("1e3", "1000"), ("3", "3")],
)
def test_quantities_are_read(text: str, value: str) -> None:
    assert str(amount(text).normalize().to_integral_value() if "." not in value else amount(text)) == value or amount(
        text
    ) == amount(value)


@pytest.mark.parametrize("text", ["", "1x", "Mi", "1 Gi"])
def test_what_is_no_quantity_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no quantity"):
        amount(text)
