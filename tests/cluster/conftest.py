from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from tests.cluster.api_server import ApiServer


@pytest.fixture
def api_server(tmp_path: Path, settings: Settings) -> Iterator[ApiServer]:
    """The server that the console's two credentials lead to."""
    with ApiServer(tmp_path) as server:
        settings.CLUSTER_PROXY_KUBECONFIG = settings.CLUSTER_WATCH_KUBECONFIG = str(server.kubeconfig)
        yield server
