"""Static files, while every thread of the pages is taken."""

import asyncio
import threading
from collections.abc import Iterator

import httpx
import pytest
from django.templatetags.static import static

from console import asgi


@pytest.fixture
def pages_that_wait() -> Iterator[None]:
    """All threads of the pages wait, as they do for an API server that is silent."""
    over = threading.Event()
    waiting = [threading.Event() for _ in range(asgi.PAGE_THREADS)]

    def wait(started: threading.Event) -> None:
        started.set()
        over.wait()

    for started in waiting:
        asgi._pages.executor.submit(wait, started)
    assert all(started.wait(5) for started in waiting)
    yield
    over.set()


@pytest.mark.usefixtures("pages_that_wait")
async def test_a_page_gets_its_scripts_while_all_other_pages_wait() -> None:
    transport = httpx.ASGITransport(asgi.application)
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
        answer = await asyncio.wait_for(client.get(static("js/terminal.js")), 10)

    assert answer.status_code == 200
    assert "javascript" in answer.headers["content-type"]
