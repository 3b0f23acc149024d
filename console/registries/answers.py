"""What registries said, kept with its age: pages read it, and never wait for a registry.

A question is asked by one of a few threads of this process, once at a time however many people look; what comes of it
is a row, so that every process shows it. After a failure nobody asks again for a while, unless somebody insists.
"""

import logging
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import DatabaseError, close_old_connections, connection
from django.utils import timezone

from console.registries.models import Answer, Registry
from console.registries.troubles import Code, RegistryTrouble, Trouble

logger = logging.getLogger(__name__)

FRESH = timedelta(minutes=10)
INSIST_SECONDS = 2  # somebody who presses "refresh" over and over asks once
RETRY_SECONDS = 30  # after a failure
_KEPT_DAYS = 7
_THREADS = 8  # each waits for a registry, and does nothing meanwhile
_GRACE_SECONDS = 0.12  # a registry nearby answers the page itself

# What is wrong with all of a registry, so that asking on is of no use.
OF_THE_WHOLE_REGISTRY = frozenset(
    {Code.UNREACHABLE, Code.NO_ANSWER, Code.NAME_UNKNOWN, Code.TLS, Code.ADDRESS, Code.LIMITED, Code.DENIED, Code.REALM}
)

Ask = Callable[[], Any]  # JSON; raises RegistryTrouble


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known about a question now."""

    value: Any = None  # JSON; None: never answered
    fetched_at: datetime | None = None  # the value
    trouble: Trouble | None = None  # of the last try
    is_asking: bool = False  # look again in a moment

    @property
    def is_stale(self) -> bool:
        return self.fetched_at is not None and timezone.now() - self.fetched_at > FRESH


def known(registry: Registry, question: str) -> Known:
    """From the cache alone."""
    return _known(Answer.objects.filter(registry=registry, question=question).first(), registry, question)


def known_all(registry: Registry, questions: Iterable[str]) -> dict[str, Known]:
    questions = list(questions)
    rows = {row.question: row for row in Answer.objects.filter(registry=registry, question__in=questions)}
    return {question: _known(rows.get(question), registry, question) for question in questions}


def known_or_asked(registry: Registry, question: str, ask: Ask, *, insist: bool = False, wait: bool = True) -> Known:
    """From the cache; what is missing, old or insisted on is asked for behind it, and seen by whoever looks again."""
    row = Answer.objects.filter(registry=registry, question=question).first()
    if _is_due(row, insist=insist):
        asking = start(registry, question, lambda: {question: answered(ask)})
        if wait:
            wait_briefly(asking)
        row = Answer.objects.filter(registry=registry, question=question).first()
    return _known(row, registry, question)


def is_due(registry: Registry, question: str, *, insist: bool = False) -> bool:
    return _is_due(Answer.objects.filter(registry=registry, question=question).first(), insist=insist)


@dataclass(frozen=True, slots=True)
class Outcome:
    value: Any = None
    trouble: Trouble | None = None


def answered(ask: Ask) -> Outcome:
    """One answer, or why there is none; never raises."""
    try:
        return Outcome(value=ask())
    except RegistryTrouble as exc:
        return Outcome(trouble=exc.trouble)
    except Exception:
        logger.exception("a registry could not be asked")
        return Outcome(trouble=Trouble(Code.FAULT))


def keep(registry: Registry, question: str, outcome: Outcome) -> None:
    """A failure leaves the last value, and says until when nobody asks again."""
    now = timezone.now()
    trouble = outcome.trouble
    values: dict[str, Any] = {"tried_at": now, "trouble": "", "detail": "", "retry_at": None}
    if trouble is None:
        values |= {"value": outcome.value, "fetched_at": now}
    else:
        retry = max(RETRY_SECONDS, trouble.retry_after_seconds)
        values |= {"trouble": trouble.code, "detail": trouble.detail, "retry_at": now + timedelta(seconds=retry)}
    Answer.objects.update_or_create(registry=registry, question=question, defaults=values)


def forget(registry: Registry) -> None:
    """After the row was changed: nothing it said before counts."""
    registry.answers.all().delete()


# -- asking behind the page --------------------------------------------------------------------------------------------

_lock = threading.Lock()
_executor: Executor | None = None
_asking: dict[tuple[int, str], Future[None]] = {}


def start(registry: Registry, question: str, ask_all: Callable[[], dict[str, Outcome]]) -> "Future[None]":
    """Ask in a thread, unless that is under way. `ask_all` gives what is to be kept, by question."""
    key = (registry.pk, question)
    with _lock:
        if running := _asking.get(key):
            return running
        future = _asking[key] = _pool().submit(_work, key, registry, ask_all)
    return future


def wait_briefly(asking: "Future[None]") -> None:
    """For a registry nearby; for any other the page comes back."""
    with suppress(TimeoutError):
        asking.exception(timeout=_GRACE_SECONDS)


def _work(key: tuple[int, str], registry: Registry, ask_all: Callable[[], dict[str, Outcome]]) -> None:
    close_old_connections()
    try:
        for question, outcome in ask_all().items():
            keep(registry, question, outcome)
        Answer.objects.filter(registry=registry, tried_at__lt=timezone.now() - timedelta(days=_KEPT_DAYS)).delete()
    except DatabaseError:  # the registry was removed meanwhile, or the database is away
        logger.warning("what registry %s said could not be kept", registry.pk, exc_info=True)
    finally:
        connection.close()
        with _lock:
            del _asking[key]


def _pool() -> Executor:
    """Made when it is first needed, so that a forked process has its own."""
    global _executor
    if _executor is None:
        _executor = ThreadPoolExecutor(_THREADS, thread_name_prefix="registry")
    return _executor


def _is_due(row: Answer | None, *, insist: bool) -> bool:
    if row is None:
        return True
    now = timezone.now()
    if row.trouble == Code.LIMITED and row.retry_at and now < row.retry_at:
        return False  # it said when
    if insist:
        return now - row.tried_at > timedelta(seconds=INSIST_SECONDS)
    if row.retry_at:
        return now >= row.retry_at
    return row.fetched_at is None or now - row.fetched_at > FRESH


def _known(row: Answer | None, registry: Registry, question: str) -> Known:
    is_asking = (registry.pk, question) in _asking
    if row is None:
        return Known(is_asking=is_asking)
    trouble = None
    if row.trouble:
        seconds = max(0, int((row.retry_at - timezone.now()).total_seconds())) if row.retry_at else 0
        trouble = Trouble(Code(row.trouble), row.detail, seconds)
    return Known(value=row.value, fetched_at=row.fetched_at, trouble=trouble, is_asking=is_asking)
