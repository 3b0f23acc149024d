"""Create, get, list, patch and delete, as `console.cluster` sends them for alice."""

import httpx
import pytest

from console.cluster import (
    CONFIG_MAP,
    JOB_KINDS,
    OPERATION_LABEL,
    AlreadyExists,
    Cluster,
    NotFound,
    Rejected,
    Resource,
    connect,
)
from tests.verification.places import ALICE, config_map, created

pytestmark = pytest.mark.contract


@pytest.fixture
def cluster() -> Cluster:
    return connect(acting_as=ALICE)


def _named(place: str, name: str, **labels: str) -> dict[str, object]:
    manifest = config_map(name, **labels)
    manifest["metadata"]["namespace"] = place
    return manifest


def test_an_object_lives_from_create_to_delete(cluster: Cluster, place: str) -> None:
    created = cluster.create(CONFIG_MAP, _named(place, "life"))
    read = cluster.get(CONFIG_MAP, place, "life")
    patched = cluster.patch(CONFIG_MAP, place, "life", {"data": {"a": None, "b": "2"}})
    cluster.delete(CONFIG_MAP, place, "life", uid=created["metadata"]["uid"])

    assert read["metadata"]["uid"] == created["metadata"]["uid"]
    assert read["metadata"]["resourceVersion"] == created["metadata"]["resourceVersion"]
    assert read["metadata"]["creationTimestamp"].endswith("Z")
    assert patched["data"] == {"b": "2"}
    assert int(patched["metadata"]["resourceVersion"]) > int(created["metadata"]["resourceVersion"])
    with pytest.raises(NotFound):
        cluster.get(CONFIG_MAP, place, "life")


def test_a_dry_run_is_judged_and_not_kept(cluster: Cluster, place: str) -> None:
    answered = cluster.create(CONFIG_MAP, _named(place, "dry"), dry_run=True)

    assert answered["metadata"]["name"] == "dry"
    with pytest.raises(NotFound):
        cluster.get(CONFIG_MAP, place, "dry")


def test_a_dry_run_of_a_patch_leaves_the_object(cluster: Cluster, place: str) -> None:
    before = cluster.create(CONFIG_MAP, _named(place, "dry-patch"))
    answered = cluster.patch(CONFIG_MAP, place, "dry-patch", {"data": {"a": "2"}}, dry_run=True)

    assert answered["data"] == {"a": "2"}
    assert cluster.get(CONFIG_MAP, place, "dry-patch")["data"] == before["data"]


def test_a_patch_that_changes_nothing_keeps_the_version(cluster: Cluster, place: str) -> None:
    before = cluster.create(CONFIG_MAP, _named(place, "same"))
    after = cluster.patch(CONFIG_MAP, place, "same", {"data": {"a": "1"}})

    assert after["metadata"]["resourceVersion"] == before["metadata"]["resourceVersion"]


def test_only_the_very_object_is_deleted(cluster: Cluster, place: str) -> None:
    cluster.create(CONFIG_MAP, _named(place, "again"))

    with pytest.raises(NotFound):
        cluster.delete(CONFIG_MAP, place, "again", uid="00000000-0000-0000-0000-000000000000")
    assert cluster.get(CONFIG_MAP, place, "again")


def test_a_taken_name_is_told_apart_by_the_operation(cluster: Cluster, place: str) -> None:
    mine = _named(place, "once", **{OPERATION_LABEL: "key-1"})
    other = _named(place, "once", **{OPERATION_LABEL: "key-2"})
    first = cluster.create_once(CONFIG_MAP, mine)

    assert cluster.create_once(CONFIG_MAP, mine)["metadata"]["uid"] == first["metadata"]["uid"]
    with pytest.raises(AlreadyExists, match='configmaps "once" already exists'):
        cluster.create_once(CONFIG_MAP, other)


@pytest.fixture(scope="module")
def selected(admin: httpx.Client, place: str) -> str:
    """Three objects of kind=sel with different labels."""
    labels = ({"team": "a", "size": "big"}, {"team": "a"}, {"team": "b"})
    for number, more in enumerate(labels, start=1):
        created(
            admin.post(f"/api/v1/namespaces/{place}/configmaps", json=config_map(f"s-{number}", kind="sel", **more))
        )
    return place


@pytest.mark.parametrize(
    ("selector", "names"),
    [
        ("team=a", {"s-1", "s-2"}),
        ("team==a,size=big", {"s-1"}),
        ("team!=a,kind=sel", {"s-3"}),
        ("team in (a, b),kind=sel", {"s-1", "s-2", "s-3"}),
        ("team notin (a),kind=sel", {"s-3"}),
        ("size,kind=sel", {"s-1"}),
        ("!size,kind=sel", {"s-2", "s-3"}),
    ],
)
def test_labels_select(cluster: Cluster, selected: str, selector: str, names: set[str]) -> None:
    found = cluster.list(CONFIG_MAP, selected, label_selector=selector)

    assert {item["metadata"]["name"] for item in found} == names


def test_a_field_selects_a_name(cluster: Cluster, place: str) -> None:
    cluster.create(CONFIG_MAP, _named(place, "by-field"))
    found = cluster.list(CONFIG_MAP, place, field_selector="metadata.name=by-field")

    assert [item["metadata"]["name"] for item in found] == ["by-field"]


def test_the_four_kinds_are_served(cluster: Cluster) -> None:
    assert cluster.served_kinds() >= {kind.kind for kind in JOB_KINDS}


@pytest.mark.parametrize("kind", JOB_KINDS, ids=lambda kind: kind.kind)
def test_an_unknown_field_of_a_job_is_refused_by_its_path(cluster: Cluster, place: str, kind: Resource) -> None:
    manifest = {
        "apiVersion": kind.api_version,
        "kind": kind.kind,
        "metadata": {"name": "strict", "namespace": place},
        "spec": {"noSuchField": 1},
    }

    with pytest.raises(Rejected, match=r'unknown field "spec.noSuchField"'):
        cluster.create(kind, manifest, dry_run=True)
