"""The web process in a thread of the test, and a browser that is signed in: pages with streams, as people see them."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvicorn
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import BrowserContext, Page, expect, sync_playwright

from tests.browser.chromium import LAUNCH

expect.set_options(timeout=15_000)

AXE = Path(settings.BASE_DIR) / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]


@contextmanager
def serving() -> Iterator[str]:
    """The address of the web process, which shares the test's databases and settings."""
    from console.asgi import application  # reads the settings the first time

    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        config = uvicorn.Config(application, lifespan="off", log_config=None, timeout_graceful_shutdown=1)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join(10)


@contextmanager
def chromium() -> Iterator[BrowserContext]:
    with sync_playwright() as playwright, playwright.chromium.launch(**LAUNCH) as browser:
        context = browser.new_context(viewport={"width": 1280, "height": 800})
        context.set_default_timeout(30_000)  # a busy machine draws slowly
        yield context


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serving() as url:
        yield url


@pytest.fixture(scope="module")
def browser_context() -> Iterator[BrowserContext]:
    """One browser for a module: whoever signs in takes the cookies away again."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # playwright's loop is in this thread, and nothing else
        with chromium() as context:
            yield context


def sign_in(context: BrowserContext, user: User, url: str) -> None:
    client = Client()
    client.force_login(user)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": url}])


def violations(page: Page) -> list[str]:
    """What axe finds wrong (WCAG 2.2 AA and best practice), one line a rule, with the first element."""
    found = page.evaluate(
        f"{AXE.read_text()};"
        f"axe.run(document, {{runOnly: {RULES}}})"
        ".then((result) => result.violations.map((v) => `${v.id}: ${v.nodes[0].html}`))"
    )
    return list(found)


def complaints_of(page: Page) -> list[str]:
    """A list that fills with what the browser complains about: errors of scripts, refused sources."""
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: message.type == "error" and complaints.append(message.text))
    return complaints
