from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest

from console.localcluster.kubelet import LogRefused
from console.localcluster.kubelet.logs import LogOptions, LogReader, since_text
from console.localcluster.kubelet.shim.logfile import LogFile, log_numbers
from console.localcluster.machinery.kinds import POD
from tests.localcluster_kubelet.conftest import Node

STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z ")


async def _read(folder: Path, **options: object) -> bytes:
    reader = LogReader(str(folder), 0, LogOptions(**options), lambda: False)  # type: ignore[arg-type]
    return b"".join([block async for block in reader.read()])


async def test_lines_come_back_as_they_were_written(tmp_path: Path) -> None:
    log = LogFile(str(tmp_path), 0)
    for piece in (b"one\ntw", b"o\n", b"\xff\x00\x1b[0m\n", b"", b"no end"):
        log.write(piece)
    log.close()

    assert await _read(tmp_path) == b"one\ntwo\n\xff\x00\x1b[0m\nno end"
    assert await _read(tmp_path, tail_lines=2) == b"\xff\x00\x1b[0m\nno end"
    assert await _read(tmp_path, tail_lines=0) == b""
    assert await _read(tmp_path, limit_bytes=5) == b"one\nt"


async def test_a_line_of_any_length_is_joined_and_stamped_once(tmp_path: Path) -> None:
    log = LogFile(str(tmp_path), 0)
    log.write(b"x" * 40_000 + b"\nshort\n")
    log.close()

    plain = await _read(tmp_path)
    stamped = (await _read(tmp_path, timestamps=True)).decode()

    assert plain == b"x" * 40_000 + b"\nshort\n"
    assert [len(line) - 31 for line in stamped.splitlines()] == [40_000, 5]
    assert all(STAMP.match(line) for line in stamped.splitlines())
    assert await _read(tmp_path, tail_lines=2) == b"x" * (40_000 - 2 * 16384) + b"\nshort\n"  # pieces count as lines


async def test_a_last_seen_timestamp_resumes_without_a_gap(tmp_path: Path) -> None:
    log = LogFile(str(tmp_path), 0)
    log.write(b"".join(b"%d\n" % number for number in range(1000)))
    log.close()
    lines = (await _read(tmp_path, timestamps=True)).decode().splitlines()
    last = lines[499].split(" ")[0]

    rest = (await _read(tmp_path, since=since_text(last, None))).decode().split()

    assert len({line.split(" ")[0] for line in lines}) == 1000
    assert rest == [str(number) for number in range(499, 1000)]


def test_a_malformed_time_is_refused() -> None:
    with pytest.raises(LogRefused) as refused:
        since_text("yesterday", None)

    assert refused.value.code == 400


async def test_only_the_newest_file_is_read_but_a_follower_goes_through_rotations(tmp_path: Path) -> None:
    log = LogFile(str(tmp_path), 0, rotate_at_bytes=4000)
    alive = True
    reader = LogReader(str(tmp_path), 0, LogOptions(follow=True), lambda: alive)
    seen: list[bytes] = []

    async def follow() -> None:
        seen.extend([block async for block in reader.read()])

    following = asyncio.create_task(follow())
    for number in range(1000):
        log.write(b"line %d\n" % number)
        if number % 40 == 0:
            await asyncio.sleep(0.03)
    log.close()
    alive = False
    await following

    assert b"".join(seen).decode().split("\n") == [*(f"line {number}" for number in range(1000)), ""]
    assert len(log_numbers(str(tmp_path), 0)) == 3
    assert len(await _read(tmp_path)) < 4000


@pytest.mark.slow
@pytest.mark.enable_socket
async def test_a_follow_ends_with_its_container(node: Node) -> None:
    node.create("talks", "sh", "-c", "for i in 1 2 3; do echo $i; echo err $i >&2; sleep 0.1; done")
    await node.running("talks")

    text = await node.log("talks", follow=True)

    assert text == "1\nerr 1\n2\nerr 2\n3\nerr 3\n"


@pytest.mark.slow
@pytest.mark.enable_socket
async def test_a_log_that_is_not_there_says_why(node: Node) -> None:
    node.create("foreign", "true", image="nosuch:1")
    await node.until("foreign", lambda _: ("Failed", "Error: ErrImagePull") in node.events("foreign"))
    node.create("runs", "sleep", "60", terminationGracePeriodSeconds=0)
    await node.running("runs")

    with pytest.raises(LogRefused) as waiting:
        await node.log("foreign")
    with pytest.raises(LogRefused) as previous:
        await node.log("runs", previous=True)

    words = 'container "main" in pod "foreign" is waiting to start: trying and failing to pull image'
    assert (waiting.value.code, waiting.value.message) == (400, words)
    assert previous.value.message == 'previous terminated container "main" in pod "runs" not found'


@pytest.mark.slow
@pytest.mark.enable_socket
async def test_previous_is_the_run_before(node: Node) -> None:
    script = (
        "test -e /tmp/seen && echo second || echo first; test -e /shared/seen && sleep 60; touch /shared/seen; exit 1"
    )
    share = [{"name": "shared", "emptyDir": {}}]
    node.create("twice", "sh", "-c", script.replace("/tmp/seen", "/shared/seen"), restartPolicy="Always",
                volumes=share, volumeMounts=[{"name": "shared", "mountPath": "/shared"}],
                terminationGracePeriodSeconds=0)  # fmt: skip
    await node.until("twice", lambda pod: pod["status"].get("containerStatuses", [{}])[0].get("restartCount") == 1
                     and pod["status"]["containerStatuses"][0]["state"].get("running"))  # fmt: skip
    await node.printed("twice", "second")

    assert await node.log("twice", previous=True) == "first\n"
    assert await node.log("twice") == "second\n"
    node.api.delete(POD, "vision", "twice")


@pytest.mark.slow
@pytest.mark.enable_socket
async def test_ten_thousand_lines_a_burst_are_all_kept(node: Node) -> None:
    node.create("burst", "seq", "1", "10000")
    await node.ended("burst")

    lines = (await node.log("burst")).split()

    assert lines == [str(number) for number in range(1, 10001)]
    assert (await node.log("burst", tail_lines=3)).split() == ["9998", "9999", "10000"]
