"""Who may call: a token, or a session with its CSRF token; what is wrong with the others is said."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.test import Client

from console.people.models import ApiToken
from console.people.tokens import issue_token
from tasks.models import Operation
from tests.api.caller import TASKS, Caller, said, specification

pytestmark = pytest.mark.django_db(databases=["default", "index"])


def _answer(secret: str | None, path: str = TASKS) -> tuple[int, list[tuple[str, str]]]:
    headers = {} if secret is None else {"Authorization": f"Bearer {secret}"}
    response = Client().get(path, headers=headers)
    assert response["WWW-Authenticate"] == 'Bearer realm="trainyard"'
    return response.status_code, said(response)


def test_a_call_without_a_usable_token_says_what_is_wrong_with_it(alice: Caller) -> None:
    past = datetime.now(UTC) - timedelta(days=2)
    expired = issue_token(alice.user, key=uuid4(), name="old", may_write=True, days=1, now=past).secret

    assert _answer(None) == (401, [("", "not-authenticated")])
    assert _answer(None, f"{TASKS}?token={alice.secret}") == (401, [("", "not-authenticated")])
    assert _answer(None, "/api/v1/nothing") == (401, [("", "not-authenticated")])
    assert _answer("ty_" + "x" * 43) == (401, [("", "token-unknown")])
    assert _answer(expired) == (401, [("", "token-expired")])
    ApiToken.objects.update(revoked_at=datetime.now(UTC))
    assert _answer(alice.secret) == (401, [("", "token-revoked")])


def test_the_token_of_a_closed_account_opens_nothing(alice: Caller) -> None:
    alice.user.is_active = False
    alice.user.save()

    assert _answer(alice.secret) == (401, [("", "account-inactive")])


def test_a_token_that_may_only_read_changes_nothing_but_may_validate(alice: Caller) -> None:
    ApiToken.objects.update(may_write=False)

    assert alice.get(TASKS).status_code == 200
    assert alice.post(f"{TASKS}/validate?dry_run=false", {"specification": specification()}).status_code == 200
    refused = alice.post(TASKS, {"specification": specification()})
    assert (refused.status_code, said(refused)) == (403, [("", "scope")])


def test_a_session_calls_too_but_changes_nothing_without_its_csrf_token(alice: Caller) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(alice.user)

    assert browser.get(TASKS).status_code == 200
    refused = browser.post(TASKS, {"specification": specification()}, content_type="application/json")
    assert (refused.status_code, said(refused)) == (403, [("", "permission-denied")])


def test_a_session_with_its_csrf_token_does_what_a_token_does(alice: Caller) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(alice.user)
    browser.get("/account/tokens/")  # any page sets the cookie
    csrf = {"X-CSRFToken": browser.cookies["csrf"].value}

    created = browser.post(TASKS, {"specification": specification()}, content_type="application/json", headers=csrf)
    withdrawn = browser.generic("POST", f"{created['Location']}/withdraw", headers=csrf)
    forgotten = browser.generic("POST", f"{created['Location']}/withdraw")

    assert (created.status_code, withdrawn.status_code) == (202, 200)
    assert withdrawn.json()["state"] == "failed"
    assert (forgotten.status_code, said(forgotten)) == (403, [("", "permission-denied")])


def test_a_token_needs_no_csrf_token_whatever_cookies_come_with_it(alice: Caller, carol: Caller) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(carol.user)
    bearer = {"Authorization": f"Bearer {alice.secret}"}

    created = browser.post(TASKS, {"specification": specification()}, content_type="application/json", headers=bearer)

    assert created.status_code == 202
    assert Operation.objects.get().asked_by == alice.user


def test_headers_that_name_somebody_else_change_nothing(alice: Caller, mallory: Caller) -> None:
    headers = {"Impersonate_User": "alice", "X_Remote_User": "alice", "Impersonate_Group": "team-vision"}

    assert mallory.get(TASKS, **headers).status_code == 404


def test_too_many_calls_are_told_to_wait(alice: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tasks.api.throttle.PerToken.rate", "2/min")

    answers = [alice.get("/api/v1/flavors") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert int(answers[2]["Retry-After"]) <= 60


def test_whoever_tries_tokens_is_told_to_wait_and_who_has_one_is_not(
    alice: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tasks.api.throttle.WrongTokens.rate", "2/min")
    wrong = {"Authorization": "Bearer ty_" + "x" * 43}

    answers = [Client().get(TASKS, headers=wrong) for _ in range(3)]
    elsewhere = Client(REMOTE_ADDR="192.0.2.1").get(TASKS, headers=wrong)

    assert [answer.status_code for answer in (*answers, elsewhere)] == [401, 401, 429, 401]
    assert said(answers[2]) == [("", "throttled")]
    assert 1 <= int(answers[2]["Retry-After"]) <= 60
    assert alice.get(TASKS).status_code == 200


def test_what_one_saw_is_kept_by_no_cache(alice: Caller) -> None:
    response = alice.get(TASKS)

    assert response["Cache-Control"] == "no-store"
    assert "Cookie" in response["Vary"]


def test_what_there_is_to_choose_from(alice: Caller, carol: Caller) -> None:
    flavors = alice.get("/api/v1/flavors").json()["flavors"]
    frameworks = alice.get("/api/v1/frameworks").json()["frameworks"]
    mine = alice.get("/api/v1/namespaces").json()["namespaces"]
    hers = carol.get("/api/v1/namespaces").json()["namespaces"]

    assert "cpu-100m-128Mi" in {flavor["key"] for flavor in flavors}
    assert {framework["key"] for framework in frameworks} == {"tensorflow", "mxnet", "pytorch", "mpi"}
    assert mine == [{"name": "vision", "class_name": "gpu", "state": "Active", "may_create": True}]
    assert [namespace["may_create"] for namespace in hers] == [False]
