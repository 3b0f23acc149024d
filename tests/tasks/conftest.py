from collections.abc import Iterator

import pytest
from django.test import Client
from pytest_django import Settings

from namespaces.access import forget_reviews
from tasks import flavors
from tests.tasks import rows
from tests.tasks.people import person
from tests.tasks.rights_server import RightsServer


@pytest.fixture(scope="session")
def _rights_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RightsServer]:
    with RightsServer(tmp_path_factory.mktemp("rights")) as server:
        yield server


@pytest.fixture(autouse=True)
def _catalogue() -> Iterator[None]:
    """What a test changed in the catalogue is rolled back behind the cache."""
    flavors.forget()
    yield
    flavors.forget()


@pytest.fixture
def rights(_rights_server: RightsServer, settings: Settings) -> Iterator[RightsServer]:
    """The cluster: decides who may do what."""
    forget_reviews()
    settings.CLUSTER_PROXY_KUBECONFIG = str(_rights_server.kubeconfig)
    yield _rights_server
    _rights_server.forget()
    forget_reviews()


@pytest.fixture
def vision(rights: RightsServer) -> str:
    """A namespace alice works in, with an index that is up to date."""
    rows.namespace("vision")
    rows.watcher_is_up_to_date()
    return "vision"


@pytest.fixture
def alice(vision: str) -> Client:
    """Her browser: she works in vision."""
    return _browser_of("alice", "team-vision")


@pytest.fixture
def carol(vision: str) -> Client:
    """She sees everything and changes nothing."""
    return _browser_of("carol", "auditors")


@pytest.fixture
def mallory(vision: str) -> Client:
    """She has no rights at all."""
    return _browser_of("mallory")


def _browser_of(name: str, *groups: str) -> Client:
    browser = Client()
    browser.force_login(person(name, *groups))
    return browser
