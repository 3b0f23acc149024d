"""A real browser on a real console: the whole process tree, on the local or on a real cluster."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect

from tests.browser.chromium import LAUNCH, PROGRAM
from tests.browser.console_process import Console, running_console

expect.set_options(timeout=15_000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.slow)
            # One console for all of them, whichever worker gets them.
            item.add_marker(pytest.mark.xdist_group("browser"))


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The system's Chromium, kept from calling home."""
    assert PROGRAM, "no Chromium: tests/install-system-packages.sh says what to do"
    return {**browser_type_launch_args, **LAUNCH}


@pytest.fixture(scope="session")
def console() -> Iterator[Console]:
    admin = os.environ.get("TRAINYARD_CONTRACT_KUBECONFIG")
    with running_console(kubeconfigs=Path(admin).parent if admin else None) as running:
        yield running


@pytest.fixture(scope="session")
def signed_in(console: Console, browser: Browser) -> dict[str, Any]:
    return cookies_of(browser, console, "alice")


def cookies_of(browser: Browser, console: Console, name: str) -> dict[str, Any]:
    """The cookies of a person, by name and password through the page."""
    context = browser.new_context()
    page = context.new_page()
    sign_in(page, console, name)
    state: Any = context.storage_state()
    context.close()
    return state


@pytest.fixture
def alice(console: Console, browser: Browser, signed_in: dict[str, Any]) -> Iterator[Page]:
    """A page of alice's browser, English and light. A script error or a policy violation fails the test."""
    yield from page_of(browser, console, signed_in)


def page_of(browser: Browser, console: Console, state: dict[str, Any], **options: Any) -> Iterator[Page]:
    options = {"viewport": {"width": 1280, "height": 900}, "locale": "en-US", **options}
    context: BrowserContext = browser.new_context(base_url=console.url, storage_state=state, **options)
    problems: list[str] = []
    # Of the context, not of the page: a terminal opens in a window of its own.
    context.on("weberror", lambda error: problems.append(str(error.error)))
    context.on("console", lambda message: problems.append(message.text) if _is_problem(message) else None)
    under_way: set[Request] = set()
    context.on("request", lambda request: under_way.add(request))
    context.on("requestfinished", lambda request: under_way.discard(request))
    context.on("requestfailed", lambda request: under_way.discard(request))
    context.on("requestfailed", lambda request: _print_lost_script(request))
    yield context.new_page()
    for request in under_way:  # shown with a test that failed: a script that did not come leaves a dead page
        print(f"not answered: {request.url}")
    context.close()
    assert problems == []


def _print_lost_script(request: Request) -> None:
    if request.resource_type == "script":
        print(f"not loaded: {request.url}: {request.failure}")


def _is_problem(message: Any) -> bool:
    # What the browser and htmx say of a server that is away: tests that take it away look at the page instead.
    expected = ("Failed to load resource", "Failed to fetch", "network error")
    return message.type == "error" and not any(words in message.text for words in expected)


def sign_in(page: Page, console: Console, name: str) -> None:
    page.goto(f"{console.url}/sign-in/")
    page.get_by_label("User name").fill(name)
    page.get_by_label("Password").fill(console.password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "/sign-in/" not in url)
