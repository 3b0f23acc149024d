"""`manage.py check_cluster`: the two credentials are as they should be, and wider ones are found out."""

import pytest

from console.cluster import Identity
from console.cluster.audit import audit_proxy, audit_watch
from console.cluster.client import Cluster, connect_as_credential
from tests.verification.conftest import ContractCluster
from tests.verification.places import ALICE, BOB, CAROL, MALLORY

pytestmark = pytest.mark.contract
NAMESPACES = ("default", "kube-system")
PEOPLE = (ALICE, BOB, CAROL, MALLORY)


def _as(path: object) -> Cluster:
    return connect_as_credential(str(path))


def test_the_credentials_are_no_wider_than_they_should_be(contract_cluster: ContractCluster) -> None:
    proxy = audit_proxy(_as(contract_cluster.proxy), NAMESPACES, PEOPLE)
    watch = audit_watch(_as(contract_cluster.watch), NAMESPACES)

    assert (proxy.identity.user, proxy.wrong) == ("console-proxy", [])
    assert (watch.identity.user, watch.wrong) == ("console-watch", [])
    assert any(right.startswith("impersonate: users, only ") for right in proxy.rights)


def test_an_administrator_is_no_proxy(contract_cluster: ContractCluster) -> None:
    found = "\n".join(audit_proxy(_as(contract_cluster.admin), NAMESPACES, PEOPLE).wrong)

    assert "It may act as system:masters" in found
    assert "list secrets everywhere" in found


def test_an_administrator_is_no_watcher(contract_cluster: ContractCluster) -> None:
    found = "\n".join(audit_watch(_as(contract_cluster.admin), NAMESPACES).wrong)

    assert "It may do more than read" in found
    assert "It may read secrets everywhere" in found


def test_a_watcher_that_sees_too_little_is_found_too(contract_cluster: ContractCluster) -> None:
    found = audit_watch(_as(contract_cluster.kubeconfig_of("alice")), NAMESPACES)

    assert any("may not watch pods everywhere" in wrong for wrong in found.wrong)


def test_somebody_the_proxy_may_not_act_as_is_named(contract_cluster: ContractCluster) -> None:
    found = audit_proxy(_as(contract_cluster.proxy), NAMESPACES, [Identity("eve", ("team-vision",))])

    assert found.wrong == ["It may not act as eve (user of eve): this person gets a 403 everywhere."]
