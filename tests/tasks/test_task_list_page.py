from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from tests.tasks import rows
from tests.tasks.rights_server import RightsServer

pytestmark = pytest.mark.django_db(databases=["default", "index"])
LIST = "/n/vision/tasks/"
HTMX = {"HX-Request": "true"}


def test_the_list_shows_each_task_with_its_state_type_roles_and_owner(alice: Client) -> None:
    task = rows.task("mnist", roles=[rows.role("Master", 1, 1), rows.role("Worker", 4, 3)])

    page = alice.get(LIST).content.decode()

    assert f'id="task-{task.uid}"' in page
    assert all(text in page for text in ("mnist", "running", "PyTorch", "Worker", "×4", "4/5", "alice"))


def test_a_stranger_gets_the_404_of_a_namespace_that_is_not_there(mallory: Client) -> None:
    rows.task("mnist")

    strange, missing = mallory.get(LIST), mallory.get("/n/nowhere/tasks/")

    assert strange.status_code == missing.status_code == 404
    assert strange.content.replace(b"vision", b"nowhere") == missing.content or b"mnist" not in strange.content


def test_who_is_not_signed_in_signs_in_and_comes_back(client: Client, vision: str) -> None:
    response = client.get(f"{LIST}?state=failed")

    assert response["Location"] == "/sign-in/?next=/n/vision/tasks/%3Fstate%3Dfailed"


def test_the_list_is_not_posted_to(alice: Client) -> None:
    assert alice.post(LIST).status_code == 405


def test_htmx_gets_the_list_without_the_page_around_it(alice: Client) -> None:
    rows.task("mnist")

    response = alice.get(LIST, headers=HTMX)

    assert response.content.strip().startswith(b'<section id="task-list"')
    assert "HX-Request" in response["Vary"]


def test_filters_and_search_stand_in_the_url(alice: Client) -> None:
    rows.task("mnist-a")
    rows.task("mnist-b", phase="failed")
    rows.task("bert", phase="failed")
    rows.task("reduce", framework="mpi", phase="failed")

    page = alice.get(f"{LIST}?type=pytorch&state=failed&q=mnist").content.decode()

    assert "mnist-b" in page
    assert not any(name in page for name in (">mnist-a<", ">bert<", ">reduce<"))


def test_filters_count_what_each_choice_would_show(alice: Client) -> None:
    rows.task("a")
    rows.task("b", phase="failed")
    rows.task("c", framework="mpi", phase="failed")

    page = alice.get(f"{LIST}?state=failed").content.decode()

    assert all(choice in page for choice in ("PyTorch (1)", "MPI (1)", "TensorFlow (0)", "All types (2)"))
    assert all(choice in page for choice in ("All states (3)", "failed (2)", "running (1)"))


def test_nonsense_in_the_url_shows_everything(alice: Client) -> None:
    rows.task("mnist")

    response = alice.get(f"{LIST}?type=caffe&state=tired&sort=mood&before=%00&q=")

    assert response.status_code == 200
    assert b"mnist" in response.content


def test_pages_of_fifty_lead_on_by_a_cursor(alice: Client) -> None:
    for number in range(51):
        rows.task(f"task-{number:02}", created_at=timezone.now() - timedelta(minutes=number))

    first = alice.get(f"{LIST}?sort=-created_at")
    cursor = first.context["page"].next_cursor
    second = alice.get(f"{LIST}?sort=-created_at&before={cursor}").content.decode()

    assert first.content.count(b'id="task-') - first.content.count(b'id="task-list"') >= 50
    assert "task-50" in second
    assert "task-49" not in second


def test_a_viewer_sees_no_button_that_changes_anything(carol: Client) -> None:
    rows.task("mnist")

    page = carol.get(LIST).content.decode()

    assert "mnist" in page
    assert not any(sign in page for sign in ("verb=delete", 'name="uid"', "/wizard/start/"))
    assert "You look on here" in page


def test_an_empty_namespace_says_what_a_task_is(alice: Client) -> None:
    page = alice.get(LIST).content.decode()

    assert "No task yet" in page
    assert "/wizard/start/?namespace=vision" in page


def test_a_filter_that_fits_nothing_offers_the_way_out(alice: Client) -> None:
    rows.task("mnist")

    assert b"No task matches" in alice.get(f"{LIST}?q=zzz").content


def test_the_age_of_the_data_is_said_once_it_lags_behind(alice: Client) -> None:
    fresh = alice.get(LIST).content.decode()
    rows.watcher_is_up_to_date(timezone.now() - timedelta(seconds=90))
    stale = alice.get("/n/vision/staleness/").content.decode()

    assert "does not hear from the cluster" not in fresh
    assert "1 min 30 s ago" in stale


def test_a_name_cannot_become_markup(alice: Client) -> None:
    rows.task("x", owner="<script>alert(1)</script>")

    assert b"<script>alert(1)" not in alice.get(LIST).content


def test_the_page_costs_the_same_for_one_task_and_for_fifty(
    alice: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    alice.get(LIST)  # the namespace is remembered in the session, once
    for number in range(50):
        rows.task(f"task-{number}")

    with django_assert_num_queries(4):
        alice.get(LIST)
    with django_assert_num_queries(7, using="index"):
        alice.get(LIST)


def test_home_leads_to_the_namespace_one_was_in_last(alice: Client) -> None:
    rows.namespace("aaa")
    alice.get(LIST)

    assert alice.get("/")["Location"] == LIST


def test_who_has_no_namespace_is_told_whom_to_ask(mallory: Client) -> None:
    page = mallory.get("/").content.decode()

    assert "You have no namespace yet" in page
    assert "<code>mallory</code>" in page


def test_a_cluster_that_is_away_is_a_page_that_says_so(alice: Client, rights: RightsServer) -> None:
    rights.away = True

    response = alice.get(LIST)

    assert response.status_code == 503
    assert b"The cluster does not answer" in response.content
