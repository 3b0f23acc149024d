import asyncio
from contextlib import aclosing
from pathlib import Path

import pytest
from pytest_django import Settings

from console.cluster import ClusterUnavailable, Forbidden, Identity, NotFound, follow_log
from tests.cluster.api_server import GARBAGE, NO_GZIP, RESET, SHORT, Answer, ApiServer, kubeconfig_for, status

ALICE = Identity("alice", ("team-vision",))
LOG = "/api/v1/namespaces/vision/pods/p/log"


async def _log(**options: object) -> bytes:
    log = follow_log("vision", "p", container="main", acting_as=ALICE, **options)  # type: ignore[arg-type]
    return b"".join([chunk async for chunk in log])


async def test_a_log_comes_as_it_was_written(api_server: ApiServer) -> None:
    content = [b"50%\r100%\n", b"\xff\x00\x1b[31m", "视觉".encode()[:4]]
    api_server.on("GET", LOG, Answer(lines=content))

    assert await _log(tail_lines=10, since_time="2026-11-25T02:00:00.1Z", timestamps=True) == b"".join(content)
    assert api_server.recorded[0].query == {
        "container": "main",
        "follow": "true",
        "timestamps": "true",
        "tailLines": "10",
        "sinceTime": "2026-11-25T02:00:00.1Z",
    }


async def test_lines_are_handed_on_before_the_log_ends(api_server: ApiServer) -> None:
    api_server.on("GET", LOG, Answer(lines=[b"first\n"], then="hang"))

    async with aclosing(follow_log("vision", "p", container="main", acting_as=ALICE)) as log:
        async with asyncio.timeout(5):
            assert await anext(log) == b"first\n"


async def test_a_log_that_breaks_is_not_a_log_that_ends(api_server: ApiServer) -> None:
    api_server.on("GET", LOG, Answer(lines=[b"first\n"], then="reset"))

    with pytest.raises(ClusterUnavailable, match="log of pod vision/p: the connection broke off"):
        await _log()


async def test_nobody_there_is_said_with_the_address(tmp_path: Path, settings: Settings) -> None:
    path = tmp_path / "nobody.yaml"
    path.write_text(kubeconfig_for("http://127.0.0.1:9", token=""))
    settings.CLUSTER_PROXY_KUBECONFIG = str(path)

    with pytest.raises(ClusterUnavailable, match=r"no connection to 127\.0\.0\.1:9 \("):
        await _log()


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Answer(404, status(404, "NotFound", 'pods "p" not found')), NotFound),
        (Answer(403, status(403, "Forbidden", 'forbidden: User "alice" cannot get "pods/log"')), Forbidden),
        (RESET, ClusterUnavailable),
        (GARBAGE, ClusterUnavailable),
        (NO_GZIP, ClusterUnavailable),
        (SHORT, ClusterUnavailable),
    ],
)
async def test_a_refusal_and_a_failure_are_ours(api_server: ApiServer, answer: Answer, kind: type[Exception]) -> None:
    api_server.on("GET", LOG, answer)

    with pytest.raises(kind):
        await _log()
