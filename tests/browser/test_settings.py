"""The settings on a console that runs: a change in somebody else's wizard, axe, and no scripts at all."""

import secrets
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import cookies_of, page_of
from tests.browser.console_process import Console
from tests.browser.test_accessibility import violations
from tests.browser.wizard import next_step


@pytest.fixture(scope="module")
def admin_cookies(console: Console, browser: Browser) -> dict[str, Any]:
    return cookies_of(browser, console, "admin")


@pytest.fixture
def admin(console: Console, browser: Browser, admin_cookies: dict[str, Any]) -> Iterator[Page]:
    yield from page_of(browser, console, admin_cookies)


@pytest.fixture(params=["light", "dark"])
def themed_admin(
    console: Console, browser: Browser, admin_cookies: dict[str, Any], request: pytest.FixtureRequest
) -> Iterator[Page]:
    yield from page_of(browser, console, admin_cookies, color_scheme=request.param)


@pytest.fixture
def scriptless_admin(console: Console, browser: Browser, admin_cookies: dict[str, Any]) -> Iterator[Page]:
    yield from page_of(browser, console, admin_cookies, java_script_enabled=False)


def test_a_new_flavor_is_in_the_wizard_of_others_with_its_price(admin: Page, alice: Page) -> None:
    key = f"cpu-{secrets.token_hex(4)}"
    admin.goto("/")
    admin.get_by_label("Account of admin").click()
    admin.get_by_role("link", name="Settings").click()
    admin.get_by_role("link", name="Create flavor").click()
    admin.get_by_label("Key").fill(key)
    admin.get_by_label("Title").fill("Bought last week")
    admin.get_by_text("CPU only").click()
    expect(admin.get_by_label("Number of GPUs")).to_be_hidden()
    admin.get_by_role("textbox", name="CPU").fill("many")
    admin.get_by_label("Memory").fill("96Mi")
    admin.get_by_label("Price a second").fill("0.001")
    admin.get_by_role("button", name="Remove the toleration").first.click()
    admin.get_by_role("button", name="Add a label").click()
    expect(admin.locator("[name=label-1-key]")).to_be_focused()
    admin.get_by_role("button", name="Save").last.click()
    expect(admin.get_by_role("alert")).to_contain_text("Write it as Kubernetes does")
    expect(admin.get_by_role("textbox", name="CPU")).to_be_focused()
    admin.keyboard.press("Control+A")
    admin.keyboard.type("50m")
    admin.keyboard.press("Enter")
    expect(admin.locator("p[role=status]")).to_contain_text(f"{key} is saved")

    alice.goto("/wizard/start/?namespace=vision&framework=tensorflow")
    alice.get_by_role("button", name="Start").click()
    alice.wait_for_url("**/basics/")
    alice.get_by_label("Task name").fill(key)
    alice.get_by_role("textbox", name="Image").fill("python:3.11-slim")
    next_step(alice)
    roles = alice.url
    tile = alice.locator(".flavor-line", has_text="Bought last week").locator(".flavor-tile")
    expect(tile.first).to_contain_text("3.60 CNY/h")

    admin.get_by_role("button", name=f"Retire {key}").click()
    expect(admin.get_by_role("button", name=f"Restore {key}")).to_be_visible()
    alice.wait_for_timeout(2100)  # another process of the console may believe for two seconds what it read
    alice.goto(roles)
    expect(alice.locator(".flavor-line", has_text="Bought last week")).to_have_count(0)
    admin.get_by_role("link", name=f"Delete {key}").click()
    admin.get_by_role("button", name="Delete").click()
    expect(admin.get_by_role("link", name=key, exact=True)).to_have_count(0)


def test_every_page_of_the_settings_is_accessible(themed_admin: Page) -> None:
    seen = {}
    pages = ("flavors/", "flavors/create/", "flavors/1/", "flavors/1/delete/", "drivers/")
    for page in pages:
        themed_admin.goto(f"/settings/{page}")
        seen[page] = violations(themed_admin)
    themed_admin.goto("/settings/flavors/create/")
    themed_admin.get_by_role("button", name="Save").last.click()
    expect(themed_admin.get_by_role("alert")).to_be_visible()
    seen["errors"] = violations(themed_admin)

    assert seen == dict.fromkeys(seen, [])


def test_drivers_are_added_without_scripts(scriptless_admin: Page) -> None:
    page = scriptless_admin
    page.goto("/settings/drivers/")
    before = page.locator("[name$=-version]").count()
    page.locator("[name$=-version]").last.fill("535.129.03")
    page.get_by_role("button", name="Add a driver").click()
    expect(page.locator("[name$=-version]")).to_have_count(before + 1)
    expect(page.locator("[name$=-version]").nth(before - 1)).to_have_value("535.129.03")
    page.locator("[name$=-cuda]").nth(before - 1).fill("12.2")
    page.get_by_role("button", name="Save").last.click()
    expect(page.locator("p[role=status]")).to_contain_text("The table is saved")

    # And away again: a row that is empty does not count.
    page.locator("[name$=-version]").nth(before - 1).fill("")
    page.locator("[name$=-cuda]").nth(before - 1).fill("")
    page.get_by_role("button", name="Save").last.click()
    expect(page.locator("[name$=-version]")).to_have_count(before)
