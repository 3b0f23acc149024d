import pytest
from pytest_django import Settings

from console.cluster.errors import ClusterUnavailable
from console.cluster.probing import require_answer
from tests.cluster.api_server import GARBAGE, RESET, Answer, ApiServer, status


@pytest.fixture
def watched(api_server: ApiServer, settings: Settings) -> ApiServer:
    settings.CLUSTER_WATCH_KUBECONFIG = str(api_server.kubeconfig)
    return api_server


@pytest.mark.parametrize("answer", [Answer(200, {"major": "1"}), Answer(403, status(403, "Forbidden", "no"))], ids=str)
async def test_any_answer_will_do(watched: ApiServer, answer: Answer) -> None:
    watched.on("GET", "/version", answer)

    await require_answer()

    assert watched.recorded[0].header("Impersonate-User") == []


@pytest.mark.parametrize("answer", [RESET, GARBAGE, Answer(lines=(), then="hang")], ids=str)
async def test_silence_is_told(watched: ApiServer, answer: Answer) -> None:
    watched.on("GET", "/version", answer)

    with pytest.raises(ClusterUnavailable):
        await require_answer(seconds=0.3)
