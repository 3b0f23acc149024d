"""Logs of containers: what is read, followed, cut, and refused."""

import asyncio
import re
import time
from contextlib import aclosing
from typing import Any

import httpx
import pytest

from console.cluster import Cluster, ClusterError, Forbidden, NotFound, Rejected, connect, follow_log
from tests.verification.places import (
    ALICE,
    CAROL,
    MALLORY,
    created,
    shell_pod,
    start_pod,
    wait_for,
)

pytestmark = pytest.mark.contract
STAMP = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z ")
# Ten numbered lines, bytes that are no UTF-8, and a last line without an end.
TEN = "for i in 1 2 3 4 5 6 7 8 9 10; do echo line $i; done; printf '\\377\\000\\033[31m\\n'; printf end"


@pytest.fixture(scope="module")
def ten(admin: httpx.Client, place: str) -> str:
    """A pod that has written its lines and ended."""
    start_pod(admin, place, shell_pod("ten", TEN), phase="Succeeded")
    return "ten"


@pytest.fixture(scope="module")
def slow(admin: httpx.Client, place: str) -> str:
    """A pod that writes a line every fifth of a second, for a minute."""
    script = "trap 'exit 0' TERM; i=0; while [ $i -lt 300 ]; do i=$((i+1)); echo tick $i; sleep 0.2; done"
    start_pod(admin, place, shell_pod("slow", script))
    return "slow"


@pytest.fixture
def cluster() -> Cluster:
    return connect(acting_as=ALICE)


def test_a_log_is_bytes_as_they_were_written(cluster: Cluster, place: str, ten: str) -> None:
    log = cluster.read_log(place, ten, container="main")

    assert log.startswith(b"line 1\nline 2\n")
    assert b"\xff\x00\x1b[31m\n" in log
    assert log.endswith(b"end")


def test_both_outputs_are_one_log(admin: httpx.Client, cluster: Cluster, place: str) -> None:
    """Which of two lines written at once comes first is not promised."""
    start_pod(admin, place, shell_pod("both", "echo out; echo err >&2"), phase="Succeeded")

    assert set(cluster.read_log(place, "both", container="main").splitlines()) == {b"out", b"err"}


def test_the_tail_counts_lines(cluster: Cluster, place: str, ten: str) -> None:
    whole = cluster.read_log(place, ten, container="main", tail_lines=None)
    tail = cluster.read_log(place, ten, container="main", tail_lines=3)

    assert cluster.read_log(place, ten, container="main", tail_lines=0) == b""
    assert whole.endswith(tail)
    assert len(tail.splitlines()) == 3


def test_bytes_are_limited_from_the_front(cluster: Cluster, place: str, ten: str) -> None:
    assert cluster.read_log(place, ten, container="main", limit_bytes=9) == b"line 1\nli"


def test_time_stamps_stand_before_each_line(cluster: Cluster, place: str, ten: str) -> None:
    lines = cluster.read_log(place, ten, container="main", timestamps=True).splitlines()

    assert all(STAMP.match(line) for line in lines)
    assert STAMP.sub(b"", lines[0]) == b"line 1"


def test_a_time_to_begin_from_counts_whole_seconds(
    admin: httpx.Client, cluster: Cluster, place: str, slow: str
) -> None:
    """Inclusive, and without its fraction: whoever resumes drops what was seen already."""
    wait_for(lambda: b"tick 9\n" in cluster.read_log(place, slow, container="main"))
    lines = cluster.read_log(place, slow, container="main", timestamps=True).splitlines()
    stamp = lines[7].split(b" ")[0]
    query = {"container": "main", "timestamps": "true", "sinceTime": stamp.decode()}
    found = admin.get(_path(place, slow), params=query).content.splitlines()

    second = stamp[: len(b"2026-11-25T00:00:00")]
    assert lines[7] in found
    assert lines[0] not in found
    assert all(line[: len(second)] >= second for line in found)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"sinceSeconds": "0"}, 422),
        ({"limitBytes": "0"}, 422),
        ({"tailLines": "-1"}, 422),
        ({"sinceTime": "yesterday"}, 400),
        ({"container": "other"}, 400),
    ],
)
def test_wrong_options_are_refused(admin: httpx.Client, place: str, ten: str, query: dict[str, str], code: int) -> None:
    answer = admin.get(_path(place, ten), params={"container": "main", **query})

    assert answer.status_code == code, answer.text
    assert answer.json()["kind"] == "Status"


def test_the_only_container_need_not_be_named(admin: httpx.Client, place: str, ten: str) -> None:
    answer = admin.get(_path(place, ten))

    assert answer.content.startswith(b"line 1\n")
    assert answer.headers["Content-Type"].startswith("text/plain")


def test_one_of_two_containers_must_be_named(admin: httpx.Client, place: str) -> None:
    pod = shell_pod("two", "echo one")
    pod["spec"]["containers"].append({**pod["spec"]["containers"][0], "name": "second"})
    start_pod(admin, place, pod, phase="Succeeded")
    answer = admin.get(_path(place, "two"))

    assert answer.status_code == 400
    assert "a container name must be specified" in answer.json()["message"]


