"""Operations: withdrawn while nobody has begun them, confirmed where they wait for that, and told as they are."""

import pytest

from tasks.models import Operation
from tests.api.caller import TASKS, Caller, said, specification

pytestmark = pytest.mark.django_db(databases=["default", "index"])


def _asked(caller: Caller) -> str:
    return caller.post(TASKS, {"specification": specification()})["Location"]


def test_an_operation_is_withdrawn_once_and_told_so_again(alice: Caller) -> None:
    address = _asked(alice)

    first, again = alice.post(f"{address}/withdraw"), alice.post(f"{address}/withdraw")

    assert (first.status_code, first.json()["state"]) == (200, "failed")
    assert first.json() == again.json()
    assert alice.get(address).json()["message"]


@pytest.mark.parametrize("state", ["applying", "succeeded", "failed"])
def test_it_is_too_late_once_somebody_carries_it_out(alice: Caller, state: str) -> None:
    address = _asked(alice)
    Operation.objects.update(state=state)

    response = alice.post(f"{address}/withdraw")

    assert (response.status_code, said(response)) == (409, [("", "nothing-to-change")])
    assert Operation.objects.get().state == state


def test_what_waits_for_an_answer_is_confirmed(alice: Caller) -> None:
    address = _asked(alice)
    Operation.objects.update(state="needs-confirmation", reason="changed")

    confirmed, again = alice.post(f"{address}/confirm"), alice.post(f"{address}/confirm")

    assert (confirmed.json()["state"], again.json()["state"]) == ("accepted", "accepted")
    assert confirmed.json()["message"] == ""
