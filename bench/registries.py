"""The picker of images: a tab from the cache with 500 images, and how soon a dead registry's tab says so."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx

from bench.table import Row, percentile
from tests.registries.pushing import push_image
from tests.registries.real_registry import running_registry

IMAGES = 500
ROUNDS = 60
_ASKS_AGAIN_SECONDS = 0.4  # as the page does


def rows(http: httpx.Client) -> Iterator[Row]:
    """`http`: somebody who sees vision, at a running console whose databases this process uses."""
    from console.registries.models import Registry, Tab

    with _registry_of(IMAGES) as address, _silent() as silent:
        title = "500 images"
        full = Registry.objects.create(title=title, namespace="vision", tab=Tab.MINE, address=address)
        try:
            _settled(http, f"/images/registry/{full.pk}/?namespace=vision", "500 images ·")
            times = _milliseconds(lambda: http.get("/images/tab/?tab=mine&namespace=vision").raise_for_status())
            versions = f"/images/versions/?source={full.pk}&repository=bench/model-000&namespace=vision"
            _settled(http, versions, f"{IMAGES} versions ·")
            tagged = _milliseconds(lambda: http.get(versions).raise_for_status())
            dead = Registry.objects.create(title="dead", tab=Tab.SHARED, address=silent)
            started = time.perf_counter()
            http.get("/images/tab/?tab=shared&namespace=vision").raise_for_status()
            _settled(http, f"/images/registry/{dead.pk}/?namespace=vision", "The registry does not answer.")
            told = time.perf_counter() - started
        finally:
            Registry.objects.filter(title__in=(title, "dead")).delete()
    p50 = percentile(times, 0.5)
    yield Row(
        name=f"image tab from cache, {IMAGES} images, p95",
        unit="ms",
        limit=80,
        measured=percentile(times, 0.95),
        note=f"p50 {p50:.0f} ms; a page of {IMAGES} versions p95 {percentile(tagged, 0.95):.0f} ms",
    )
    yield Row(name="a dead registry to its message", unit="s", limit=3, measured=told)


def _milliseconds(act: Callable[[], object]) -> list[float]:
    for _ in range(5):  # the first few fill caches
        act()
    found = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        act()
        found.append((time.perf_counter() - started) * 1000)
    return found


def _settled(http: httpx.Client, path: str, words: str) -> None:
    """Come back for it, as the page does, until it says so."""
    deadline = time.monotonic() + 30
    while words not in (text := http.get(path).text):
        if time.monotonic() > deadline:
            raise RuntimeError(f"{path} did not say {words!r}: {text[-500:]}")
        time.sleep(_ASKS_AGAIN_SECONDS)


@contextmanager
def _registry_of(images: int) -> Iterator[str]:
    """The address of a real registry with so many images, the first of which has as many tags."""
    with running_registry() as registry:
        for number in range(images):
            push_image(registry, f"bench/model-{number:03}", "1")
            if number:
                push_image(registry, "bench/model-000", f"0.{number}")
        yield registry.address


@contextmanager
def _silent() -> Iterator[str]:
    """An address that takes connections and never says a word."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(64)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
