import pytest

from tests.api.caller import TASKS, Caller, said, specification

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
