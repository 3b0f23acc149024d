"""Rows of the task list, rendered once for all browsers of a language."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from django.template.loader import render_to_string
from django.utils import translation

from tasks import queries

KEPT = 2000


@dataclass(frozen=True, slots=True)
class _Drawn:
    seq: int  # as of this change, or later
    html: str


def draw_rows(uids: frozenset[str], language: str) -> dict[str, str]:
    """The rows as they are now; those that are gone are left out. Nothing in them is personal."""
    with translation.override(language):
        return {
            uid: render_to_string("tasks/task_list.html#task-row", {"task": task, "live": True})
            for uid, task in queries.tasks_by_uid(uids).items()
        }


class Rows:
    def __init__(self, draw: Callable[[frozenset[str], str], Awaitable[dict[str, str]]]) -> None:
        self._draw = draw
        self._drawn: OrderedDict[tuple[str, str], _Drawn] = OrderedDict()
        self._drawing = asyncio.Lock()

    async def html(self, wanted: Mapping[str, int], language: str, newest: int) -> list[str]:
        """The rows of these tasks, each as of its seq in `wanted` or later. `newest`: what has been read up to now."""
        if self._missing(wanted, language):
            async with self._drawing:  # the first stream draws for the others
                missing = self._missing(wanted, language)
                if missing:
                    found = await self._draw(frozenset(missing), language)
                    for uid in missing:
                        self._keep((uid, language), _Drawn(newest, found.get(uid, "")))
        return [drawn.html for uid in wanted if (drawn := self._drawn.get((uid, language))) and drawn.html]

    def _missing(self, wanted: Mapping[str, int], language: str) -> list[str]:
        return [
            uid for uid, seq in wanted.items() if (drawn := self._drawn.get((uid, language))) is None or drawn.seq < seq
        ]

    def _keep(self, key: tuple[str, str], drawn: _Drawn) -> None:
        self._drawn[key] = drawn
        self._drawn.move_to_end(key)
        while len(self._drawn) > KEPT:
            self._drawn.popitem(last=False)
