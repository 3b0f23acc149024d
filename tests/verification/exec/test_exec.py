"""Exec over websockets: channels, exit codes, terminals, and how it is refused."""

import asyncio
import ssl
from typing import Any

import aiohttp
import httpx
import pytest

from console.cluster import (
    STDERR,
    STDOUT,
    ClusterError,
    ExecEnd,
    ExecStream,
    Forbidden,
    Identity,
    NotFound,
    Rejected,
    open_exec,
)
from tests.verification.conftest import ContractCluster
from tests.verification.credentials import Credentials
from tests.verification.places import ALICE, BOB, CAROL, MALLORY, PYTHON_IMAGE, shell_pod, start_pod

pytestmark = pytest.mark.contract
SECONDS = 30


@pytest.fixture(scope="module")
def pod(admin: httpx.Client, place: str) -> str:
    """A running pod with busybox alone."""
    start_pod(admin, place, shell_pod("shell", "sleep 600"))
    return "shell"


@pytest.fixture(scope="module")
def python_pod(admin: httpx.Client, place: str) -> str:
    pod = shell_pod("python", "sleep 600")
    pod["spec"]["containers"][0]["image"] = PYTHON_IMAGE
    start_pod(admin, place, pod)
    return "python"


def _open(
    place: str, pod: str, *command: str, who: Identity = ALICE, tty: bool = False, container: str = "main"
) -> Any:
    return open_exec(place, pod, container=container, command=command, acting_as=who, tty=tty, stdin=True)


async def _all(stream: ExecStream) -> tuple[bytes, bytes, ExecEnd]:
    """stdout, stderr, and the end."""
    found = {STDOUT: b"", STDERR: b""}
    async with asyncio.timeout(SECONDS):
        while not isinstance(output := await stream.receive(), ExecEnd):
            found[output.channel] += output.data
    return found[STDOUT], found[STDERR], output


async def _run(place: str, pod: str, *command: str, **options: Any) -> tuple[bytes, bytes, ExecEnd]:
    async with _open(place, pod, *command, **options) as stream:
        return await _all(stream)


async def _read_until(stream: ExecStream, text: bytes) -> bytes:
    seen = b""
    async with asyncio.timeout(SECONDS):
        while text not in seen:
            output = await stream.receive()
            assert not isinstance(output, ExecEnd), (seen, output)
            seen += output.data
    return seen


async def test_stdout_and_stderr_come_apart(place: str, pod: str) -> None:
    stdout, stderr, end = await _run(place, pod, "sh", "-c", "echo out; echo err >&2")

    assert (stdout, stderr, end.exit_code) == (b"out\n", b"err\n", 0)


@pytest.mark.parametrize("code", [0, 1, 7, 127, 255])
async def test_an_exit_code_comes_back(place: str, pod: str, code: int) -> None:
    _, _, end = await _run(place, pod, "sh", "-c", f"exit {code}")

    assert end.exit_code == code
    assert not end.lost
    assert end.status
    if code:
        assert end.status["reason"] == "NonZeroExitCode"
        assert end.status["details"]["causes"] == [{"reason": "ExitCode", "message": str(code)}]
    else:
        assert end.status["status"] == "Success"


async def test_a_killed_program_ends_with_128_and_the_signal(place: str, pod: str) -> None:
    _, _, end = await _run(place, pod, "sh", "-c", "kill -9 $$")

    assert end.exit_code == 137


async def test_words_of_a_command_stay_words(place: str, pod: str) -> None:
    stdout, _, _ = await _run(place, pod, "printf", "[%s]", "a b", "", "c&d=e", "视觉", "$HOME")

    assert stdout.decode() == "[a b][][c&d=e][视觉][$HOME]"


async def test_a_program_reads_to_the_end_of_its_input(place: str, pod: str) -> None:
    async with _open(place, pod, "sh", "-c", "wc -c; exit 7") as stream:
        await stream.send_stdin(b"x" * 300_000)
        assert await stream.close_stdin()
        stdout, _, end = await _all(stream)

    assert (stdout.split(), end.exit_code) == ([b"300000"], 7)


