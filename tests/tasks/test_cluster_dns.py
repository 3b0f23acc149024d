"""How names resolve in the cluster: what was seen, and nothing that was not."""

import pytest
from django.utils import timezone

from console.cluster.resources import SERVICE
from console.index.models import DnsPart, Node, Watch
from tasks.queries.cluster import cluster_dns

pytestmark = pytest.mark.django_db(databases=["default", "index"])


def looked() -> None:
    Watch.objects.create(resource=SERVICE.key, listed_at=timezone.now())


def part(kind: str, **more: object) -> None:
    DnsPart.objects.create(uid=kind, kind=kind, name="kube-dns" if kind == "Service" else "coredns", **more)


def test_nothing_is_said_before_anybody_looked() -> None:
    assert cluster_dns() is None


def test_a_cluster_without_one_does_not_resolve_names() -> None:
    looked()

    dns = cluster_dns()

    assert dns is not None
    assert (dns.found, dns.resolves) == (False, False)


@pytest.mark.parametrize(
    ("image", "version"),
    [
        ("registry.k8s.io/coredns/coredns:v1.12.1", "1.12.1"),
        ("localhost:5000/coredns", ""),
        ("coredns/coredns:1.11.3@sha256:abc", "1.11.3"),
        ("coredns/coredns@sha256:abc", ""),
    ],
)
def test_the_version_is_the_tag_of_its_image(image: str, version: str) -> None:
    looked()
    part("Service")
    part("Deployment", image=image, wanted=2, ready=1)

    dns = cluster_dns()

    assert dns is not None
    assert (dns.name, dns.version, dns.ready, dns.wanted, dns.resolves) == ("coredns", version, 1, 2, True)


def test_a_service_alone_is_found_without_a_version() -> None:
    looked()
    part("Service")

    dns = cluster_dns()

    assert dns is not None
    assert (dns.found, dns.name, dns.version) == (True, "", "")


def test_nodes_that_resolve_names_themselves_need_none() -> None:
    looked()
    Node.objects.create(name="node-1", labels={"trainyard.io/names": "node"})

    dns = cluster_dns()

    assert dns is not None
    assert (dns.found, dns.by_nodes, dns.resolves) == (False, True, True)
