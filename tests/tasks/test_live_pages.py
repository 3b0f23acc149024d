"""htmx 4's morphing and streams, proved in a browser: what nobody asked to change stays as it is."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from console.index.models import Pod, Task
from tests.tasks import rows
from tests.tasks.people import person
from tests.tasks.rights_server import RightsServer
from tests.tasks.served_pages import address, browser_context, complaints_of, sign_in, violations

__all__ = ["address", "browser_context"]
pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True, databases=["default", "index"]),
]
LIST = "/n/vision/tasks/"


@pytest.fixture
def page(browser_context: BrowserContext, address: str, vision: str, rights: RightsServer) -> Iterator[Page]:
    """A page of alice's that has not complained at the end of the test."""
    sign_in(browser_context, person("alice", "team-vision"), address)
    page = browser_context.new_page()
    complaints = complaints_of(page)
    yield page
    page.close()
    browser_context.clear_cookies()
    assert complaints == []


def follow(page: Page, url: str) -> None:
    """Open a page and wait until its stream is there: only then does a change reach it."""
    with page.expect_response(lambda response: "/live/" in response.url):
        page.goto(url)


def test_a_row_changes_in_place(page: Page, address: str) -> None:
    task = rows.task("mnist", phase="running")
    follow(page, f"{address}{LIST}")
    box = page.get_by_label("Select mnist")
    box.check()

    Task.objects.filter(pk=task.pk).update(phase="failed")
    rows.change(task)

    expect(page.locator(f"#task-{task.uid} .status")).to_have_text("failed")
    expect(box).to_be_checked()
    expect(box).to_be_focused()
    expect(page.locator(f"#task-{task.uid} .row-delete")).to_be_visible()


def test_a_new_task_comes_by_itself_and_is_followed_too(page: Page, address: str) -> None:
    rows.task("mnist")
    follow(page, f"{address}{LIST}")
    page.get_by_label("Select mnist").check()
    page.get_by_label("Search by name").focus()

    new = rows.task("mnist-again", phase="submitted")
    with page.expect_response(lambda response: "/live/" in response.url and new.uid in response.url):
        rows.change(new, kind="appeared")
    Task.objects.filter(pk=new.pk).update(phase="running")
    rows.change(new)

    expect(page.locator(f"#task-{new.uid} .status")).to_have_text("running")
    expect(page.get_by_label("Select mnist", exact=True)).to_be_checked()
    expect(page.get_by_label("Search by name")).to_be_focused()


def test_one_list_has_one_stream_however_often_it_is_drawn(page: Page, address: str) -> None:
    streams: list[str] = []
    ended: list[str] = []
    rows.task("bert")
    rows.task("mnist")  # the newest is first: each order below puts other rows on the page
    page.on("request", lambda request: "/live/" in request.url and streams.append(request.url))
    page.on("requestfailed", lambda request: "/live/" in request.url and ended.append(request.url))
    follow(page, f"{address}{LIST}")

    for order in ("ascending", "descending"):
        with page.expect_response(lambda response: "/live/" in response.url):
            page.get_by_role("link", name="Name").click()
        expect(page.locator(f'th[aria-sort="{order}"]')).to_have_text("Name")
    page.wait_for_timeout(1500)  # a stream that was only cut would be back by now

    assert len(streams) == 3
    assert len(ended) == 2
    assert page.url.endswith("?sort=-name")


def test_a_question_names_the_tasks_and_the_keyboard_answers_it(page: Page, address: str) -> None:
    rows.task("mnist")
    follow(page, f"{address}{LIST}")
    page.get_by_label("Select mnist").check()
    delete = page.locator("button[value=delete]")

    delete.press("Enter")
    dialog = page.get_by_role("dialog", name="Delete this task?")
    expect(dialog).to_contain_text("mnist")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(delete).to_be_focused()
    delete.press("Enter")
    dialog.get_by_role("button", name="Delete").press("Enter")

    expect(page.locator("#operations")).to_contain_text("mnist")
    expect(dialog).to_have_count(0)


def test_an_opened_pod_stays_open_while_its_page_changes(page: Page, address: str) -> None:
    task = rows.task("mnist")
    pod = rows.pod(task)
    follow(page, f"{address}{LIST}{task.uid}/roles/Worker/")
    opener = page.get_by_role("button", name=f"Containers and events of {pod.name}")
    opener.click()

    Pod.objects.filter(pk=pod.pk).update(restarts=41)
    rows.change(task, kind="pod")

    expect(page.get_by_role("cell", name="41", exact=True)).to_be_visible()
    expect(opener).to_have_attribute("aria-expanded", "true")
    expect(page.locator(f"#pod-more-{pod.uid}")).to_be_visible()


def test_a_task_that_goes_says_so_on_its_open_page(page: Page, address: str) -> None:
    task = rows.task("mnist")
    follow(page, f"{address}{LIST}{task.uid}/")

    Task.objects.filter(pk=task.pk).delete()
    rows.change(task, kind="vanished")

    expect(page.get_by_role("heading", name="The task is gone")).to_be_visible()


def test_an_ended_session_leads_to_the_sign_in_page_and_back(page: Page, address: str) -> None:
    rows.task("mnist")
    follow(page, f"{address}{LIST}?state=running")

    page.context.clear_cookies()

    page.wait_for_url("**/sign-in/?next=%2Fn%2Fvision%2Ftasks%2F%3Fstate%3Drunning")


@pytest.mark.parametrize(
    ("theme", "language", "width"),
    [("light", "en", 1280), ("dark", "zh-hans", 1280), ("dark", "en", 390), ("light", "zh-hans", 390)],
)
def test_pages_are_accessible_and_fit(page: Page, address: str, theme: str, language: str, width: int) -> None:
    cause = {"code": "exit-code", "pod": "mnist-worker-0", "role": "Worker", "container": "pytorch", "exit_code": 1}
    task = rows.task("mnist", phase="failed", cause=cause)
    pod = rows.pod(task, phase="failed", reason="Error")
    rows.event(task, "BackOff", "Back-off restarting failed container", about=pod, type="Warning")
    page.set_viewport_size({"width": width, "height": 800})
    choices = (("theme", theme), ("language", language))
    page.context.add_cookies([{"name": name, "value": value, "url": address} for name, value in choices])

    found = {}
    for path in (
        LIST,
        f"{LIST}?q=zzz",
        f"{LIST}{task.uid}/",
        f"{LIST}{task.uid}/roles/Worker/",
        f"{LIST}{task.uid}/manifest.yaml",
    ):
        page.goto(f"{address}{path}")
        found[path] = violations(page)
        if page.evaluate("document.documentElement.scrollWidth") > width:
            found[path].append("wider than the window")

    assert found == dict.fromkeys(found, [])
