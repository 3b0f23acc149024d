"""The catalogue's pages for administrators of the console."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from console.people.models import Person
from tasks.flavors import catalogue, drivers, offered
from tasks.models import CatalogueDriver, CatalogueFlavor
from tasks.specification.cuda_rules import Driver
from tasks.specification.flavor import GPU_TOLERATION, FlavorClass, Toleration
from tests.tasks.drafts import draft
from tests.tasks.people import person

pytestmark = pytest.mark.django_db(databases=["default", "index"])
LIST = "/settings/flavors/"
A100 = {
    "key": "a100-80g-x1",
    "title": "NVIDIA A100 80G",
    "class_": "gpu",
    "gpus": "1",
    "gpu_model": "a100-80g",
    "driver": "535.129.03",
    "rdma_devices": "",
    "rdma_resource": "rdma/hca_shared_devices_a",
    "cpu": "12",
    "memory": "96Gi",
    "price": "0.0125",
    "label-0-key": "trainyard.io/pool",
    "label-0-value": "training",
    "label-1-key": "",
    "label-1-value": "",
    "toleration-0-key": "nvidia.com/gpu",
    "toleration-0-operator": "Exists",
    "toleration-0-value": "",
    "toleration-0-effect": "NoSchedule",
    "toleration-0-seconds": "",
    "toleration-1-key": "dedicated",
    "toleration-1-operator": "Equal",
    "toleration-1-value": "ml",
    "toleration-1-effect": "NoExecute",
    "toleration-1-seconds": "60",
    "toleration-2-key": "",
    "toleration-2-operator": "Exists",
    "toleration-2-value": "",
    "toleration-2-effect": "NoSchedule",
    "toleration-2-seconds": "",
}


@pytest.fixture
def grace(vision: str) -> Client:
    """An administrator of the console."""
    user = person("grace", "console-admins")
    Person.objects.filter(user=user).update(console_admin=True)
    browser = Client()
    browser.force_login(User.objects.get(pk=user.pk))
    return browser


def row(key: str) -> CatalogueFlavor:
    return CatalogueFlavor.objects.get(key=key)


def edit_url(key: str) -> str:
    return reverse("flavor-edit", args=[row(key).pk])


def posted_of(key: str, **changes: Any) -> dict[str, Any]:
    """What the form of an existing flavor sends, with changes."""
    values = {**A100, **changes, "version": str(row(key).version)}
    del values["key"]
    return values


def test_the_pages_are_for_administrators_alone(alice: Client, grace: Client) -> None:
    pages = [LIST, "/settings/drivers/", "/settings/flavors/create/", edit_url("cpu-2-4Gi")]
    pages.append(reverse("flavor-delete", args=[row("cpu-2-4Gi").pk]))

    assert [grace.get(page).status_code for page in pages] == [200] * 5
    assert [alice.get(page).status_code for page in pages] == [403] * 5
    assert all(Client().get(page).headers["Location"].startswith("/sign-in/") for page in pages)
    assert alice.post("/settings/flavors/create/", A100).status_code == 403
    assert alice.post(reverse("flavor-change", args=[row("cpu-2-4Gi").pk]), {"verb": "retire"}).status_code == 403


def test_the_menu_leads_administrators_there(alice: Client, grace: Client) -> None:
    assert b'href="/settings/"' in grace.get(LIST).content
    assert b'href="/settings/"' not in alice.get("/n/vision/tasks/").content


def test_a_flavor_is_created_and_offered_at_once(grace: Client) -> None:
    catalogue()  # the cache is warm
    answer = grace.post("/settings/flavors/create/", A100)

    assert answer.status_code == 302, answer.content.decode()
    flavor = catalogue()["a100-80g-x1"]
    assert (flavor.title, flavor.class_, flavor.gpus, flavor.cpu_millicores, flavor.memory_mib) == (
        "NVIDIA A100 80G",
        FlavorClass.GPU,
        1,
        12000,
        98304,
    )
    assert (flavor.price_micros_per_second, flavor.driver) == (12500, "535.129.03")
    assert flavor.node_selector == {"trainyard.io/gpu-model": "a100-80g", "trainyard.io/pool": "training"}
    assert flavor.tolerations == (
        GPU_TOLERATION,
        Toleration(key="dedicated", operator="Equal", value="ml", effect="NoExecute", seconds=60),
    )
    assert list(catalogue())[-1] == "a100-80g-x1"


def test_what_an_editor_saves_unchanged_is_the_same_flavor(grace: Client) -> None:
    before = catalogue()["v100-32g-x4"]
    page = grace.get(edit_url("v100-32g-x4"))
    form = page.context["form"]
    sent = {name: form[name].value() for name in form.fields} | {"version": page.context["version"]}
    for rows in (page.context["labels"], page.context["tolerations"]):
        for entry in rows.forms:
            sent |= {bound.html_name: bound.value() or "" for bound in entry}

    answer = grace.post(edit_url("v100-32g-x4"), sent)

    assert answer.status_code == 302, answer.content.decode()
    after = catalogue()["v100-32g-x4"]
    assert after == before
    assert (after.title, after.price_micros_per_second, after.driver) == (before.title, 20000, "")


def test_fields_of_another_class_do_not_count(grace: Client) -> None:
    grace.post(edit_url("cpu-2-4Gi"), posted_of("cpu-2-4Gi", class_="cpu", gpus="many", driver="x", gpu_model="?"))

    flavor = catalogue()["cpu-2-4Gi"]
    assert (flavor.class_, flavor.gpu_model, flavor.driver, flavor.title) == (FlavorClass.CPU, "", "", A100["title"])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("key", ""),
        ("key", "-x"),
        ("key", "a b"),
        ("key", "x" * 64),
        ("key", "v100-32g-x1"),
        ("key", "规格"),
        ("title", "x" * 65),
        ("title", "a\u202eb"),
        ("title", "a\0b"),
        ("class_", "tpu"),
        ("class_", ""),
        ("gpus", ""),
        ("gpus", "0"),
        ("gpus", "-1"),
        ("gpus", "1.5"),
        ("gpus", "\uff11"),
        ("gpus", "9" * 5000),
        ("gpus", "65"),
        ("gpu_model", "a/b"),
        ("driver", "new"),
        ("driver", "1.2.3.4.5"),
        ("rdma_devices", "many"),
        ("cpu", ""),
        ("cpu", "0"),
        ("cpu", "4 cores"),
        ("cpu", "1e3"),
        ("cpu", "0.0001"),
        ("cpu", "9999999"),
        ("memory", ""),
        ("memory", "32"),
        ("memory", "32GB"),
        ("memory", "-1Gi"),
        ("memory", "100000000Gi"),
        ("price", "free"),
        ("price", "-1"),
        ("price", "1,5"),
        ("price", "0.0000001"),
        ("price", "NaN"),
        ("price", "\u0661"),
        ("label-0-key", "a b"),
        ("label-0-key", "Ä/x"),
        ("label-0-key", "trainyard.io/gpu-model"),
        ("label-0-key", ""),
        ("label-0-value", "x" * 64),
        ("label-0-value", "-"),
        ("toleration-0-key", "/"),
        ("toleration-0-key", "nvidia.com//gpu"),
        ("toleration-0-operator", "Like"),
        ("toleration-0-value", "x"),
        ("toleration-0-effect", "Never"),
        ("toleration-0-seconds", "5"),
        ("toleration-1-seconds", "soon"),
        ("toleration-1-key", ""),
    ],
)
def test_bad_input_is_said_beside_its_field_and_in_the_summary(grace: Client, field: str, value: str) -> None:
    answer = grace.post("/settings/flavors/create/", A100 | {field: value})

    assert answer.status_code == 422
    name = field.rpartition("-")[2]
    entries = [answer.context["form"], *answer.context["labels"].filled, *answer.context["tolerations"].filled]
    wrong = {entry.add_prefix(found) for entry in entries for found in entry.errors}
    # A value that does not fit an operator is wrong at one of the two.
    assert wrong
    assert wrong <= {field, field.replace(name, "value"), field.replace(name, "key")}
    assert len(answer.context["problems"]) == len(wrong)
    assert not CatalogueFlavor.objects.filter(title=A100["title"]).exists()
    if value and "\0" not in value:
        assert answer.context["form"].data[field] == value


def test_rows_that_are_there_twice_and_too_many_rows(grace: Client) -> None:
    twice = {"label-1-key": A100["label-0-key"], "label-1-value": "x"}
    many = {f"label-{index}-key": f"label-{index}" for index in range(30)}

    assert "there twice" in grace.post("/settings/flavors/create/", A100 | twice).content.decode()
    assert "At most 20 entries" in grace.post("/settings/flavors/create/", A100 | many).content.decode()


def test_without_scripts_a_row_is_added_and_nothing_judged_or_lost(grace: Client) -> None:
    answer = grace.post("/settings/flavors/create/", A100 | {"cpu": "?", "add": "label"})

    assert answer.status_code == 200
    assert answer.context["form"]["cpu"].value() == "?"
    assert [entry["key"].value() for entry in answer.context["labels"].forms] == ["trainyard.io/pool", "", None]
    assert answer.context["tolerations"].forms[1]["value"].value() == "ml"
    assert "field-error" not in answer.content.decode()


def test_two_editors_of_one_flavor_are_told_apart(grace: Client) -> None:
    first, second = posted_of("p4-8g-x1", price="1"), posted_of("p4-8g-x1", price="2")
    grace.post(edit_url("p4-8g-x1"), first)
    answer = grace.post(edit_url("p4-8g-x1"), second)

    assert answer.status_code == 409
    assert answer.context["form"]["price"].value() == "2"
    assert catalogue()["p4-8g-x1"].price_micros_per_second == 1_000_000


def test_a_copy_starts_with_everything_but_the_key(grace: Client) -> None:
    page = grace.get(f"/settings/flavors/create/?from={row('p4-8g-x2').pk}")

    assert page.context["form"]["key"].value() == ""
    assert page.context["form"]["gpu_model"].value() == "p4-8g"
    for odd in ("x", "9" * 9000, "0"):
        assert grace.get(f"/settings/flavors/create/?from={odd}").status_code == 200


def test_a_flavor_is_retired_and_restored(grace: Client) -> None:
    change = reverse("flavor-change", args=[row("p4-8g-x1").pk])
    grace.post(change, {"verb": "retire"})
    assert "p4-8g-x1" not in offered()
    assert catalogue()["p4-8g-x1"].retired

    grace.post(change, {"verb": "restore"})
    assert "p4-8g-x1" in offered()
    assert grace.post(change, {"verb": "explode"}).status_code == 400


def test_the_order_is_the_catalogues(grace: Client) -> None:
    keys = list(catalogue())
    grace.post(reverse("flavor-change", args=[row(keys[2]).pk]), {"verb": "up"})
    grace.post(reverse("flavor-change", args=[row(keys[0]).pk]), {"verb": "up"})

    assert list(catalogue())[:3] == [keys[0], keys[2], keys[1]]


def test_an_unused_flavor_can_be_deleted(grace: Client) -> None:
    url = reverse("flavor-delete", args=[row("p4-8g-x4").pk])
    assert grace.get(url).status_code == 200
    assert "p4-8g-x4" in catalogue()

    assert grace.post(url).status_code == 302
    assert "p4-8g-x4" not in catalogue()
    assert grace.post(url).status_code == 404


def test_a_flavor_of_a_draft_cannot_be_deleted(grace: Client) -> None:
    draft(person("bob"))
    url = reverse("flavor-delete", args=[row("cpu-100m-128Mi").pk])

    assert "1 draft or template has it" in grace.get(url).content.decode()
    assert grace.post(url).status_code == 409
    assert "cpu-100m-128Mi" in catalogue()


def test_the_table_of_drivers_is_extended(grace: Client) -> None:
    page = grace.get("/settings/drivers/")
    sent = {"seen": page.context["seen"]}
    for entry in page.context["rows"].forms:
        sent |= {bound.html_name: bound.value() or "" for bound in entry}
    sent |= {"driver-2-version": "535.129.03", "driver-2-cuda": "12.2"}

    assert grace.post("/settings/drivers/", sent).status_code == 302
    assert drivers() == (Driver("410.104", "10.0.130"), Driver("418.126", "10.1.105"), Driver("535.129.03", "12.2"))
    # The page of before is out of date now.
    assert grace.post("/settings/drivers/", sent).status_code == 409


@pytest.mark.parametrize("seen", ["", "x", "[[1]]", "[" * 5000, "null", '[["410.104"]]', "{}"])
def test_a_table_that_nobody_saw_is_not_overwritten(grace: Client, seen: str) -> None:
    sent = {"seen": seen, "driver-0-version": "1", "driver-0-cuda": "1"}
    status = grace.post("/settings/drivers/", sent).status_code

    # Without the field the page's own reading counts.
    assert status == (302 if not seen else 409)
    assert CatalogueDriver.objects.count() == (1 if not seen else 2)


def test_bad_drivers_are_said_beside_their_fields(grace: Client) -> None:
    seen = grace.get("/settings/drivers/").context["seen"]
    sent = {
        "seen": seen,
        "driver-0-version": "new",
        "driver-0-cuda": "10",
        "driver-3-version": "1",
        "driver-3-cuda": "",
    }
    answer = grace.post("/settings/drivers/", sent)

    assert answer.status_code == 422
    assert [sorted(entry.errors) for entry in answer.context["rows"].filled] == [["version"], ["cuda"]]
    assert [problem.anchor for problem in answer.context["problems"]] == ["id_driver-0-version", "id_driver-3-cuda"]
