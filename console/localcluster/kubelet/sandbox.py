"""A pod's shim as the kubelet sees it: start, signal, exec, stop, and word of each container that ends."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from console.localcluster.kubelet.lines import Lines, ShimGone

LOST = "Lost: the program that owns the local cluster ended, and its pods with it."


class StartFailed(Exception):
    """A program could not be started; the text is the runtime's."""


class ContainerGone(Exception):
    """The container does not run, so nothing can be started in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of a container, from the file the shim keeps. `exit_code` is None while it runs."""

    name: str
    attempt: int
    pid: int
    started_at: float
    cgroup: dict[str, str]
    finished_at: float | None = None
    exit_code: int | None = None
    out_of_memory: bool = False
    lost: str = ""


class Sandbox:
    """Made by `connect`. `runs` holds the newest run of each container."""

    def __init__(self, pod: dict[str, Any], orders: Lines, news: Lines) -> None:
        self.ip: str = pod["ip"]
        self.isolated: bool = pod["isolated"]
        self.folder = Path(pod["folder"])
        self._orders, self._news = orders, news
        self._turn = asyncio.Lock()
        self.runs: dict[str, Run] = {}
        self.on_end: Callable[[Run], None] | None = None
        self.on_loss: Callable[[], None] | None = None
        self.gone = False
        self._listening: asyncio.Task[None] | None = None

    @classmethod
    async def connect(cls, pod: dict[str, Any]) -> Sandbox:
        """Raises ShimGone."""
        orders = Lines(pod["folder"])
        news: Lines | None = None
        try:
            news = Lines(pod["folder"])
            known = await news.ask({"do": "watch"})
        except BaseException:
            for lines in (orders, news):
                if lines is not None:
                    lines.close()
            raise
        sandbox = cls(pod, orders, news)
        sandbox.runs = {state["name"]: Run(**state) for state in known["containers"]}
        sandbox._listening = asyncio.create_task(sandbox._listen())
        return sandbox

    async def _listen(self) -> None:
        try:
            while True:
                run = Run(**(await self._news.next())["ended"])
                self.runs[run.name] = run
                if self.on_end is not None:
                    self.on_end(run)
        except ShimGone:
            self.gone = True
            if self.on_loss is not None:
                self.on_loss()

    async def _ask(self, order: dict[str, Any]) -> dict[str, Any]:
        async with self._turn:
            return await self._orders.ask(order)

    async def start(self, order: dict[str, Any]) -> Run:
        """Start a container. Raises StartFailed, ShimGone."""
        answer = await self._ask({"do": "start", **order})
        if not answer["ok"]:
            raise StartFailed(answer["error"])
        run = Run(**answer["state"])
        known = self.runs.get(run.name)
        if known is None or known.attempt != run.attempt:  # else its end was heard of before this answer was read
            self.runs[run.name] = run
        return run

    async def signal(self, name: str, number: int) -> None:
        with contextlib.suppress(ShimGone):
            await self._ask({"do": "signal", "name": name, "signal": number})

    async def execute(self, order: dict[str, Any]) -> tuple[Lines, list[int], int]:
        """Start a program in a container; (conversation that ends with the exit code, its descriptors, its pid).

        Raises StartFailed, ContainerGone.
        """
        try:
            lines = Lines(str(self.folder))
        except ShimGone as error:
            raise ContainerGone from error
        try:
            answer = await lines.ask({"do": "exec", **order})
        except BaseException as error:
            lines.close()
            if isinstance(error, ShimGone):
                raise ContainerGone from error
            raise
        if answer["ok"]:
            return lines, lines.take_descriptors(), int(answer["pid"])
        lines.close()
        if answer.get("gone"):
            raise ContainerGone
        raise StartFailed(answer["error"])

    async def stop(self) -> None:
        """Kill what still runs, and end the shim."""
        try:
            await self._ask({"do": "stop"})
        except ShimGone:
            pass
        finally:
            self.close()

    def close(self) -> None:
        """Leave the shim alone and let go of it."""
        self.on_loss = self.on_end = None
        if self._listening is not None:
            self._listening.cancel()
        self._orders.close()
        self._news.close()


def recorded_run(folder: Path, name: str, attempt: int) -> Run | None:
    """Return what a shim that is gone wrote down about a run; one that it left running was lost with it."""
    try:
        state = json.loads((folder / "containers" / name / f"{attempt}.json").read_text())
    except (OSError, ValueError):
        return None
    run = Run(**state)
    if run.exit_code is None:
        return Run(**{**state, "exit_code": 137, "lost": LOST, "pid": 0, "finished_at": run.started_at})
    return run
