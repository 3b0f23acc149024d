"""The wizard and the terminal with axe, in both themes, and with the keyboard alone."""

import secrets
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import page_of
from tests.browser.console_process import ROOT, Console
from tests.browser.wizard import SINGLE, fill_draft

AXE = (ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text()
RULES = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture(params=["light", "dark"])
def themed(
    console: Console, browser: Browser, signed_in: dict[str, Any], request: pytest.FixtureRequest
) -> Iterator[Page]:
    yield from page_of(browser, console, signed_in, color_scheme=request.param)


def violations(page: Page) -> list[str]:
    """What axe finds wrong, one line a rule, with the first element."""
    found: list[str] = page.evaluate(
        f"{AXE};axe.run(document, {{runOnly: {RULES}}})"
        ".then((result) => result.violations.map((v) => `${v.id}: ${v.nodes[0].html}`))"
    )
    return found


def test_every_step_of_the_wizard_is_accessible(themed: Page) -> None:
    fill_draft(themed, SINGLE, f"axe-{secrets.token_hex(4)}")
    expect(themed.locator(".checks .check-passed")).not_to_have_count(0)
    expect(themed.locator(".checks .check-asking")).to_have_count(0)
    confirm = themed.url
    seen = {"confirm": violations(themed)}
    for step in ("basics", "roles", "advanced"):
        themed.goto(confirm.replace("/confirm/", f"/{step}/"))
        seen[step] = violations(themed)
    themed.goto("/wizard/start/?namespace=vision&framework=tensorflow")
    seen["start"] = violations(themed)
    themed.get_by_role("button", name="Start").click()
    themed.get_by_role("button", name="Next").last.click()
    expect(themed.get_by_role("alert")).to_be_visible()
    seen["errors"] = violations(themed)

    assert seen == dict.fromkeys(seen, [])


def test_everything_that_opens_in_a_step_is_accessible(themed: Page) -> None:
    start = "/wizard/start/?namespace=vision&framework=pytorch"
    themed.goto(start)
    themed.locator("button[form=wizard-form]").click()
    themed.wait_for_url("**/basics/")
    themed.locator("#volume-data .volume-claim button").click()
    expect(themed.locator("#claims tbody tr").first).to_be_visible()
    seen = {"claims": violations(themed)}
    themed.locator("#claims tbody input").first.check()
    themed.locator("[data-claims-ok]").click()
    themed.get_by_label("Task name").fill(f"axe-{secrets.token_hex(4)}")
    themed.get_by_role("textbox", name="Image").fill("python:3.11-slim")
    themed.locator("#id_data_mount_path").fill("/data")
    themed.locator(".wizard-bar button[value=next]").click()
    themed.wait_for_url("**/roles/")
    worker = themed.locator("#role-Worker")
    themed.locator("#tab-Worker").click()
    worker.locator("#advanced-Worker > summary").click()
    for group in ("env", "mounts"):
        worker.locator(f"#field-Worker-{group} [data-rows-add]").click()
    worker.locator("#id_Worker-liveness-kind").select_option("http")
    worker.locator("#id_Worker-readiness-kind").select_option("command")
    worker.locator(".copy-settings > summary").click()
    seen["role"] = violations(themed)
    themed.locator(".wizard-bar button[value=next]").click()
    expect(themed.get_by_role("alert").first).to_be_visible()
    seen["errors"] = violations(themed)

    assert seen == dict.fromkeys(seen, [])


def test_the_terminal_is_accessible(themed: Page, console: Console) -> None:
    if console.real_cluster:
        pytest.skip("a real cluster has no seeded task")
    themed.goto("/n/vision/tasks/")
    themed.get_by_role("link", name="first-training", exact=True).click()
    themed.get_by_role("link", name="Worker").first.click()
    with themed.expect_popup() as opening:
        themed.get_by_role("link", name="Terminal in").first.click()
    terminal = opening.value
    expect(terminal.locator("#terminal")).to_have_attribute("data-state", "open")

    assert violations(terminal) == []
    # Ctrl+Shift+F leaves the screen for the search, and Escape leads back: no key is trapped.
    terminal.keyboard.press("Control+Shift+F")
    expect(terminal.locator("[data-terminal=search-text]")).to_be_focused()
    terminal.keyboard.press("Escape")
    expect(terminal.locator(".xterm-helper-textarea")).to_be_focused()


def test_a_task_is_described_with_the_keyboard_alone(alice: Page) -> None:
    alice.goto("/wizard/start/?namespace=vision&framework=tensorflow")
    alice.locator("input[name=mode]:checked").focus()
    alice.keyboard.press("ArrowDown")
    expect(alice.locator("input[name=mode][value=ps-worker]")).to_be_checked()
    alice.keyboard.press("Enter")
    alice.wait_for_url("**/basics/")
    alice.locator("#id_name").focus()
    alice.keyboard.type(f"keys-{secrets.token_hex(4)}")
    alice.locator("#id_image").focus()
    alice.keyboard.type("python:3.11-slim")
    alice.keyboard.press("Enter")
    alice.wait_for_url("**/roles/")
    alice.get_by_role("tab", name="PS").focus()
    alice.keyboard.press("ArrowRight")

    expect(alice.get_by_role("tab", name="Worker")).to_be_focused()
    expect(alice.locator("#role-Worker")).to_be_visible()
    expect(alice.locator("#role-PS")).to_be_hidden()


def test_a_task_is_created_with_the_keyboard_alone(alice: Page) -> None:
    name = f"keys-{secrets.token_hex(4)}"
    alice.goto("/wizard/start/?namespace=vision&framework=tensorflow")
    _tab_to(alice, "input[name=mode]:checked")
    alice.keyboard.press("Enter")
    alice.wait_for_url("**/basics/")
    _tab_to(alice, "#id_name")
    alice.keyboard.type(name)
    _tab_to(alice, "#volume-data .volume-claim button")
    alice.keyboard.press("Enter")
    expect(alice.locator("#claims tbody tr").first).to_be_visible()
    _tab_to(alice, "#claims tbody input")
    alice.keyboard.press("Space")
    _tab_to(alice, "[data-claims-ok]")
    alice.keyboard.press("Enter")
    expect(alice.locator("#id_data_mount_path")).to_be_focused()
    alice.keyboard.type("/data")
    _tab_to(alice, "#id_image")
    alice.keyboard.type("python:3.11-slim")
    alice.keyboard.press("Enter")
    alice.wait_for_url("**/roles/")
    _tab_to(alice, "input[name=Worker-flavor]")
    alice.keyboard.press("Space")
    _tab_to(alice, "#advanced-Worker > summary")
    alice.keyboard.press("Enter")
    _tab_to(alice, "#field-Worker-env [data-rows-add]")
    alice.keyboard.press("Enter")
    expect(alice.locator("#id_Worker-env-0-name")).to_be_focused()
    alice.keyboard.type("MODE")
    alice.keyboard.press("Enter")
    alice.wait_for_url("**/advanced/")
    _tab_to(alice, "#id_suspend")
    alice.keyboard.press("Space")
    alice.keyboard.press("Enter")
    alice.wait_for_url("**/confirm/")
    _tab_to(alice, ".wizard-bar button[form=wizard-form]")
    alice.keyboard.press("Enter")

    expect(alice.locator("#outcome .outcome-succeeded")).to_be_visible(timeout=30_000)


def _tab_to(page: Page, selector: str) -> None:
    """Press Tab until the first element that fits has the focus."""
    wanted = page.locator(selector).first
    for _ in range(150):
        if wanted.evaluate("(element) => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{selector} cannot be reached with Tab")