def test_a_container_that_waits_has_no_log_yet(admin: httpx.Client, cluster: Cluster, place: str) -> None:
    pod = shell_pod("unpulled", "true")
    pod["spec"]["containers"][0]["image"] = "registry.invalid/none:1"
    created(admin.post(f"/api/v1/namespaces/{place}/pods", json=pod))
    wait_for(lambda: admin.get(f"/api/v1/namespaces/{place}/pods/unpulled").json()["status"].get("containerStatuses"))

    with pytest.raises(Rejected, match="waiting to start"):
        cluster.read_log(place, "unpulled", container="main")


def test_a_pod_without_a_node_has_an_empty_log(admin: httpx.Client, cluster: Cluster, place: str) -> None:
    start_pod(admin, place, shell_pod("nowhere", "true", nodeSelector={"no": "such-node"}), phase="Pending")

    assert cluster.read_log(place, "nowhere", container="main") == b""


def test_there_is_no_previous_log_of_a_first_run(cluster: Cluster, place: str, ten: str) -> None:
    with pytest.raises(Rejected, match="previous terminated container"):
        cluster.read_log(place, ten, container="main", previous=True)


def test_the_log_of_the_run_before_is_kept(admin: httpx.Client, cluster: Cluster, place: str) -> None:
    script = "if [ -e /shared/again ]; then echo second; sleep 60; else touch /shared/again; echo first; exit 3; fi"
    pod = shell_pod("twice", script, restartPolicy="Always", volumes=[{"name": "shared", "emptyDir": {}}])
    pod["spec"]["containers"][0]["volumeMounts"] = [{"name": "shared", "mountPath": "/shared"}]
    created(admin.post(f"/api/v1/namespaces/{place}/pods", json=pod))
    wait_for(lambda: _restarts(admin, place, "twice") == 1)
    wait_for(lambda: cluster.read_log(place, "twice", container="main") == b"second\n")

    assert cluster.read_log(place, "twice", container="main", previous=True) == b"first\n"


def test_a_log_is_a_right_of_its_own(place: str, ten: str) -> None:
    assert connect(acting_as=CAROL).read_log(place, ten, container="main")
    with pytest.raises(Forbidden, match="pods/log"):
        connect(acting_as=MALLORY).read_log(place, ten, container="main")


def test_no_pod_no_log(cluster: Cluster, place: str) -> None:
    with pytest.raises(NotFound, match='pods "nope" not found'):
        cluster.read_log(place, "nope", container="main")


async def test_a_follow_shows_lines_as_they_come(place: str, slow: str) -> None:
    seen = b""
    began = time.monotonic()
    async with aclosing(follow_log(place, slow, container="main", acting_as=ALICE, tail_lines=1)) as log:
        async with asyncio.timeout(20):
            async for chunk in log:
                seen += chunk
                if seen.count(b"\n") >= 6:
                    break

    ticks = [int(line.split()[1]) for line in seen.splitlines()]
    assert ticks == list(range(ticks[0], ticks[0] + len(ticks)))
    assert time.monotonic() - began > 0.6  # they came one by one, not as a finished log


async def test_a_follow_ends_with_its_container(admin: httpx.Client, place: str) -> None:
    pod = shell_pod("short", "echo begin; sleep 1; echo end")
    await asyncio.to_thread(start_pod, admin, place, pod)
    async with asyncio.timeout(20):
        log = b"".join([chunk async for chunk in follow_log(place, "short", container="main", acting_as=ALICE)])

    assert log == b"begin\nend\n"


async def test_a_follow_ends_when_its_pod_is_deleted(admin: httpx.Client, place: str) -> None:
    await asyncio.to_thread(start_pod, admin, place, shell_pod("doomed", "echo here; sleep 60"))
    async with asyncio.timeout(20):
        async with aclosing(follow_log(place, "doomed", container="main", acting_as=ALICE)) as log:
            assert await anext(log) == b"here\n"
            await asyncio.to_thread(admin.delete, f"/api/v1/namespaces/{place}/pods/doomed")
            rest = [chunk async for chunk in log]

    assert rest == []


async def test_a_follow_of_a_finished_log_gives_it_and_ends(place: str, ten: str) -> None:
    async with asyncio.timeout(20):
        log = b"".join([chunk async for chunk in follow_log(place, ten, container="main", acting_as=ALICE)])

    assert log.startswith(b"line 1\n")
    assert log.endswith(b"end")


@pytest.mark.parametrize(("pod", "who", "kind"), [("nope", ALICE, NotFound), ("ten", MALLORY, Forbidden)])
async def test_a_follow_is_refused_like_a_read(
    place: str, ten: str, pod: str, who: Any, kind: type[ClusterError]
) -> None:
    with pytest.raises(kind):
        await anext(aiter(follow_log(place, pod, container="main", acting_as=who)))


def test_a_line_longer_than_the_runtimes_is_read_as_one(admin: httpx.Client, cluster: Cluster, place: str) -> None:
    script = "i=0; while [ $i -lt 2000 ]; do i=$((i+1)); printf 0123456789; done; echo; echo after"
    start_pod(admin, place, shell_pod("long", script), phase="Succeeded")

    first, second = cluster.read_log(place, "long", container="main").splitlines()
    assert (len(first), second) == (20_000, b"after")


def _path(place: str, pod: str) -> str:
    return f"/api/v1/namespaces/{place}/pods/{pod}/log"


def _restarts(admin: httpx.Client, place: str, pod: str) -> int:
    status = admin.get(f"/api/v1/namespaces/{place}/pods/{pod}").json()["status"]
    return sum(found["restartCount"] for found in status.get("containerStatuses", ()))
