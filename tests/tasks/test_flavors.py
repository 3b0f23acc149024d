"""The catalogue: what it holds at first, when a change is seen, and what it means for a task."""

import uuid
from dataclasses import replace

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from tasks import actions as actions_of_tasks
from tasks.actions import catalogue as actions
from tasks.catalogue_seed import seed_catalogue
from tasks.flavors import catalogue, drivers, offered
from tasks.frameworks import FRAMEWORKS
from tasks.frameworks.tolerations import read_tolerations, written_toleration
from tasks.models import CatalogueEdition, CatalogueFlavor
from tasks.queries.flavors import Usage, usage_of
from tasks.specification import Code, NodeFact, check, totals
from tasks.specification.capacity_rules import check_flavor_fits, role_price
from tasks.specification.cuda_rules import Driver
from tasks.specification.default_flavors import DEFAULT_DRIVERS, DEFAULT_FLAVORS
from tasks.specification.entries import spec_of
from tasks.specification.flavor import GPU_TOLERATION, Flavor, FlavorClass, Taint, Toleration
from tasks.specification.labels import is_extended_resource, is_label_key, is_label_value
from tasks.specification.prices import price_an_hour, written_price
from tasks.wizard.flavor_choices import flavor_lines
from tests.tasks import rows
from tests.tasks.drafts import draft
from tests.tasks.engines import console, postgres_console
from tests.tasks.people import person
from tests.tasks.specifications import RDMA, SMALL, V100, facts, spec, with_role

__all__ = ["console", "postgres_console"]
database = pytest.mark.django_db(databases=["default", "index"])
MODEL = {"trainyard.io/gpu-model": "v100-32g"}


def node(**changes: object) -> NodeFact:
    return replace(NodeFact(name="n", cpu_millicores=64000, memory_mib=512 * 1024, gpus=8, labels=MODEL), **changes)  # type: ignore[arg-type]


# -- what it holds at first ---


@database
def test_a_new_installation_has_the_seeds_table() -> None:
    sizes = [(row.title, row.gpus, row.cpu_millicores // 1000, row.memory_mib // 1024) for row in catalogue().values()]
    usual = [(1, 4, 32), (2, 8, 64), (4, 16, 128), (8, 32, 256)]

    assert sizes[:8] == [(f"NVIDIA Tesla V100 {memory}", *size) for memory in ("32G", "16G") for size in usual]
    assert sizes[8:12] == [
        ("NVIDIA Tesla P4 8G", *size) for size in [(1, 4, 32), (2, 8, 64), (3, 16, 128), (4, 32, 256)]
    ]
    assert [row.class_ for row in list(catalogue().values())[12:]] == ["rdma"] * 2 + ["cpu"] * 3
    assert all(row.price_micros_per_second for row in catalogue().values())
    assert catalogue() == DEFAULT_FLAVORS
    assert drivers() == DEFAULT_DRIVERS


@database
def test_what_an_administrator_deleted_does_not_come_back() -> None:
    CatalogueFlavor.objects.all().delete()
    seed_catalogue(apps, using="default")

    assert not CatalogueFlavor.objects.exists()


# -- when a change is seen ---


@database
def test_the_catalogue_costs_no_query_until_it_is_asked_again() -> None:
    catalogue()
    with CaptureQueriesContext(connection) as queries:
        for _time in range(100):
            catalogue()
            drivers()

    assert len(queries) == 0


@database
def test_after_a_while_one_small_query_asks_whether_it_has_changed(settings: Settings) -> None:
    catalogue()
    settings.CATALOGUE_CHECK_SECONDS = 0
    with CaptureQueriesContext(connection) as queries:
        catalogue()

    assert len(queries) == 1


@database
def test_a_change_of_another_process_is_seen_at_the_next_look(settings: Settings) -> None:
    catalogue()
    CatalogueFlavor.objects.filter(key=V100.key).update(cpu_millicores=1000)
    CatalogueEdition.objects.update(token=uuid.uuid4())
    assert catalogue()[V100.key].cpu_millicores == 4000

    settings.CATALOGUE_CHECK_SECONDS = 0
    assert catalogue()[V100.key].cpu_millicores == 1000


@database
def test_a_change_of_this_process_is_seen_at_once() -> None:
    catalogue()
    row = CatalogueFlavor.objects.get(key=V100.key)
    actions.change_flavor(row, replace(V100, price_micros_per_second=1), version=row.version)
    assert catalogue()[V100.key].price_micros_per_second == 1

    actions.retire_flavor(row)
    assert catalogue()[V100.key].retired


@database
def test_cpu_flavors_are_offered_where_they_are_enabled(settings: Settings) -> None:
    assert SMALL.key in offered()

    settings.CPU_FLAVORS = False
    assert SMALL.key not in offered()
    assert catalogue()[SMALL.key].retired  # a task that has it can still be read


# -- what it means for a task ---


def test_a_retired_flavor_is_read_and_refused_with_words_of_its_own() -> None:
    retired = DEFAULT_FLAVORS | {V100.key: replace(V100, retired=True)}
    entries = {"roles": {"Worker": {"flavor": V100.key}}}
    framework = FRAMEWORKS["tensorflow"]
    typed = spec_of(entries, framework=framework, mode=framework.modes[0], flavors=retired)
    found = {finding.path: finding.code for finding in typed.with_rules(check(typed.spec, facts(flavors=retired)))}

    assert typed.spec.roles[0].flavor == V100
    assert found["roles.Worker.flavor"] == Code.FLAVOR_RETIRED


def test_what_stands_beside_the_size_makes_no_other_flavor() -> None:
    assert replace(V100, title="x", price_micros_per_second=9, driver="1", retired=True) == V100
    assert replace(V100, tolerations=()) != V100
    assert replace(V100, node_selector={}) != V100


def test_prices_add_up() -> None:
    task = with_role(with_role(spec(), "Worker", flavor=V100, replicas=4), "Master", flavor=None)
    worker = next(role for role in task.roles if role.name == "Worker")

    assert role_price(worker) == 20_000
    assert totals(task)["price_micros_per_second"] == 20_000


@pytest.mark.parametrize(
    ("micros", "hour", "second"),
    [
        (5000, "18.00", "0.005"),
        (10, "0.036", "0.00001"),
        (1, "0.0036", "0.000001"),
        (0, "0.00", "0"),
        (333, "1.20", "0.000333"),
        (2_000_000, "7200.00", "2"),
        (277, "0.9972", "0.000277"),
    ],
)
def test_prices_as_people_read_them(micros: int, hour: str, second: str) -> None:
    assert (price_an_hour(micros), written_price(micros)) == (hour, second)


# -- nodes ---


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, None),
        ({"taints": (Taint(key="nvidia.com/gpu"),)}, None),
        ({"taints": (Taint(key="busy", effect="PreferNoSchedule"),)}, None),
        ({"taints": (Taint(key="dedicated", value="ml"),)}, Code.FLAVOR_NO_NODE_TAINT),
        ({"taints": (Taint(key="nvidia.com/gpu", effect="NoExecute"),)}, Code.FLAVOR_NO_NODE_TAINT),
        ({"labels": {}}, Code.FLAVOR_NO_NODE_MODEL),
        ({"open": False}, Code.FLAVOR_NO_NODE_MODEL),
        ({"gpus": 0}, Code.FLAVOR_NO_NODE_GPUS),
        ({"memory_mib": 100}, Code.FLAVOR_NO_NODE_SIZE),
    ],
)
def test_whether_a_node_takes_a_gpu_flavor(changes: dict[str, object], code: Code | None) -> None:
    found = check_flavor_fits(V100, (node(**changes),), "")

    assert [finding.code for finding in found] == ([code] if code else [])


