"""Signing out cuts the open sockets within seconds, by one question for all of them."""

import asyncio
from collections.abc import Collection
from dataclasses import replace

import pytest
from django.db import OperationalError

from terminal import ending
from terminal.access import Target
from terminal.ending import Ending
from terminal.guard import until_forbidden
from terminal.logins import Logins
from tests.terminal.conftest import QUICK

NEVER = replace(QUICK, check=3600)


class Database:
    def __init__(self, *alive: str) -> None:
        self.alive = set(alive)
        self.asked: list[Collection[str]] = []
        self.away = False

    async def __call__(self, keys: Collection[str]) -> set[str]:
        self.asked.append(keys)
        if self.away:
            raise OperationalError
        return self.alive & set(keys)


async def test_who_signs_out_is_cut_off_long_before_the_next_look(target: Target) -> None:
    database = Database("login", "other")
    logins = Logins(database, pause_seconds=0.01)

    async def recheck() -> Ending | None:
        return None if "login" in database.alive else ending.SIGNED_OUT

    with logins.watched(lambda: "other") as others, logins.watched(lambda: target.session_key) as gone:
        looking = asyncio.create_task(until_forbidden(recheck, NEVER, lambda _: None, sooner=gone))
        while len(database.asked) < 3:
            await asyncio.sleep(0.01)
        before = looking.done()
        database.alive.remove("login")

        async with asyncio.timeout(5):
            assert await looking is ending.SIGNED_OUT
        assert not before
        assert not others.is_set()
    assert set(map(frozenset, database.asked)) == {frozenset({"login", "other"})}


async def test_a_database_that_is_away_signs_nobody_out() -> None:
    database = Database("login")
    database.away = True
    with Logins(database, pause_seconds=0.01).watched(lambda: "login") as gone:
        while len(database.asked) < 3:
            await asyncio.sleep(0.01)

        assert not gone.is_set()


async def test_nothing_is_asked_while_nobody_watches() -> None:
    database = Database("login")
    logins = Logins(database, pause_seconds=0.01)
    with logins.watched(lambda: "login"):
        pass
    await asyncio.sleep(0.05)

    assert database.asked == []
    assert len(asyncio.all_tasks()) == 1


@pytest.mark.parametrize("key", ["a newer login", "login"])
async def test_a_shell_that_passed_on_to_a_newer_login_watches_that_one(key: str) -> None:
    database = Database("a newer login")
    with Logins(database, pause_seconds=0.01).watched(lambda: key) as gone:
        while len(database.asked) < 3:
            await asyncio.sleep(0.01)

        assert gone.is_set() == (key == "login")
