"""The same wish with the same key is one task, on either database, however many programs ask at once."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier
from typing import Any

import pytest
from django.db import connection, connections
from django.http import HttpResponse
from django.test import Client

from tasks.models import Operation
from tests.api.caller import TASKS, Caller, said, specification
from tests.tasks.engines import console, postgres_console

__all__ = ["console", "postgres_console"]
pytestmark = [
    pytest.mark.django_db(databases=["default", "index"], transaction=True),
    pytest.mark.usefixtures("console"),
    pytest.mark.slow,
]
KEY = {"Idempotency_Key": "nightly-1"}


def _elsewhere(caller: Caller, name: str = "mnist") -> HttpResponse:
    """What a program in another thread is told: a connection of its own, as another web process has."""
    try:
        fresh = Caller(Client(), caller.user, caller.secret)
        return fresh.post(TASKS, {"specification": specification(name=name)}, **KEY)
    finally:
        connections.close_all()


@contextmanager
def _before_the_name_is_looked_up(then: Any) -> Iterator[None]:
    """`then` once, when this thread asks whether the name is promised: after it has looked for its key."""
    waiting = [then]

    def watch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if waiting and "tasks_operation" in sql and '"name"' in sql.partition("WHERE")[2]:
            waiting.pop()()
        return execute(sql, params, many, context)

    with connection.execute_wrapper(watch):
        yield
    assert not waiting, "the name was not looked up"


def test_a_request_that_finds_its_own_task_made_meanwhile_gives_its_operation(alice: Caller) -> None:
    with ThreadPoolExecutor(1) as pool:
        first: list[HttpResponse] = []

        with _before_the_name_is_looked_up(lambda: first.append(pool.submit(_elsewhere, alice).result(timeout=30))):
            second = alice.post(TASKS, {"specification": specification()}, **KEY)

    assert (first[0].status_code, second.status_code) == (202, 202)
    assert first[0].json()["key"] == second.json()["key"]


def test_ten_requests_at_once_are_one_task(alice: Caller) -> None:
    together = Barrier(10)

    def ask(_index: int) -> HttpResponse:
        together.wait(timeout=30)
        return _elsewhere(alice)

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(ask, range(10)))

    assert [answer.status_code for answer in answers] == [202] * 10
    assert len({answer.json()["key"] for answer in answers}) == Operation.objects.count() == 1


def test_of_two_wishes_with_one_key_at_once_the_second_is_refused(alice: Caller) -> None:
    together = Barrier(2)

    def ask(name: str) -> HttpResponse:
        together.wait(timeout=30)
        return _elsewhere(alice, name)

    with ThreadPoolExecutor(2) as pool:
        answers = sorted(pool.map(ask, ("mnist", "bert")), key=lambda answer: answer.status_code)

    assert [answer.status_code for answer in answers] == [202, 422]
    assert said(answers[1]) == [("Idempotency-Key", "idempotency-key-reused")]
    assert Operation.objects.count() == 1