def test_labels_beside_the_model_count_too() -> None:
    picky = replace(V100, node_selector={**MODEL, "zone": "a"})
    (found,) = check_flavor_fits(picky, (node(),), "")

    assert (found.code, found.parameters["labels"]) == (
        Code.FLAVOR_NO_NODE_LABELS,
        "trainyard.io/gpu-model=v100-32g, zone=a",
    )
    assert check_flavor_fits(picky, (node(labels={**MODEL, "zone": "a"}),), "") == []


def test_a_pod_without_gpu_does_not_land_on_a_node_for_gpus() -> None:
    tainted = node(taints=(Taint(key="nvidia.com/gpu"),))

    assert [finding.code for finding in check_flavor_fits(SMALL, (tainted,), "")] == [Code.FLAVOR_NO_NODE_TAINT]
    assert check_flavor_fits(SMALL, (tainted, node()), "") == []
    assert check_flavor_fits(RDMA, (node(),), "") == []


@pytest.mark.parametrize(
    ("toleration", "tolerates"),
    [
        (Toleration(key="a", operator="Exists"), True),
        (Toleration(key="a", operator="Equal", value="x"), True),
        (Toleration(key="a", operator="Equal", value="y"), False),
        (Toleration(key="b", operator="Exists"), False),
        (Toleration(operator="Exists"), True),
        (Toleration(key="a", operator="Exists", effect="NoExecute"), False),
        (Toleration(key="a", operator="Exists", effect="NoSchedule"), True),
    ],
)
def test_tolerations_match_as_kubernetes_has_it(toleration: Toleration, tolerates: bool) -> None:
    assert toleration.tolerates(Taint(key="a", value="x")) is tolerates


@pytest.mark.parametrize(
    "toleration",
    [
        GPU_TOLERATION,
        Toleration(operator="Exists"),
        Toleration(key="a", value="x", effect="NoExecute", seconds=0),
        Toleration(key="a"),
    ],
)
def test_tolerations_are_written_and_read_without_loss(toleration: Toleration) -> None:
    assert read_tolerations([written_toleration(toleration)]) == (toleration,)


