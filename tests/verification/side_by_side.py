"""Runs the cases of a session together, since most of a case's time is waiting for containers.

`@side_by_side` turns `async def test_x(trial, ...)` into a test that waits for its own outcome; all collected ones are
started when the first is asked for, `AT_ONCE` at a time, each in a namespace of its own. Under xdist that needs
`--dist loadgroup`, which gives them all to one worker; with any other, a worker runs them one by one as they come,
since it cannot know which are its own.
"""

import asyncio
import contextlib
import functools
import inspect
import secrets
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import Future
from typing import Any

import pytest

from tests.verification.client import Cluster
from tests.verification.credentials import Credentials
from tests.verification.history import Histories
from tests.verification.trial import Trial

# A real node of two cores starts about this many pods at once before the kubelet itself becomes what is measured.
AT_ONCE = 12
LONGEST_CASE_SECONDS = 180

Scenario = Callable[..., Awaitable[None]]


def side_by_side(scenario: Scenario) -> Callable[..., None]:
    """The test for a scenario whose first parameter is its Trial; the others come from `parametrize`."""

    @functools.wraps(scenario)
    def test(side_by_side_runs: "SideBySide", request: pytest.FixtureRequest, **_parameters: Any) -> None:
        side_by_side_runs.outcome(request.node)

    parameters = list(inspect.signature(scenario).parameters.values())[1:]
    own = [
        inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD) for name in ("side_by_side_runs", "request")
    ]
    test.__signature__ = inspect.Signature(own + parameters)  # type: ignore[attr-defined]
    test.scenario = scenario  # type: ignore[attr-defined]
    mark = pytest.mark.xdist_group("side by side")
    marked: Callable[..., None] = mark(pytest.mark.contract(pytest.mark.slow(test)))
    return marked


class SideBySide:
    """The cases of one session, on the loop of another thread."""

    def __init__(self, *, loop: asyncio.AbstractEventLoop, credentials: Credentials, real: bool) -> None:
        self._loop = loop
        self._cluster = Cluster(credentials)
        self._histories = Histories(self._cluster)
        self._real = real
        self._runs: dict[str, Future[None]] = {}
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._ready = asyncio.Event()

    def start(self, items: Iterable[pytest.Item], *, together: bool) -> None:
        """Open the watches; then, if `together`, start every collected case."""
        asyncio.run_coroutine_threadsafe(self._open(), self._loop).result(timeout=30)
        if together:
            for item in items:
                if hasattr(getattr(item, "obj", None), "scenario"):
                    self._begin(item)

    def outcome(self, item: pytest.Item) -> None:
        """Wait for this test's case; raises what it raised."""
        if item.nodeid not in self._runs:
            self._begin(item)
        self._runs[item.nodeid].result()

    def stop(self) -> None:
        """Cancel what still runs, and close the connections."""
        for run in self._runs.values():
            run.cancel()
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(timeout=30)

    def _begin(self, item: pytest.Item) -> None:
        scenario = item.obj.scenario  # type: ignore[attr-defined]
        callspec = getattr(item, "callspec", None)
        parameters = dict(callspec.params) if callspec else {}
        coroutine = self._run(functools.partial(scenario, **parameters))
        self._runs[item.nodeid] = asyncio.run_coroutine_threadsafe(coroutine, self._loop)

    async def _run(self, scenario: Scenario) -> None:
        async with self._slots:
            namespace = f"contract-{secrets.token_hex(4)}"
            history = self._histories.of(namespace)
            await self._cluster.make_namespace(namespace)
            try:
                async with asyncio.timeout(LONGEST_CASE_SECONDS):
                    await scenario(Trial(self._cluster, namespace, history, real=self._real))
            finally:
                with contextlib.suppress(asyncio.CancelledError):
                    await self._cluster.delete("namespaces", "", namespace)
                self._histories.forget(namespace)

    async def _open(self) -> None:
        await self._cluster.open()
        await self._histories.start()

    async def _close(self) -> None:
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await self._cluster.close()
