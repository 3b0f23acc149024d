from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connections
from django.http import HttpResponse
from django.test import Client

from tests.api.caller import TASKS, Caller, role, said, specification
from tests.tasks.engines import console, postgres_console

__all__ = ["console", "postgres_console"]
pytestmark = pytest.mark.django_db(databases=["default", "index"])
TEMPLATES = "/api/v1/namespaces/vision/templates"


def test_a_template_is_kept_without_a_name_and_makes_a_task(alice: Caller) -> None:
    made = alice.post(TEMPLATES, {"title": "Nightly", "specification": specification()})

    kept = alice.get(made["Location"]).json()
    created = alice.post(TASKS, {"specification": kept["specification"] | {"name": "again"}})
    assert (made.status_code, created.status_code) == (201, 202)
    assert (kept["title"], kept["specification"]["name"], kept["specification"]["namespace"]) == ("Nightly", "", "")
    assert [line["title"] for line in alice.get(TEMPLATES).json()["templates"]] == ["Nightly"]
    assert alice.delete(made["Location"]).status_code == 204
    assert alice.get(made["Location"]).status_code == 404


def test_a_title_is_there_and_only_once(alice: Caller) -> None:
    alice.post(TEMPLATES, {"title": "Nightly", "specification": specification()})

    again = alice.post(TEMPLATES, {"title": "Nightly", "specification": specification()})
    long = alice.post(TEMPLATES, {"title": "x" * 64, "specification": specification()})
    none = alice.post(TEMPLATES, {"specification": specification()})

    assert (again.status_code, said(again)) == (422, [("title", "title-taken")])
    assert said(long) == [("title", "invalid")]
    assert said(none) == [("title", "required")]


def test_viewers_see_the_list_and_strangers_nothing(alice: Caller, carol: Caller, mallory: Caller) -> None:
    address = alice.post(TEMPLATES, {"title": "Nightly", "specification": specification()})["Location"]

    assert len(carol.get(TEMPLATES).json()["templates"]) == 1
    assert carol.get(address).status_code == carol.delete(address).status_code == 403
    assert carol.post(TEMPLATES, {"title": "Mine", "specification": specification()}).status_code == 403
    assert mallory.get(TEMPLATES).status_code == mallory.get(address).status_code == 404


def test_a_template_is_renamed_and_described_by_who_saw_its_newest_version(alice: Caller, carol: Caller) -> None:
    address = alice.post(TEMPLATES, {"title": "Nightly", "about": "of ours", "specification": specification()})[
        "Location"
    ]
    etag = alice.get(address)["ETag"]

    without = alice.patch(address, {"title": "Weekly"})
    renamed = alice.patch(address, {"title": " Weekly "}, If_Match=etag)
    behind = alice.patch(address, {"title": "Monthly"}, If_Match=etag)
    described = alice.patch(address, {"about": ""}, If_Match=renamed["ETag"])
    looks_on = carol.patch(address, {"title": "Hers"}, If_Match=described["ETag"])

    answers = (without, renamed, behind, described, looks_on)
    assert [answer.status_code for answer in answers] == [428, 200, 412, 200, 403]
    assert (renamed.json()["title"], renamed.json()["about"]) == ("Weekly", "of ours")
    assert (described.json()["title"], described.json()["about"]) == ("Weekly", "")
    assert alice.get(address)["ETag"] == described["ETag"] == f'"{described.json()["version"]}"'
    assert alice.get(address).json()["specification"]["image"] == "python:3.11-slim"


def test_a_name_that_is_none_or_taken_changes_nothing(alice: Caller) -> None:
    alice.post(TEMPLATES, {"title": "Nightly", "specification": specification()})
    made = alice.post(TEMPLATES, {"title": "Weekly", "specification": specification()})
    address, version = made["Location"], {"If_Match": made["ETag"]}

    taken = alice.patch(address, {"title": "Nightly"}, **version)
    empty = alice.patch(address, {"title": " "}, **version)
    typed = alice.patch(address, {"title": 5}, **version)
    unknown = alice.patch(address, {"specification": specification()}, **version)

    assert said(taken) == [("title", "title-taken")]
    assert said(empty) == [("title", "invalid")]
    assert said(typed) == [("title", "field-type")]
    assert said(unknown) == [("specification", "field-unknown")]
    assert {answer.status_code for answer in (taken, empty, typed, unknown)} == {422}
    assert alice.get(address).json()["title"] == "Weekly"


def _with_values() -> dict[str, Any]:
    entries = [
        {"name": "LR", "value": "0.1"},
        {"name": "API_TOKEN", "value": "s3cret"},
        {"name": "IP", "field": "status.podIP"},
    ]
    return specification(roles={"Master": role(env=entries), "Worker": role()})


def test_values_that_look_secret_are_left_out_as_the_wizard_does(alice: Caller) -> None:
    made = alice.post(TEMPLATES, {"title": "Nightly", "specification": _with_values()})

    kept = alice.get(made["Location"]).json()["specification"]["roles"]["Master"]["env"]
    assert made.json()["left_out"] == ["roles.Master.env.1.value"]
    assert kept[0] == {"name": "LR", "value": "0.1"}
    assert kept[1] == {"name": "API_TOKEN", "value": ""}


def test_the_caller_says_which_values_are_left_out(alice: Caller) -> None:
    def post(title: str, *paths: str) -> HttpResponse:
        return alice.post(TEMPLATES, {"title": title, "specification": _with_values(), "leave_out": list(paths)})

    none, first = post("None"), post("First", "roles.Master.env.0.value")
    wrong = post("Wrong", "roles.Master.env.0.value", "roles.Master.env.2.value", "x" * 200)

    values = [answer.json()["specification"]["roles"]["Master"]["env"] for answer in (none, first)]
    assert [[entry.get("value") for entry in env] for env in values] == [["0.1", "s3cret", None], ["", "s3cret", None]]
    assert said(wrong) == [("leave_out.1", "invalid-choice"), ("leave_out.2", "invalid-choice")]


@pytest.mark.slow
@pytest.mark.django_db(databases=["default", "index"], transaction=True)
@pytest.mark.usefixtures("console")
def test_of_two_templates_of_one_name_at_once_there_is_one_on_either_database(alice: Caller) -> None:
    together = Barrier(2)

    def keep(_index: int) -> HttpResponse:
        together.wait(timeout=30)
        try:
            other = Caller(Client(), alice.user, alice.secret)
            return other.post(TEMPLATES, {"title": "Nightly", "specification": specification()})
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        answers = sorted(pool.map(keep, range(2)), key=lambda answer: answer.status_code)

    assert [answer.status_code for answer in answers] == [201, 422]
    assert said(answers[1]) == [("title", "title-taken")]
    assert alice.get(answers[0]["Location"]).json()["specification"]["mode"] == "distributed"
