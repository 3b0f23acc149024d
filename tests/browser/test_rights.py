"""Who sees what on a console that runs: strangers, lookers-on, people signed out, and pages of other origins."""

import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from bench.person import hidden_fields, signed_in
from tests.browser.cluster_api import ClusterApi
from tests.browser.conftest import cookies_of, page_of
from tests.browser.console_process import Console

SUBPROTOCOLS = {"terminal": "console.terminal.v1", "log": "console.log.v1"}
FOREIGN = ["https://evil.example", "http://127.0.0.1:1", "null", None]


@dataclass(frozen=True, slots=True)
class SeededTask:
    """The task of the first start that runs, and one of its pods."""

    uid: str
    pod_uid: str

    @property
    def page(self) -> str:
        return f"/n/vision/tasks/{self.uid}/"

    @property
    def pod(self) -> str:
        return f"{self.page}pods/{self.pod_uid}/"


@pytest.fixture(scope="module")
def seeded(console: Console) -> SeededTask:
    if console.real_cluster:
        pytest.skip("a real cluster has no seeded task")
    with ClusterApi(console) as api:
        pod = api.get("/api/v1/namespaces/vision/pods/first-training-worker-0")["metadata"]
        return SeededTask(pod["ownerReferences"][0]["uid"], pod["uid"])


def people(console: Console, name: str) -> Iterator[httpx.Client]:
    with closing(signed_in(console, name)) as http:
        yield http


@pytest.fixture(scope="module")
def bob(console: Console) -> Iterator[httpx.Client]:
    yield from people(console, "bob")


@pytest.fixture(scope="module")
def carol(console: Console) -> Iterator[httpx.Client]:
    yield from people(console, "carol")


@pytest.fixture
def carols_page(console: Console, browser: Browser) -> Iterator[Page]:
    yield from page_of(browser, console, cookies_of(browser, console, "carol"))


def test_somebody_without_a_namespace_is_told_what_to_ask_for(console: Console, browser: Browser) -> None:
    for page in page_of(browser, console, cookies_of(browser, console, "mallory")):
        page.goto("/")

        expect(page.get_by_role("heading", name="You have no namespace yet")).to_be_visible()
        expect(page.locator("main")).to_contain_text("mallory")
        expect(page.get_by_role("link", name="Create task")).to_have_count(0)


def test_a_strangers_pages_and_streams_do_not_exist(bob: httpx.Client, seeded: SeededTask) -> None:
    paths = ["/n/vision/tasks/", seeded.page, f"{seeded.page}manifest.yaml", f"{seeded.page}roles/Worker/"]
    paths += [f"{seeded.pod}log/", f"{seeded.pod}log/download/", f"{seeded.pod}terminal/"]
    paths += [f"/live{seeded.page}?since=0", "/live/n/vision/tasks/?since=0&shown="]

    assert {path: bob.get(path).status_code for path in paths} == dict.fromkeys(paths, 404)
    missing, hidden = (_main(bob.get(f"/n/{name}/tasks/").text) for name in ("no-such-namespace", "vision"))
    assert missing.replace("no-such-namespace", "vision") == hidden  # nothing tells the one from the other
    assert bob.get("/n/nlp/tasks/").status_code == 200


def _main(page: str) -> str:
    found = re.search("<main.*</main>", page, re.DOTALL)
    assert found
    return found[0]


def test_a_viewer_sees_no_buttons_that_change_something(carols_page: Page, seeded: SeededTask) -> None:
    carols_page.goto("/n/vision/tasks/")
    expect(carols_page.locator("#task-rows")).to_contain_text("first-training")
    expect(carols_page.locator("main")).to_contain_text("You look on here")
    changing = carols_page.get_by_role("button", name="Delete").or_(carols_page.get_by_role("link", name="Create task"))
    expect(changing).to_have_count(0)

    carols_page.goto(seeded.page)
    expect(carols_page.get_by_role("button", name="Suspend").or_(changing)).to_have_count(0)

    carols_page.goto(f"{seeded.page}roles/Worker/")
    expect(carols_page.get_by_role("link", name="Log of").first).to_be_visible()
    expect(carols_page.get_by_role("button", name="Delete the pod")).to_have_count(0)
    expect(carols_page.get_by_role("link", name="Terminal in")).to_have_count(0)


