from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from console.people.models import Person
from console.registries import answers
from console.registries.models import Registry, Tab
from namespaces.access import forget_reviews
from tests.registries.cluster import ClusterWithSecrets
from tests.registries.odd_registry import OddRegistry
from tests.registries.real_registry import RealRegistry, running_registry
from tests.tasks import rows
from tests.tasks.people import person

Configure = Callable[..., Registry]


@pytest.fixture(scope="session")
def registry() -> Iterator[RealRegistry]:
    """A real one, open to everybody. Tests push to repositories of their own."""
    with running_registry() as running:
        yield running


@pytest.fixture(scope="session")
def guarded() -> Iterator[RealRegistry]:
    """A real one that wants a name and a password."""
    with running_registry(guarded=True) as running:
        yield running


@pytest.fixture
def odd() -> Iterator[OddRegistry]:
    with OddRegistry() as running:
        yield running


@pytest.fixture(scope="session")
def _cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClusterWithSecrets]:
    with ClusterWithSecrets(tmp_path_factory.mktemp("cluster")) as server:
        yield server


@pytest.fixture
def cluster(_cluster: ClusterWithSecrets, settings: Settings, transactional_db: None) -> Iterator[ClusterWithSecrets]:
    """A cluster with the namespaces vision (alice's) and nlp (bob's); this machine's registries may be asked."""
    forget_reviews()
    settings.CLUSTER_PROXY_KUBECONFIG = str(_cluster.kubeconfig)
    settings.REGISTRY_HOSTS = frozenset({"127.0.0.1"})
    rows.namespace("vision")
    rows.namespace("nlp")
    rows.watcher_is_up_to_date()
    Registry.objects.all().delete()
    yield _cluster
    for asking in list(answers._asking.values()):
        asking.exception(timeout=10)
    _cluster.forget()
    forget_reviews()


@pytest.fixture
def configure(cluster: ClusterWithSecrets) -> Configure:
    """A row, shared by an administrator unless it is told otherwise."""

    def add(address: str, **values: Any) -> Registry:
        defaults = {"title": f"at {address}", "tab": Tab.MINE if values.get("namespace") else Tab.SHARED}
        return Registry.objects.create(address=address, **defaults | values)

    return add


@pytest.fixture
def alice_user(cluster: ClusterWithSecrets) -> User:
    return person("alice", "team-vision")


@pytest.fixture
def alice(alice_user: User) -> Client:
    """Her browser: she works in vision."""
    return browser_of(alice_user)


@pytest.fixture
def carol(cluster: ClusterWithSecrets) -> Client:
    """She sees everything but Secrets, and changes nothing."""
    return browser_of(person("carol", "auditors"))


@pytest.fixture
def bob(cluster: ClusterWithSecrets) -> Client:
    """He works in nlp and does not know of vision."""
    return browser_of(person("bob", "team-nlp"))


@pytest.fixture
def admin(cluster: ClusterWithSecrets) -> Client:
    """An administrator of the console, who has no right in the cluster."""
    user = User.objects.create_user("admin")
    Person.objects.create(user=user, cluster_user="admin", cluster_groups=["console-admins"], console_admin=True)
    return browser_of(user)


def browser_of(user: User) -> Client:
    browser = Client()
    browser.force_login(user)
    return browser
