"""Lists in pages: what `limit` and `continue` promise."""

import httpx
import pytest

from console.cluster import CONFIG_MAP, connect
from tests.verification.places import ALICE, config_map, created

pytestmark = pytest.mark.contract
COUNT = 7


@pytest.fixture(scope="module")
def path(admin: httpx.Client, place: str) -> str:
    """A collection that holds seven objects labelled paged=yes, and others."""
    path = f"/api/v1/namespaces/{place}/configmaps"
    for number in range(COUNT):
        created(admin.post(path, json=config_map(f"page-{number}", paged="yes")))
    return path


def _page(admin: httpx.Client, path: str, **query: str) -> httpx.Response:
    return admin.get(path, params={"labelSelector": "paged=yes", **query})


def test_pages_hold_everything_once_and_in_order(admin: httpx.Client, path: str) -> None:
    names: list[str] = []
    token, versions = "", set()
    while True:
        page = _page(admin, path, limit="3", **({"continue": token} if token else {})).json()
        names += [item["metadata"]["name"] for item in page["items"]]
        versions.add(page["metadata"]["resourceVersion"])
        token = page["metadata"].get("continue", "")
        if not token:
            break

    assert names == [f"page-{number}" for number in range(COUNT)]
    assert len(versions) == 1  # one moment, however long the reading takes


def test_a_page_shows_the_moment_of_the_first(admin: httpx.Client, path: str) -> None:
    first = _page(admin, path, limit="3").json()
    created(admin.post(path, json=config_map("page-6-later", paged="yes")))
    rest = _page(admin, path, limit="500", **{"continue": first["metadata"]["continue"]}).json()
    admin.delete(f"{path}/page-6-later")

    assert "page-6-later" not in [item["metadata"]["name"] for item in rest["items"]]


def test_a_limit_that_holds_all_leaves_nothing_to_continue(admin: httpx.Client, path: str) -> None:
    page = _page(admin, path, limit="500").json()

    assert len(page["items"]) == COUNT
    assert not page["metadata"].get("continue")
    assert page["kind"] == "ConfigMapList"
    assert page["metadata"]["resourceVersion"].isdecimal()


def test_a_token_that_is_none(admin: httpx.Client, path: str) -> None:
    answer = _page(admin, path, limit="3", **{"continue": "abc"})

    assert answer.status_code == 400
    assert answer.json()["reason"] == "BadRequest"


def test_a_version_beside_a_token_is_refused(admin: httpx.Client, path: str) -> None:
    token = _page(admin, path, limit="3").json()["metadata"]["continue"]
    answer = _page(admin, path, limit="3", resourceVersion="5", **{"continue": token})

    assert answer.status_code in (400, 422)


def test_a_version_that_is_no_number(admin: httpx.Client, path: str) -> None:
    assert _page(admin, path, resourceVersion="abc").status_code == 400


def test_a_list_from_the_future_is_not_answered_with_the_past(admin: httpx.Client, path: str) -> None:
    answer = _page(admin, path, resourceVersion="99999999999")

    assert answer.status_code == 504
    assert "Too large resource version" in answer.json()["message"]


@pytest.mark.usefixtures("path")
def test_the_console_reads_all_of_it(place: str) -> None:
    found = connect(acting_as=ALICE).list(CONFIG_MAP, place, label_selector="paged=yes")

    assert len(found) == COUNT