async def test_every_byte_of_a_large_output_comes_before_the_status(place: str, pod: str) -> None:
    stdout, _, end = await _run(place, pod, "sh", "-c", "head -c 4000000 /dev/zero | tr '\\0' x")

    assert (len(stdout), set(stdout), end.exit_code) == (4_000_000, {ord("x")}, 0)


async def test_all_bytes_pass_unchanged_both_ways(place: str, pod: str) -> None:
    everything = bytes(range(256)) * 8
    async with _open(place, pod, "cat") as stream:
        await stream.send_stdin(everything)
        await stream.close_stdin()
        stdout, _, _ = await _all(stream)

    assert stdout == everything


async def test_a_program_that_is_not_there_is_told_in_the_status(place: str, pod: str) -> None:
    _, _, end = await _run(place, pod, "no-such-program")

    assert end.exit_code is None
    assert not end.lost
    assert end.status
    assert "no-such-program" in end.status["message"]
    assert "not found" in end.status["message"]


async def test_a_terminal_has_a_size_and_follows_it(place: str, python_pod: str) -> None:
    """A size travels on its own channel: keys sent after it may overtake it, so the shell waits for it."""
    async with _open(place, python_pod, "bash", "--norc", tty=True) as stream:
        for cols, rows in ((97, 31), (120, 40)):
            await stream.resize(cols, rows)
            wait = f"until [ \"$(stty size)\" = '{rows} {cols}' ]; do sleep 0.1; done; echo size''d {cols}\n"
            await stream.send_stdin(wait.encode())
            assert await _read_until(stream, f"sized {cols}".encode())
        await stream.send_stdin(b"exit 5\n")
        _, _, end = await _all(stream)

    assert end.exit_code == 5


async def test_a_terminal_makes_signals_of_keys(place: str, python_pod: str) -> None:
    """Each key is pressed when its reader is there: bash loses what comes between, on any terminal (a third of 60)."""
    async with _open(place, python_pod, "bash", "--norc", tty=True) as stream:
        await stream.send_stdin(b"PS1='pro''mpt> '\n")
        await _read_until(stream, b"prompt> ")
        await stream.send_stdin(b"sh -c 'echo rea\"\"dy; exec sleep 600'\n")  # says so in the foreground
        await _read_until(stream, b"ready")
        await stream.send_stdin(b"\x03")
        await _read_until(stream, b"prompt> ")
        await stream.send_stdin(b"echo aft''er $?\n")
        assert b"after 130" in await _read_until(stream, b"after 130")


async def test_on_a_terminal_everything_is_stdout(place: str, pod: str) -> None:
    stdout, stderr, _ = await _run(place, pod, "sh", "-c", "test -t 0 && echo tty; echo err >&2", tty=True)

    assert (stdout, stderr) == (b"tty\r\nerr\r\n", b"")


async def test_the_end_of_input_key_ends_a_shell(place: str, python_pod: str) -> None:
    async with _open(place, python_pod, "bash", "--norc", tty=True) as stream:
        # As the prompt: it is drawn once the shell reads keys; before that the terminal itself would take the key.
        await stream.send_stdin(b"PS1=rea''dy\n")
        await _read_until(stream, b"ready")
        await stream.close_stdin()
        _, _, end = await _all(stream)

    assert end.exit_code == 0


async def test_an_idle_connection_answers_a_ping(place: str, pod: str) -> None:
    async with _open(place, pod, "cat") as stream:
        await stream.ping()
        await stream.send_stdin(b"after the ping\n")
        await _read_until(stream, b"after")
        receiving = asyncio.ensure_future(stream.receive())
        await asyncio.wait({receiving}, timeout=2)
        assert stream.pongs == 1
        await stream.close_stdin()
        assert isinstance(await receiving, ExecEnd)


