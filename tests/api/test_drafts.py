from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connections
from django.http import HttpResponse
from django.test import Client

from tasks.models import Draft, Operation
from tests.api.caller import Caller, said, specification
from tests.tasks.drafts import draft
from tests.tasks.engines import console, postgres_console

__all__ = ["console", "postgres_console"]
pytestmark = pytest.mark.django_db(databases=["default", "index"])
DRAFTS = "/api/v1/drafts"


def _begun(caller: Caller, **changes: object) -> str:
    sent = {"specification": specification(namespace="vision", **changes)}
    return caller.post(DRAFTS, sent)["Location"]


def test_a_draft_holds_mistakes_and_tells_them(alice: Caller) -> None:
    made = alice.post(DRAFTS, {"specification": specification(name="Bad", namespace="vision")})

    assert made.status_code == 201
    assert made.json()["version"] == 1  # written once: no empty draft is left where the second write fails
    assert made["ETag"] == f'"{made.json()["version"]}"'
    assert said(made) == [("name", "name-start")]
    assert made.json()["specification"]["name"] == "Bad"
    assert [line["name"] for line in alice.get(DRAFTS).json()["drafts"]] == ["Bad"]


def test_a_draft_has_no_role_that_its_mode_lacks(alice: Caller) -> None:
    sent = specification(namespace="vision")
    sent["roles"] = {**sent["roles"], "Chief": next(iter(sent["roles"].values()))}

    response = alice.post(DRAFTS, {"specification": sent})

    assert (response.status_code, said(response)) == (422, [("roles.Chief", "role-unknown")])
    assert not Draft.objects.exists()


def test_a_draft_is_replaced_only_by_who_saw_its_newest_version(alice: Caller) -> None:
    address = _begun(alice)
    etag = alice.get(address)["ETag"]
    better = {"specification": specification(namespace="vision", name="bert")}

    without = alice.put(address, better)
    replaced = alice.put(address, better, If_Match=etag)
    behind = alice.put(address, better, If_Match=etag)
    nonsense = alice.put(address, better, If_Match="W/x")

    assert [answer.status_code for answer in (without, replaced, behind, nonsense)] == [428, 200, 412, 422]
    assert replaced["ETag"] != etag
    assert Draft.objects.get().name == "bert"


def test_a_draft_keeps_its_type(alice: Caller) -> None:
    address = _begun(alice)
    other = {"specification": specification(framework="mpi", mode="allreduce", roles={})}

    response = alice.put(address, other, If_Match=alice.get(address)["ETag"])

    assert (response.status_code, said(response)) == (422, [("framework", "invalid-choice")])


def test_a_draft_of_the_wizard_is_submitted_once(alice: Caller) -> None:
    begun = draft(alice.user)
    address = f"{DRAFTS}/{begun.key}"

    first = alice.post(f"{address}/submit")
    again = alice.post(f"{address}/submit")
    changed = alice.put(address, {"specification": specification()}, If_Match='"1"')

    assert (first.status_code, first.json()) == (202, again.json())
    assert (changed.status_code, said(changed)) == (409, [("", "draft-submitted")])
    assert Operation.objects.count() == 1


def test_a_draft_that_is_not_ready_says_why(alice: Caller) -> None:
    response = alice.post(f"{_begun(alice, image='')}/submit")

    assert (response.status_code, said(response)) == (422, [("image", "required")])


def test_a_draft_is_deleted(alice: Caller) -> None:
    address = _begun(alice)

    assert alice.delete(address).status_code == 204
    assert alice.get(address).status_code == 404


def _side_by_side(caller: Caller, *acts: Callable[[Caller], HttpResponse]) -> list[int]:
    """The statuses of what several programs were told at once, sorted."""
    together = Barrier(len(acts))

    def one(act: Callable[[Caller], HttpResponse]) -> int:
        together.wait(timeout=30)
        try:
            return act(Caller(Client(), caller.user, caller.secret)).status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(acts)) as pool:
        return sorted(pool.map(one, acts))


@pytest.mark.slow
@pytest.mark.django_db(databases=["default", "index"], transaction=True)
@pytest.mark.usefixtures("console")
def test_of_two_who_replace_a_draft_at_once_the_second_is_told_on_either_database(alice: Caller) -> None:
    address = _begun(alice)
    etag = alice.get(address)["ETag"]

    def put(name: str) -> Callable[[Caller], HttpResponse]:
        body = {"specification": specification(namespace="vision", name=name)}
        return lambda program: program.put(address, body, If_Match=etag)

    assert _side_by_side(alice, put("bert"), put("gpt")) == [200, 412]
    assert Draft.objects.get().name in {"bert", "gpt"}


@pytest.mark.slow
@pytest.mark.django_db(databases=["default", "index"], transaction=True)
@pytest.mark.usefixtures("console")
def test_a_draft_that_several_submit_at_once_is_one_task_on_either_database(alice: Caller) -> None:
    address = f"{DRAFTS}/{draft(alice.user).key}/submit"

    assert _side_by_side(alice, *[lambda program: program.post(address)] * 4) == [202] * 4
    assert Operation.objects.count() == 1