@pytest.mark.parametrize(
    "odd",
    [None, {}, [{}], [{"key": "a"}], [None], [{"operator": "Exists", "more": 1}], [{"operator": "Exists", "key": 1}],
     [{"operator": "Exists", "tolerationSeconds": True}], [{"operator": "Exists", "effect": "Never"}]],
)  # fmt: skip
def test_tolerations_that_would_not_come_back_the_same_are_not_read(odd: object) -> None:
    assert read_tolerations(odd) is None


# -- the picker ---


def lines(role: str, chosen: str = "", **changes: object) -> dict[str, list[str]]:
    shape = FRAMEWORKS["tensorflow"].mode("ps-worker").role(role)  # type: ignore[union-attr]
    assert shape is not None
    found = flavor_lines(shape, facts(**changes), chosen)
    return {str(line.title): [tile.flavor.key for tile in line.tiles] for line in found}


def test_rdma_is_offered_only_to_roles_that_do_not_compute() -> None:
    assert list(lines("PS")) == [
        *("CPU only", "NVIDIA Tesla V100 32G", "NVIDIA Tesla V100 16G", "NVIDIA Tesla P4 8G", "RDMA accelerated")
    ]
    assert "RDMA accelerated" not in lines("Worker")


def test_a_line_is_not_torn_apart_by_the_order() -> None:
    keys = ["v100-32g-x1", "p4-8g-x1", "v100-32g-x2"]

    assert lines("Worker", flavors={key: DEFAULT_FLAVORS[key] for key in keys}) == {
        "NVIDIA Tesla V100 32G": ["v100-32g-x1", "v100-32g-x2"],
        "NVIDIA Tesla P4 8G": ["p4-8g-x1"],
    }


def test_a_retired_flavor_is_shown_only_where_it_was_chosen() -> None:
    changed = {V100.key: replace(V100, retired=True), SMALL.key: SMALL}

    assert lines("Worker", flavors=changed) == {"CPU only": [SMALL.key]}
    shown = flavor_lines(
        FRAMEWORKS["tensorflow"].modes[0].roles[0], facts(flavors=changed, nodes=(node(),)), chosen=V100.key
    )
    assert "not offered any more" in shown[1].tiles[0].problem


# -- who uses it ---


@database
def test_a_task_of_the_index_keeps_its_flavor() -> None:
    assert not usage_of(SMALL.key).is_used

    rows.manifest(rows.task("first"), {"spec": {"annotations": {"trainyard.io/flavor": SMALL.key}}})
    assert usage_of(SMALL.key).by_tasks
    assert not usage_of(SMALL.key[:-1]).is_used


@database
def test_what_was_asked_for_keeps_its_flavor_after_the_task_is_gone(vision: str) -> None:
    owner = person("alice", "team-vision")
    asked = draft(owner)
    actions_of_tasks.request_submit(asked, by=owner, key=uuid.uuid4())
    asked.delete()

    assert usage_of(SMALL.key) == Usage(drafts=0, by_tasks=True)
    assert usage_of(V100.key) == Usage(drafts=0, by_tasks=False)


# -- Kubernetes' grammar ---


@pytest.mark.parametrize("key", ["disk", "trainyard.io/gpu-model", "a.b-c/D_e.f", "x" * 63, f"{'a' * 63}.b/x"])
def test_label_keys(key: str) -> None:
    assert is_label_key(key)


@pytest.mark.parametrize("key", ["", "/", "a/", "/a", "a/b/c", "-a", "a-", "A.io/x", "x" * 64, "ä", "a b", "a..b/c"])
def test_what_is_no_label_key(key: str) -> None:
    assert not is_label_key(key)


def test_label_values_and_resources() -> None:
    assert is_label_value("")
    assert is_label_value("V100-SXM2_32.GB")
    assert not is_label_value("a/b")
    assert is_extended_resource("rdma/hca_shared_devices_a")
    assert not is_extended_resource("cpu")
    assert not is_extended_resource("kubernetes.io/x")
    assert FlavorClass("rdma") is FlavorClass.RDMA


# -- both engines ---


@pytest.mark.slow
@pytest.mark.django_db(databases=["default", "index"], transaction=True)
def test_the_catalogue_is_kept_alike_on_both_engines(console: str) -> None:
    seed_catalogue(apps, using="default")
    picky = Flavor(
        key="picky",
        title="规格",
        cpu_millicores=1,
        memory_mib=1,
        node_selector={"b": "2", "a": "1"},
        tolerations=(Toleration(key="z", value="y"), GPU_TOLERATION),
    )
    row = actions.create_flavor(picky)
    actions.move_flavor(row, by=-100)
    actions.save_drivers([Driver("535.1", "12.2")], seen=DEFAULT_DRIVERS)
    actions.delete_flavor(CatalogueFlavor.objects.get(key=V100.key))

    assert list(catalogue())[:2] == ["picky", "v100-32g-x2"]
    assert catalogue()["picky"] == picky
    assert drivers() == (Driver("535.1", "12.2"),)
    with pytest.raises(actions.FlavorKeyTaken):
        actions.create_flavor(picky)
    with pytest.raises(actions.StaleFlavor):
        actions.change_flavor(row, picky, version=7)
