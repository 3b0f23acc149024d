"""Whatever goes wrong is told in the one shape."""

import pytest
from django.test import Client

from tasks.models import Draft
from tests.api.caller import TASKS, Caller, said
from tests.tasks.drafts import draft

pytestmark = pytest.mark.django_db(databases=["default", "index"])


@pytest.fixture
def session(alice: Caller) -> Client:
    """Alice's, with a session and the CSRF cookie of a page that she looked at."""
    found = Client(enforce_csrf_checks=True)
    found.force_login(alice.user)
    found.get("/account/tokens/")
    return found


def test_a_mistake_of_ours_is_told_in_the_one_shape(alice: Caller) -> None:
    begun = draft(alice.user)
    Draft.objects.update(framework="of-a-version-to-come")
    program = Client(raise_request_exception=False)

    response = program.get(f"/api/v1/drafts/{begun.key}", headers={"Authorization": f"Bearer {alice.secret}"})

    assert (response.status_code, response["Content-Type"]) == (500, "application/json")
    assert said(response) == [("", "internal-error")]
    assert response.json()["warnings"] == []
    assert set(response.json()["errors"][0]) == {"path", "code", "message", "parameters", "blocking"}


@pytest.mark.parametrize(
    ("content_type", "status", "code"),
    [
        ("application/json", 413, "too-large"),
        ("application/yaml", 413, "too-large"),
        ("application/x-www-form-urlencoded", 415, "unsupported-media-type"),
        ("multipart/form-data; boundary=b", 415, "unsupported-media-type"),
        ("multipart/form-data", 415, "unsupported-media-type"),
        ("", 415, "unsupported-media-type"),
    ],
)
def test_three_megabytes_are_refused_in_json_whoever_sends_them_and_as_whatever(
    session: Client, alice: Caller, content_type: str, status: int, code: str
) -> None:
    # Read as a form, more than 2.5 MB or 10,000 fields would be a plain 400 of Django.
    body = b"a=&" * 1_000_000
    csrf = {"X-CSRFToken": session.cookies["csrf"].value}
    bearer = {"Authorization": f"Bearer {alice.secret}"}

    of_session = session.generic("POST", TASKS, body, content_type, headers=csrf)
    of_token = Client().generic("POST", TASKS, body, content_type, headers=bearer)

    assert (of_session.status_code, said(of_session)) == (status, [("", code)])
    assert (of_token.status_code, of_token.content) == (of_session.status_code, of_session.content)
