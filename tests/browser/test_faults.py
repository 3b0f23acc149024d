"""Parts of the console and its cluster die under an open page: what people see, and that each task is made once."""

import os
import secrets
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser import processes
from tests.browser.cluster_api import JOBS, ClusterApi
from tests.browser.conftest import cookies_of
from tests.browser.console_process import Console, running_console
from tests.browser.wizard import SINGLE, fill_draft

pytestmark = pytest.mark.skipif(
    "TRAINYARD_CONTRACT_KUBECONFIG" in os.environ, reason="stops and kills the local cluster, which a real one is not"
)

# Five seconds until a page says that it is old, and a request of five until it asks.
AGE_SAID = 25_000
BACK = 60_000
FAULTS = "/api/v1/namespaces/kube-system/configmaps"
QUICK = "echo done"


@pytest.fixture(scope="module")
def console() -> Iterator[Console]:
    """A console whose processes may be killed: nobody else's."""
    with running_console() as running:
        yield running


@pytest.fixture(scope="module")
def signed_in(console: Console, browser: Browser) -> dict[str, Any]:
    return cookies_of(browser, console, "alice")


@pytest.fixture
def api(console: Console) -> Iterator[ClusterApi]:
    with ClusterApi(console) as api:
        yield api


@pytest.fixture
def name() -> str:
    return f"fault-{secrets.token_hex(4)}"


def task_list_beside(page: Page) -> Page:
    """A second window of the same browser, on the task list, that stays open."""
    listing = page.context.new_page()
    listing.goto("/n/vision/tasks/")
    expect(row_of(listing, "first-training")).to_be_visible()
    return listing


def row_of(page: Page, name: str) -> Locator:
    return page.locator("#task-rows tr", has=page.get_by_role("link", name=name, exact=True))


def submit(page: Page) -> None:
    page.get_by_role("button", name="Submit").click()


def expect_made_once(page: Page, api: ClusterApi, name: str) -> None:
    """The page says so, and the task it leads to is the only one."""
    link = page.get_by_role("link", name="Open the task")
    expect(link).to_be_visible(timeout=BACK)
    made = api.jobs(name)
    assert [job["metadata"]["name"] for job in made] == [name]
    assert made[0]["metadata"]["uid"] in str(link.get_attribute("href"))


def test_while_the_cluster_is_away_pages_tell_their_age_and_a_submit_waits(
    console: Console, alice: Page, api: ClusterApi, name: str
) -> None:
    fill_draft(alice, SINGLE, name, script=QUICK)
    listing = task_list_beside(alice)

    with processes.gone(console, "localcluster"):
        submit(alice)
        expect(alice.locator("#outcome")).to_contain_text(f"Task {name} waits for the cluster", timeout=BACK)
        expect(listing.locator("#staleness")).to_contain_text("ago: the console does not hear", timeout=AGE_SAID)
        listing.reload()
        expect(row_of(listing, "first-training")).to_be_visible()
        expect(listing.locator("#staleness")).to_contain_text("As of ")
        expect(listing.locator("#operations")).to_contain_text(name)

    expect_made_once(alice, api, name)
    expect(row_of(listing, name)).to_be_visible(timeout=BACK)
    expect(listing.locator("#staleness .notice")).to_have_count(0, timeout=BACK)


def test_a_worker_that_dies_before_it_has_the_answer_makes_one_task(
    console: Console, alice: Page, api: ClusterApi, name: str
) -> None:
    fill_draft(alice, SINGLE, name, script=QUICK)

    with processes.hung(console, "localcluster"):
        submit(alice)
        expect(alice.locator("#outcome")).to_contain_text("is being created")
        time.sleep(1)  # the worker has sent its request by now, and waits; if it has not, the next one does it all
        processes.kill(console, "worker")

    # The next worker takes the operation when the lease of the dead one ends, after 30 s.
    expect_made_once(alice, api, name)


def test_a_double_click_a_reload_and_the_way_back_make_one_task(
    console: Console, alice: Page, api: ClusterApi, name: str
) -> None:
    fill_draft(alice, SINGLE, name, script=QUICK)
    before = len(api.jobs(""))

    alice.get_by_role("button", name="Submit").dblclick()
    expect(alice.get_by_role("link", name="Open the task")).to_be_visible(timeout=BACK)
    alice.reload()
    alice.go_back()
    again = alice.get_by_role("button", name="Submit")
    if again.count():  # the browser's own copy of the page, or the server's: the key in it was used
        again.click(force=True)

    alice.wait_for_url("**/done/")
    expect_made_once(alice, api, name)
    assert len(api.jobs("")) == before + 1
    alice.goto("/n/vision/tasks/")
    expect(alice.locator("#operations")).not_to_contain_text("failed")


