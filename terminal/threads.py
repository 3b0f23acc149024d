"""Blocking questions (database, cluster verbs) asked from the terminal's event loop."""

from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from channels.db import database_sync_to_async

P = ParamSpec("P")
T = TypeVar("T")

# Not Django's one thread-sensitive thread: there, one slow access review would hold up every other session's.
_pool = ThreadPoolExecutor(max_workers=8, thread_name_prefix="terminal-question")


def in_thread(question: Callable[P, T]) -> Callable[P, Awaitable[T]]:
    """`question` as a coroutine function."""
    asked: Callable[P, Awaitable[T]] = database_sync_to_async(question, thread_sensitive=False, executor=_pool)
    return asked
