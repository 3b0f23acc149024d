"""What rests on a database's locks, constraints and JSON, on SQLite and on PostgreSQL."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any, TypeVar

import pytest
from django.db import connections

from console.registries import answers
from console.registries.answers import Outcome
from console.registries.changes import StaleRegistry, TitleTaken, delete_registry, save_registry
from console.registries.models import Answer, Registry
from console.registries.troubles import Code, Trouble
from tests.tasks.engines import console, postgres_console

__all__ = ["console", "postgres_console"]
pytestmark = [
    pytest.mark.django_db(databases=["default", "index"], transaction=True),
    pytest.mark.usefixtures("console"),
    pytest.mark.slow,
]
_Got = TypeVar("_Got")


def side_by_side(count: int, act: Callable[[int], _Got]) -> list[_Got]:
    together = Barrier(count)

    def one(number: int) -> _Got:
        together.wait(timeout=30)
        try:
            return act(number)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


def _registry(**values: Any) -> Registry:
    return Registry(**{"title": "Harbor", "address": "https://harbor.example.com"} | values)


def test_what_is_written_comes_back(console: str) -> None:
    password = "pässword\u2028\U0001f511"
    row = _registry(repositories=["a/b"], blob_hosts=["*.example.com"], username="robot", password=password)
    save_registry(row, seen=row.version)

    answers.keep(row, "images", Outcome(value={"names": ["a/b"], "cut": False}))
    answers.keep(row, "images", Outcome(trouble=Trouble(Code.LIMITED, "", 90)))

    found, known = Registry.objects.get(pk=row.pk), answers.known(row, "images")
    assert (found.repositories, found.blob_hosts, found.password) == (["a/b"], ["*.example.com"], password)
    assert known.value == {"names": ["a/b"], "cut": False}
    assert known.trouble is not None
    assert known.trouble.code is Code.LIMITED


def test_of_two_of_one_title_at_once_one_is_saved() -> None:
    def save(_number: int) -> str:
        try:
            save_registry(row := _registry(), seen=row.version)
        except TitleTaken:
            return "taken"
        return "saved"

    assert sorted(side_by_side(2, save)) == ["saved", "taken"]
    assert Registry.objects.filter(title="Harbor").count() == 1


def test_of_two_who_change_one_row_the_second_is_told() -> None:
    row = _registry()
    save_registry(row, seen=row.version)
    seen = Registry.objects.get(pk=row.pk).version

    def change(number: int) -> str:
        mine = Registry.objects.get(pk=row.pk)
        mine.title = f"Harbor {number}"
        try:
            save_registry(mine, seen=seen)
        except StaleRegistry:
            return "stale"
        return "saved"

    assert sorted(side_by_side(2, change)) == ["saved", "stale"]


def test_one_question_answered_by_many_at_once_is_one_row() -> None:
    row = _registry()
    save_registry(row, seen=row.version)

    side_by_side(8, lambda number: answers.keep(row, "tags a/b", Outcome(value={"names": [str(number)]})))

    assert Answer.objects.filter(registry=row, question="tags a/b").count() == 1


def test_an_answer_for_a_registry_that_was_removed_meanwhile_is_dropped() -> None:
    row = _registry()
    save_registry(row, seen=row.version)
    asked = Registry.objects.get(pk=row.pk)

    def ask() -> dict[str, Outcome]:
        delete_registry(row)
        return {"images": Outcome(value={"names": [], "cut": False})}

    answers.start(asked, "images", ask).result(timeout=30)

    assert not Answer.objects.exists()