def test_without_the_watcher_pages_tell_their_age_and_then_catch_up(
    console: Console, alice: Page, api: ClusterApi, name: str
) -> None:
    alice.goto("/n/vision/tasks/")

    with processes.gone(console, "watcher"):
        api.create_job(name)
        expect(alice.locator("#staleness")).to_contain_text("The watcher is not running.", timeout=AGE_SAID)
        expect(row_of(alice, name)).to_have_count(0)

    expect(row_of(alice, name)).to_be_visible(timeout=BACK)
    expect(alice.locator("#staleness .notice")).to_have_count(0, timeout=BACK)


def test_nobody_notices_that_valkey_was_killed(console: Console, alice: Page, api: ClusterApi, name: str) -> None:
    fill_draft(alice, SINGLE, name, script=QUICK)
    listing = task_list_beside(alice)

    processes.kill(console, "valkey")
    submit(alice)

    expect_made_once(alice, api, name)
    expect(row_of(listing, name)).to_be_visible()
    expect(listing.locator("#staleness .notice")).to_have_count(0)


def test_a_live_page_goes_on_when_the_web_process_was_killed(
    console: Console, alice: Page, api: ClusterApi, name: str
) -> None:
    alice.goto("/n/vision/tasks/")
    expect(row_of(alice, "first-training")).to_be_visible()
    alice.evaluate("window.untouched = true")

    processes.kill(console, "web")
    api.create_job(name)

    expect(row_of(alice, name)).to_be_visible(timeout=BACK)
    assert alice.evaluate("window.untouched")  # the page was never loaded anew


def test_a_page_whose_script_was_lost_on_the_way_says_so_and_loads_again(alice: Page) -> None:
    alice.route("**/terminal_frames*.js", lambda route: route.abort(), times=1)  # imported by the page's own script
    alice.goto("/n/vision/tasks/")
    expect(alice.get_by_text("did not load")).to_be_hidden()
    row_of(alice, "first-training").get_by_role("link", name="first-training").click()
    alice.get_by_role("link", name="Worker").first.click()

    alice.get_by_role("link", name="Log of").first.click()
    expect(alice.get_by_text("Part of this page did not load.")).to_be_visible()
    alice.get_by_role("link", name="Load it again").click()

    expect(alice.locator("#log")).to_contain_text("step 1 loss")
    expect(alice.get_by_text("did not load")).to_be_hidden()


def test_an_operator_that_does_not_answer_is_told_and_catches_up(
    console: Console, alice: Page, api: ClusterApi, name: str
) -> None:
    api.create(FAULTS, {"metadata": {"name": "trainyard-faults"}, "data": {"operator": "paused"}})
    try:
        api.create_job(name, plural="mpijobs", kind="MPIJob", role="Launcher")
        alice.goto("/n/vision/tasks/")
        row_of(alice, name).get_by_role("link", name=name, exact=True).click()
        state = alice.locator(".page-title-row .status")
        # 30 s is how long an operator may take to write its first condition.
        expect(state).to_contain_text("operator silent", timeout=BACK)
        expect(alice.locator("#task-region .notice")).to_contain_text("operator")
    finally:
        api.delete(f"{FAULTS}/trainyard-faults")

    expect(state).not_to_contain_text("operator silent", timeout=BACK)
    api.delete(f"{JOBS}/mpijobs/{name}")


def test_a_killed_supervisor_leaves_nothing_and_the_next_start_tells_of_lost_pods(
    browser: Browser, tmp_path: Path
) -> None:
    state = tmp_path / "state"
    with running_console(state=state) as first:
        with ClusterApi(first) as api:
            _await_running_pod(api, "first-training-worker-0")
        networks = processes.networks_of(processes.processes_with(state)) - processes.networks_of([os.getpid()])
        port = int(first.url.rsplit(":", 1)[1])
        os.kill(first.pid, signal.SIGKILL)
        left = _wait_until_nothing_is_left(state)

    assert left == []
    assert processes.mounts_with(state) == []
    assert networks
    assert not networks & processes.networks_of(map(int, filter(str.isdigit, os.listdir("/proc"))))
    assert [port + offset for offset in range(3) if not processes.is_free(port + offset)] == []
    with running_console(state=state) as second:
        page = browser.new_context(base_url=second.url, storage_state=cookies_of(browser, second, "alice")).new_page()
        page.goto("/n/vision/tasks/")
        page.get_by_role("link", name="first-training", exact=True).click()
        expect(page.locator("#events")).to_contain_text("exited with code 137", timeout=BACK)
        expect(page.locator(".page-title-row .status")).to_contain_text("running", timeout=BACK)
        page.context.close()


def _await_running_pod(api: ClusterApi, name: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        pods = {pod["metadata"]["name"]: pod for pod in api.get("/api/v1/namespaces/vision/pods")["items"]}
        if name in pods and pods[name]["status"]["phase"] == "Running":
            return
        time.sleep(0.2)
    raise AssertionError(f"{name} does not run")


def _wait_until_nothing_is_left(state: Path) -> list[int]:
    """The processes that are still there after ten seconds."""
    deadline = time.monotonic() + 10
    while (left := processes.processes_with(state)) and time.monotonic() < deadline:
        time.sleep(0.1)
    return left
