from __future__ import annotations

import asyncio

import pytest

from console.localcluster.kubelet import ExecHandle, ExecRefused
from console.localcluster.machinery.kinds import POD
from tests.localcluster_kubelet.conftest import Node, leftovers

pytestmark = [pytest.mark.slow, pytest.mark.enable_socket]


async def _running(node: Node, *command: str) -> None:
    node.create(
        "shell", *(command or ("sleep", "1000")), terminationGracePeriodSeconds=0, env=[{"name": "OWN", "value": "x"}]
    )
    await node.running("shell")


async def _all(handle: ExecHandle) -> tuple[bytes, bytes, int]:
    out = {1: b"", 2: b""}
    async with asyncio.timeout(60):
        while (seen := await handle.receive()) is not None:
            out[seen[0]] += seen[1]
        return out[1], out[2], await handle.exit_code()


async def _until(handle: ExecHandle, text: bytes) -> bytes:
    seen = b""
    async with asyncio.timeout(60):
        while text not in seen:
            output = await handle.receive()
            assert output is not None, f"ended after {seen!r}"
            seen += output[1]
    return seen


async def _seen(node: Node, program: str) -> None:
    async with asyncio.timeout(60):
        while not any(line.rstrip().endswith(program) for line in leftovers(node.folder)):
            await asyncio.sleep(0.02)


async def test_output_errors_and_exit_code_come_apart(node: Node) -> None:
    await _running(node)

    handle = await node.run("shell", "sh", "-c", "echo out $OWN; echo err >&2; exit 7")

    assert await _all(handle) == (b"out x\n", b"err\n", 7)


async def test_input_ends_when_it_is_closed(node: Node) -> None:
    await _running(node)
    handle = await node.run("shell", "sh", "-c", "wc -c; exit 3", stdin=True)

    await handle.send_stdin(b"x" * 300_000)
    await handle.close_stdin()

    assert await _all(handle) == (b"300000\n", b"", 3)


async def test_a_terminal_has_a_size_and_takes_a_new_one(node: Node) -> None:
    await _running(node)
    handle = await node.run("shell", "bash", "--norc", tty=True, stdin=True)
    await handle.send_stdin(b"stty size; tty; echo $TERM\n")
    first = await _until(handle, b"xterm\r\n")

    handle.resize(132, 43)
    await handle.send_stdin(b"stty size\n")
    second = await _until(handle, b"43 132")
    await handle.send_stdin(b"sleep 1004\n")
    await _seen(node, "sleep 1004")
    await handle.send_stdin(b"\x03")
    await _until(handle, b"# ")
    await handle.send_stdin(b"exit 5\n")
    _, _, code = await _all(handle)

    assert b"0 0\r\n/dev/pts/0\r\n" in first
    assert second
    assert code == 5


async def test_a_program_learns_of_a_resize(node: Node) -> None:
    await _running(node)
    script = """
import os, signal

def changed(*_):
    os.write(1, str(os.get_terminal_size()).encode())
    os._exit(0)

signal.signal(signal.SIGWINCH, changed)
os.write(1, b"up")
while True:
    signal.pause()
"""
    handle = await node.run("shell", "python", "-c", script, tty=True, stdin=True)
    await _until(handle, b"up")

    handle.resize(90, 20)
    out, _, code = await _all(handle)

    assert (b"columns=90, lines=20" in out, code) == (True, 0)


@pytest.mark.parametrize(
    ("program", "words"),
    [
        ("nosuch", 'exec: "nosuch": executable file not found in $PATH: unknown'),
        ("/nosuch", 'exec: "/nosuch": stat /nosuch: no such file or directory: unknown'),
    ],
)
async def test_a_program_that_is_not_there_is_refused_in_the_runtimes_words(
    node: Node, program: str, words: str
) -> None:
    await _running(node)

    with pytest.raises(ExecRefused) as refused:
        await node.run("shell", program)

    assert refused.value.code == 500
    assert refused.value.message.startswith("Internal error occurred: error executing command in container: ")
    assert refused.value.message.endswith(words)


async def test_a_container_that_does_not_run_refuses(node: Node) -> None:
    node.create("over", "true")
    await node.ended("over")

    with pytest.raises(ExecRefused) as refused:
        await node.run("over", "ls")

    assert (refused.value.code, refused.value.message) == (
        500,
        'unable to upgrade connection: container not found ("main")',
    )


async def test_sessions_end_with_their_container(node: Node) -> None:
    await _running(node)
    on_pipes = await node.run("shell", "sleep", "1001")
    on_terminal = await node.run("shell", "bash", tty=True, stdin=True)

    node.api.delete(POD, "vision", "shell")

    assert (await _all(on_pipes))[2] == 137
    assert (await _all(on_terminal))[2] == 137


async def test_a_client_that_leaves_does_not_end_the_program(node: Node) -> None:
    await _running(node)
    left = await node.run(
        "shell", "sh", "-c", "for i in 1 2 3; do echo $i; sleep 0.1; done; touch /tmp/done; sleep 1002"
    )
    terminal = await node.run("shell", "sh", "-c", "trap 'touch /tmp/hup' HUP; sleep 1003", tty=True, stdin=True)

    left.abandon()
    terminal.abandon()
    seen = await node.run("shell", "sh", "-c", "while ! test -e /tmp/done; do sleep 0.05; done; ls /tmp")

    assert (await _all(seen))[0] == b"done\n"
    assert [line for line in leftovers(node.folder) if "sleep 1002" in line]
    assert [line for line in leftovers(node.folder) if "sleep 1003" in line]


async def test_programs_share_the_containers_view(node: Node) -> None:
    await _running(node, "sh", "-c", "echo kept > /tmp/file; cd /tmp; sleep 1000")

    handle = await node.run(
        "shell", "sh", "-c", "hostname; while ! cat /tmp/file; do sleep 0.05; done; readlink /proc/1/exe; pwd"
    )

    assert (await _all(handle))[0].split() == [b"shell", b"kept", b"/usr/bin/dash", b"/"]


async def test_a_flood_waits_for_its_reader(node: Node) -> None:
    await _running(node)
    handle = await node.run("shell", "sh", "-c", "head -c 3000000 /dev/zero | tr '\\0' x")
    await asyncio.sleep(0.2)

    out, _, code = await _all(handle)

    assert (len(out), code) == (3_000_000, 0)
