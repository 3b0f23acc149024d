"""Fixtures that several folders of the contract share; each folder's conftest.py imports them."""

from collections.abc import Iterator

import httpx
import pytest
from pytest_django import Settings

from tests.verification.conftest import ContractCluster
from tests.verification.places import namespace_on


@pytest.fixture(autouse=True)
def console_credentials(contract_cluster: ContractCluster, settings: Settings) -> None:
    """`console.cluster` talks to the cluster under test."""
    settings.CLUSTER_PROXY_KUBECONFIG = str(contract_cluster.proxy)
    settings.CLUSTER_WATCH_KUBECONFIG = str(contract_cluster.watch)


@pytest.fixture(scope="package")
def place(contract_cluster: ContractCluster) -> Iterator[str]:
    """A namespace that alice edits, for all tests of a folder."""
    with namespace_on(contract_cluster) as name:
        yield name


@pytest.fixture(scope="package")
def admin(contract_cluster: ContractCluster) -> Iterator[httpx.Client]:
    with contract_cluster.client() as client:
        yield client
