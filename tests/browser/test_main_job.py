"""The main job: create, watch, read a log, run a command in a pod's shell, see it end, delete. Each type and mode."""

import secrets

import pytest
from playwright.sync_api import Page, expect

from tests.browser.wizard import WALKS, Walk, create_task

# Images are there, but a PyTorch worker waits for its master and an MPI launcher for kubectl.
STARTED = 60_000
ENDED = 30_000
DELETED = 45_000  # the grace of pods that do not listen to SIGTERM is 30 s


@pytest.mark.parametrize("walk", WALKS, ids=lambda walk: f"{walk.key}-{walk.mode}")
def test_a_task_is_created_watched_entered_and_deleted(alice: Page, walk: Walk) -> None:
    name = f"walk-{secrets.token_hex(4)}"

    create_task(alice, walk, name)

    state = alice.locator("h1 + .badge, .page-title-row .badge, .page-title-row .status").first
    expect(state).to_contain_text("running", timeout=STARTED)
    task_page = alice.url
    alice.get_by_role("link", name=walk.decides).first.click()
    _read_log(alice, walk, "ready")
    _let_go_in_a_shell(alice, walk)
    alice.goto(task_page)
    expect(state).to_contain_text("succeeded", timeout=ENDED)
    alice.get_by_role("link", name=walk.decides).first.click()
    _read_log(alice, walk, "finished")
    alice.goto(task_page)
    _delete(alice, name)


def _read_log(page: Page, walk: Walk, words: str) -> None:
    page.get_by_role("link", name="Log of").first.click()
    expect(page.locator("#log")).to_contain_text(words)
    page.go_back()


def _let_go_in_a_shell(page: Page, walk: Walk) -> None:
    with page.expect_popup() as opening:
        page.get_by_role("link", name="Terminal in").first.click()
    terminal = opening.value
    screen = terminal.locator(".xterm-rows")
    expect(terminal.locator("#terminal")).to_have_attribute("data-state", "open")
    terminal.locator(".xterm-helper-textarea").focus()
    terminal.keyboard.type("echo the answer is $((40 + 2))\n")
    expect(screen).to_contain_text("the answer is 42")
    terminal.keyboard.type("touch /tmp/go\n")
    # The container ends, and the shell with it: the page says so.
    expect(terminal.locator("#terminal")).to_have_attribute("data-state", "ended")
    terminal.close()


def _delete(page: Page, name: str) -> None:
    page.get_by_role("button", name="Delete").first.click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    page.wait_for_url("**/n/vision/tasks/")
    expect(page.get_by_role("link", name=name, exact=True)).to_have_count(0, timeout=DELETED)
