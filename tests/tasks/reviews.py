"""A cluster over HTTP that answers access reviews, and creates on trial, as the tests of the wizard need it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from namespaces.access import forget_reviews
from tests.cluster.api_server import Answer, ApiServer

REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"


def says(server: ApiServer, *, allowed: bool) -> None:
    """From now on every access review is answered so."""
    forget_reviews()
    server.on("POST", REVIEWS, Answer(status=201, body={"status": {"allowed": allowed}}))


@pytest.fixture
def reviewer(tmp_path: Path, settings: Settings) -> Iterator[ApiServer]:
    """The console's cluster: it allows everything, until told otherwise."""
    with ApiServer(tmp_path) as server:
        settings.CLUSTER_PROXY_KUBECONFIG = settings.CLUSTER_WATCH_KUBECONFIG = str(server.kubeconfig)
        says(server, allowed=True)
        yield server
        forget_reviews()
