from __future__ import annotations

import asyncio
import os
import signal
import time

import pytest

from console.localcluster.machinery.kinds import POD
from tests.localcluster_kubelet.conftest import Node, leftovers, nothing_left, state

pytestmark = [pytest.mark.slow, pytest.mark.enable_socket]


async def test_a_program_that_heeds_sigterm_ends_by_itself(node: Node) -> None:
    node.create("polite", "sh", "-c", "trap 'echo bye; exit 0' TERM; echo up; while :; do sleep 0.02; done")
    await node.printed("polite", "up")
    changes = node.api.watch(POD, "vision")

    node.api.delete(POD, "vision", "polite")
    last = await _last_seen(changes)

    assert last["status"]["phase"] == "Succeeded"
    assert state(last)["terminated"]["exitCode"] == 0
    assert ("Killing", "Stopping container main") in node.events("polite")


async def test_a_program_that_does_not_is_killed_after_its_grace(node: Node) -> None:
    node.create("stubborn", "sleep", "1000", terminationGracePeriodSeconds=1)
    await node.running("stubborn")
    changes = node.api.watch(POD, "vision")

    began = time.monotonic()
    node.api.delete(POD, "vision", "stubborn")
    last = await _last_seen(changes)

    assert 0.9 < time.monotonic() - began < 3
    assert last["status"]["phase"] == "Failed"
    assert state(last)["terminated"]["exitCode"] == 137


async def _last_seen(changes: object) -> dict[str, dict[str, str]]:
    last: dict[str, dict[str, str]] = {}
    async with asyncio.timeout(60):
        async for kind, pod in changes:  # type: ignore[attr-defined]
            if kind == "DELETED":
                return last
            last = pod
    return last


async def test_a_second_delete_hurries_the_first(node: Node) -> None:
    node.create("slow", "sleep", "1000", terminationGracePeriodSeconds=60)
    await node.running("slow")
    node.api.delete(POD, "vision", "slow")

    began = time.monotonic()
    node.api.delete(POD, "vision", "slow", grace_seconds=0)
    await node.gone("slow")
    async with asyncio.timeout(60):
        while any("sleep" in line for line in leftovers(node.folder)):
            await asyncio.sleep(0.02)

    assert time.monotonic() - began < 30


async def test_the_end_of_the_first_process_ends_the_whole_tree(node: Node) -> None:
    node.create("tree", "sh", "-c", "setsid sh -c 'trap \"\" TERM HUP; sleep 1000' & setsid sleep 1000 & exit 0")

    await node.ended("tree")

    async with asyncio.timeout(60):
        while any("sleep" in line for line in leftovers(node.folder)):
            await asyncio.sleep(0.02)


async def test_if_the_owner_is_killed_every_pod_dies_with_it(node: Node) -> None:
    for index in range(3):
        node.create(f"pod-{index}", "sh", "-c", "trap '' TERM; sleep 1000 & wait", restartPolicy="Always")
        await node.running(f"pod-{index}")
    assert leftovers(node.folder)

    node.kill_owner()

    await nothing_left(node.folder)


async def test_pods_that_are_just_starting_die_with_the_owner_too(node: Node) -> None:
    for index in range(8):
        node.create(f"pod-{index}", "sleep", "1000", restartPolicy="Always")
    await asyncio.sleep(0.05)

    node.kill_owner()

    await node.stop()
    await nothing_left(node.folder)


