"""List and detail page with 1,000 tasks: the whole request against rendering the same template alone."""

import time
from typing import Any

import httpx
from django.contrib.auth import get_user_model
from django.template import Context
from django.test import Client
from django.test.utils import setup_test_environment, teardown_test_environment

from bench.table import percentile

ROUNDS = 60


def page_ratio(http: httpx.Client, path: str) -> tuple[float, float, float]:
    """p95 of the page in ms, p95 of rendering alone in ms, and their ratio; the two are measured in turns."""
    render = _renderer(path)
    pages, renders = [], []
    for _ in range(5):  # the first few fill caches on both sides
        http.get(path)
        render()
    for _ in range(ROUNDS):
        pages.append(_milliseconds(lambda: http.get(path).raise_for_status()))
        renders.append(_milliseconds(render))
    page, alone = percentile(pages, 0.95), percentile(renders, 0.95)
    return page, alone, page / alone


def _milliseconds(act: Any) -> float:
    started = time.perf_counter()
    act()
    return (time.perf_counter() - started) * 1000


def _renderer(path: str) -> Any:
    """A function that renders the page's template again with the context it once had: no query, no request."""
    setup_test_environment()
    try:
        browser = Client()
        browser.force_login(get_user_model().objects.get(username="alice"))
        response = browser.get(path, headers={"host": "127.0.0.1"})
    finally:
        teardown_test_environment()
    if response.status_code != 200:
        raise RuntimeError(f"{path}: {response.status_code}")
    template = response.templates[0]
    values = response.context[0].flatten()

    def render() -> str:
        context = Context(values)
        context.request = values["request"]  # some tags look for it there; no context processor runs
        return str(template.render(context))

    return render