def test_a_viewer_who_posts_all_the_same_is_refused_with_the_reason(carol: httpx.Client, seeded: SeededTask) -> None:
    form = hidden_fields(carol.get("/n/vision/tasks/").text)
    wish = {"csrfmiddlewaretoken": form["csrfmiddlewaretoken"], "key": "7d9a8f7e-6f0b-4d65-9d9b-6c1c2f0d6a11"}

    answers = [
        carol.post("/n/vision/tasks/change/", data={**wish, "verb": "delete", "uid": seeded.uid}),
        carol.post("/n/vision/tasks/change/", data={**wish, "verb": "suspend", "uid": seeded.uid}),
        carol.post(f"{seeded.pod}delete/", data=wish),
    ]
    ticket = carol.post(f"{seeded.pod}terminal/ticket/", data={**wish, "container": "tensorflow"})

    assert [answer.status_code for answer in answers] == [403, 403, 403]
    assert "you do not have the right in vision" in answers[0].text
    assert (ticket.status_code, ticket.json()["reason"]) == (403, "forbidden")


def test_who_is_signed_out_is_led_to_sign_in_and_back(console: Console, browser: Browser, seeded: SeededTask) -> None:
    for page in page_of(browser, console, {"cookies": [], "origins": []}):
        page.goto(f"{seeded.page}?q=worker")
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        page.get_by_label("User name").fill("alice")
        page.get_by_label("Password").fill(console.password)
        page.get_by_role("button", name="Sign in").click()

        expect(page).to_have_url(f"{console.url}{seeded.page}?q=worker")


def handshake(console: Console, kind: str, pod_uid: str, *, cookies: str, origin: str | None) -> int:
    """The status of the handshake: 101 when the socket opens."""
    web, port = console.url.rsplit(":", 1)
    url = f"{web.replace('http', 'ws')}:{int(port) + 1}/ws/{kind}/{pod_uid}/?container=tensorflow"
    wanted = {"subprotocols": [SUBPROTOCOLS[kind]], "additional_headers": {"Cookie": cookies}}
    try:
        with connect(url, origin=origin, proxy=None, **wanted):
            return 101
    except InvalidStatus as refused:
        return refused.response.status_code


def cookies_in(http: httpx.Client) -> str:
    return "; ".join(f"{name}={value}" for name, value in http.cookies.items())


@pytest.mark.parametrize("kind", SUBPROTOCOLS)
def test_sockets_open_for_the_right_person_from_our_pages_alone(
    console: Console, bob: httpx.Client, carol: httpx.Client, seeded: SeededTask, kind: str
) -> None:
    with closing(signed_in(console, "alice")) as alice:
        ours, hers = console.url, cookies_in(alice)

        assert handshake(console, kind, seeded.pod_uid, cookies=hers, origin=ours) == 101
        for origin in FOREIGN:
            assert handshake(console, kind, seeded.pod_uid, cookies=hers, origin=origin) == 403, origin
        assert handshake(console, kind, seeded.pod_uid, cookies=cookies_in(bob), origin=ours) == 403
        assert handshake(console, kind, seeded.pod_uid, cookies="", origin=ours) == 403
        # A viewer may read logs, and open no shell.
        expected = {"log": 101, "terminal": 403}[kind]
        assert handshake(console, kind, seeded.pod_uid, cookies=cookies_in(carol), origin=ours) == expected

        form: dict[str, Any] = hidden_fields(alice.get("/n/vision/tasks/").text)
        alice.post("/sign-out/", data={"csrfmiddlewaretoken": form["csrfmiddlewaretoken"]})
        assert handshake(console, kind, seeded.pod_uid, cookies=hers, origin=ours) == 403