async def test_a_kubelet_that_starts_again_adopts_what_runs(node: Node) -> None:
    node.create(
        "lives", "sh", "-c", "i=0; while :; do i=$((i+1)); echo $i; sleep 0.05; done", terminationGracePeriodSeconds=0
    )
    shared = {"volumes": [{"name": "v", "emptyDir": {}}], "volumeMounts": [{"name": "v", "mountPath": "/v"}]}
    ends = node.create("ends", "sh", "-c", "while ! test -e /v/go; do sleep 0.02; done; exit 5", **shared)  # type: ignore[arg-type]
    before = await node.running("lives")
    await node.printed("lives", "3\n")
    await node.running("ends")

    await node.stop()
    # `ends` ends while nobody looks.
    own = node.folder / "cluster" / "pods" / ends["metadata"]["uid"]
    (own / "volumes" / "v" / "go").touch()
    async with asyncio.timeout(60):
        while '"exit_code": 5' not in (own / "containers" / "main" / "0.json").read_text():
            await asyncio.sleep(0.02)
    await node.restart()

    assert state(await node.ended("ends"))["terminated"]["exitCode"] == 5
    after = await node.running("lives")
    assert state(after) == state(before)
    handle = await node.run("lives", "echo", "here")
    assert await handle.receive() == (1, b"here\n")
    assert await handle.exit_code() == 0
    handle.close()
    numbers = [int(line) for line in (await node.log("lives")).splitlines()]
    assert numbers == list(range(1, len(numbers) + 1))
    node.api.delete(POD, "vision", "lives")
    await node.gone("lives")


async def test_pods_that_died_with_their_owner_are_reported_as_lost(node: Node) -> None:
    node.create("never", "sleep", "1000")
    node.create("always", "sh", "-c", "echo run; sleep 1000", restartPolicy="Always", terminationGracePeriodSeconds=0)
    await node.running("never")
    await node.printed("always", "run")
    await node.stop()
    node.kill_owner()
    await nothing_left(node.folder)

    node.new_owner()
    await node.restart()
    never = await node.ended("never")
    again = await node.until("always", lambda pod: state(pod).get("running") and _restarts(pod) == 1)

    ended = state(never)["terminated"]
    assert never["status"]["phase"] == "Failed"
    assert (ended["exitCode"], ended["reason"]) == (137, "ContainerStatusUnknown")
    assert "owns the local cluster ended" in ended["message"]
    assert again["status"]["containerStatuses"][0]["lastState"]["terminated"]["exitCode"] == 137


def _restarts(pod: dict[str, dict[str, list[dict[str, int]]]]) -> int:
    return pod["status"]["containerStatuses"][0]["restartCount"]


async def test_what_a_deleted_pod_left_is_swept_at_the_next_start(node: Node) -> None:
    pod = node.create("orphan", "sleep", "1000")
    await node.running("orphan")
    await node.stop()
    node.api.delete(POD, "vision", "orphan", grace_seconds=0)
    node.api.finish_pod_deletion("vision", "orphan", pod["metadata"]["uid"])

    await node.restart()

    async with asyncio.timeout(60):
        while [line for line in leftovers(node.folder) if pod["metadata"]["uid"] in line]:
            await asyncio.sleep(0.02)


async def test_a_shim_that_is_killed_takes_its_pod_along_and_leaves_nothing(node: Node) -> None:
    pod = node.create("hit", "sh", "-c", "sleep 1000 & sleep 1000", terminationGracePeriodSeconds=0)
    await node.running("hit")
    folder = node.folder / "cluster" / "pods" / pod["metadata"]["uid"]

    os.kill(int((folder / "shim.pid").read_text()), signal.SIGKILL)
    ended = await node.ended("hit")
    node.api.delete(POD, "vision", "hit")
    await node.gone("hit")

    assert state(ended)["terminated"]["reason"] == "ContainerStatusUnknown"
    async with asyncio.timeout(60):
        while folder.exists() or [line for line in leftovers(node.folder) if pod["metadata"]["uid"] in line]:
            await asyncio.sleep(0.02)


async def test_pods_deleted_at_any_moment_of_their_start_go_away(node: Node) -> None:
    for index in range(12):
        node.create(f"pod-{index}", "sleep", "1000", terminationGracePeriodSeconds=1)

    for index in range(12):
        await asyncio.sleep(0.015 * (index % 4))
        node.api.delete(POD, "vision", f"pod-{index}", grace_seconds=1)

    for index in range(12):
        await node.gone(f"pod-{index}")