async def test_exec_ends_with_its_pod(admin: httpx.Client, place: str) -> None:
    await asyncio.to_thread(start_pod, admin, place, shell_pod("doomed", "sleep 600"))
    async with _open(place, "doomed", "sh", "-c", "echo here; sleep 600") as stream:
        await _read_until(stream, b"here")
        await asyncio.to_thread(admin.delete, f"/api/v1/namespaces/{place}/pods/doomed")
        _, _, end = await _all(stream)

    assert end.exit_code == 137


REFUSALS: list[tuple[dict[str, Any], type[ClusterError], str]] = [
    ({"who": CAROL}, Forbidden, "pods/exec"),  # a viewer
    ({"who": BOB}, Forbidden, "pods/exec"),
    ({"who": MALLORY}, Forbidden, "pods/exec"),
    ({"container": "other"}, Rejected, "container other is not valid for pod shell"),
    ({"pod": "nope"}, NotFound, 'pods "nope" not found'),
]


@pytest.mark.parametrize(("options", "kind", "words"), REFUSALS, ids=lambda value: str(value)[:40])
async def test_a_refusal_comes_before_the_upgrade(
    place: str, pod: str, options: dict[str, Any], kind: type[ClusterError], words: str
) -> None:
    name = options.get("pod", pod)
    with pytest.raises(kind) as caught:
        await _run(place, name, "id", **{key: value for key, value in options.items() if key != "pod"})

    assert words in str(caught.value)


async def test_a_finished_pod_is_told_by_the_status(admin: httpx.Client, place: str) -> None:
    await asyncio.to_thread(start_pod, admin, place, shell_pod("done", "true"), phase="Succeeded")
    _, _, end = await _run(place, "done", "id")

    assert end.exit_code is None
    assert end.status
    assert "container not found" in end.status["message"]


@pytest.mark.parametrize("offered", [["v4.channel.k8s.io", "v5.channel.k8s.io"], ["v4.channel.k8s.io"]])
async def test_which_protocol_is_spoken(
    contract_cluster: ContractCluster, place: str, pod: str, offered: list[str]
) -> None:
    frames, protocol = await _raw(contract_cluster, place, pod, offered)

    assert protocol == ("v5.channel.k8s.io" if len(offered) == 2 else "v4.channel.k8s.io")
    assert [frame for frame in frames if frame[0] == 1 and len(frame) > 1] == [b"\x01hello\n"]
    [status] = [frame for frame in frames if frame[0] == 3]
    assert b'"status":"Success"' in status


async def _raw(cluster: ContractCluster, place: str, pod: str, protocols: list[str]) -> tuple[list[bytes], str | None]:
    """What comes over a plain websocket, by a client that knows nothing."""
    credentials = Credentials.of(cluster.admin)
    path = f"/api/v1/namespaces/{place}/pods/{pod}/exec?command=echo&command=hello&stdout=1&container=main"
    frames: list[bytes] = []
    assert isinstance(credentials.tls, ssl.SSLContext)
    connector = aiohttp.TCPConnector(ssl=credentials.tls)
    async with (
        asyncio.timeout(SECONDS),
        aiohttp.ClientSession(connector=connector) as session,
        session.ws_connect(credentials.server + path, protocols=protocols, headers=credentials.headers) as socket,
    ):
        frames += [message.data async for message in socket if message.type is aiohttp.WSMsgType.BINARY]
    await asyncio.sleep(0.1)  # aiohttp's TLS transports close a turn of the loop later
    return frames, socket.protocol


async def test_many_at_once_are_not_made_to_wait_for_each_other(place: str, pod: str) -> None:
    """A shared pool of connections would stop at a hundred; twelve are enough to see that each has its own."""

    async def run(number: int) -> bytes:
        stdout, _, _ = await _run(place, pod, "sh", "-c", f"sleep 1; echo {number}")
        return stdout

    async with asyncio.timeout(20):
        found = await asyncio.gather(*(run(number) for number in range(12)))

    assert found == [f"{number}\n".encode() for number in range(12)]
