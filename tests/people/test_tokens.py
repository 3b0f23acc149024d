"""Tokens of the API: what is kept of them, when they open nothing, and the page that makes and ends them."""

import re
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import NON_FIELD_ERRORS
from django.test import Client

from console.people import tokens
from console.people.models import ApiToken
from console.people.tokens import Refusal, TokenRefused, issue_token, revoke_token, token_for

pytestmark = pytest.mark.django_db(databases=["default", "index"])
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
PAGE = "/account/tokens/"
SECRET = re.compile(r"ty_[A-Za-z0-9_-]{43}")


@pytest.fixture
def ada() -> User:
    return User.objects.create_user("ada")


def _issue(owner: User, **changes: object) -> tokens.Issued:
    values = {"key": uuid4(), "name": "nightly", "may_write": False, "days": 30, "now": NOW} | changes
    return issue_token(owner, **values)  # type: ignore[arg-type]


def _refusal(secret: str, now: datetime = NOW) -> Refusal:
    with pytest.raises(TokenRefused) as caught:
        token_for(secret, now=now)
    return caught.value.refusal


def test_the_secret_is_kept_nowhere_and_opens_the_token(ada: User) -> None:
    issued = _issue(ada)

    row = ApiToken.objects.values().get()
    assert SECRET.fullmatch(issued.secret)
    assert issued.secret not in str(row)
    assert issued.secret[9:] not in str(row)
    assert token_for(issued.secret, now=NOW).owner == ada


def test_a_token_that_is_expired_revoked_or_of_a_closed_account_says_which(ada: User) -> None:
    secret, other = _issue(ada, days=1).secret, _issue(ada)

    assert token_for(secret, now=NOW + timedelta(hours=23))
    assert _refusal(secret, NOW + timedelta(days=1)) is Refusal.EXPIRED
    assert revoke_token(ada, other.token.pk, now=NOW)
    assert _refusal(other.secret) is Refusal.REVOKED
    ada.is_active = False
    ada.save()
    assert _refusal(secret) is Refusal.INACTIVE


@pytest.mark.parametrize("wrong", ["", "ty_", "ty_" + "a" * 43, "Bearer x", "ty_" + "a" * 42 + "\n", "é" * 46, "\0"])
def test_what_is_no_token_of_ours_is_unknown(ada: User, wrong: str) -> None:
    _issue(ada)

    assert _refusal(wrong) is Refusal.UNKNOWN


def test_its_use_is_noted_once_a_minute(ada: User) -> None:
    secret = _issue(ada).secret

    noted = []
    for seconds in (0, 59, 60):
        token_for(secret, now=NOW + timedelta(seconds=seconds))
        noted.append(ApiToken.objects.get().last_used_at)

    assert noted == [NOW, NOW, NOW + timedelta(seconds=60)]


def test_nobody_ends_the_token_of_somebody_else(ada: User) -> None:
    issued = _issue(ada)

    assert not revoke_token(User.objects.create_user("mallory"), issued.token.pk, now=NOW)
    assert token_for(issued.secret, now=NOW)


def test_the_number_of_working_tokens_is_bounded_and_ended_ones_are_forgotten(ada: User) -> None:
    for _ in range(tokens.TOKENS_MAX):
        _issue(ada, days=1)

    with pytest.raises(tokens.TooManyTokens):
        _issue(ada)
    assert _issue(ada, now=NOW + timedelta(days=40)).secret
    assert ApiToken.objects.count() == 1


def test_the_page_shows_a_new_token_once(client: Client, ada: User) -> None:
    client.force_login(ada)
    typed = {"name": "nightly", "scope": "write", "days": "90", "key": uuid4()}

    created = client.post(PAGE, typed).content.decode()
    reloaded = client.post(PAGE, typed).content.decode()
    later = client.get(PAGE)

    (secret,) = set(SECRET.findall(created))
    token = token_for(secret, now=datetime.now(UTC))
    assert (token.name, token.may_write) == ("nightly", True)
    assert token.expires_at - token.created_at == timedelta(days=90)
    assert not SECRET.search(reloaded + later.content.decode())
    assert ApiToken.objects.count() == 1
    assert later["Cache-Control"] == "no-store"


WHOLE = "Write a whole number from 1 to 90."


@pytest.mark.parametrize(
    ("field", "wrong", "words"),
    [
        ("name", "", "Fill this in."),
        ("name", "  ", "Fill this in."),
        ("name", "x" * 65, "At most 64 characters; these are 65."),
        ("name", "a\u202eb", "Invisible characters are not allowed."),
        ("name", "a\0b", "Invisible characters are not allowed."),
        ("scope", "admin", "Choose one."),
        ("scope", "", "Choose one."),
        ("days", "0", WHOLE),
        ("days", "366", WHOLE),
        ("days", "-1", WHOLE),
        ("days", "1.5", WHOLE),
        ("days", "３０", WHOLE),
        ("days", "9" * 30, WHOLE),
        ("days", "9" * 3000, WHOLE),
        ("days", "3\0", WHOLE),
        ("days", "", "Fill this in."),
        ("key", "no", "This form cannot be used. Reload the page and try again."),
        ("key", "", "This form cannot be used. Reload the page and try again."),
    ],
)
def test_what_cannot_be_is_said_beside_its_field_in_the_console_s_own_words(
    client: Client, ada: User, field: str, wrong: str, words: str
) -> None:
    client.force_login(ada)

    page = client.post(PAGE, {"name": "nightly", "scope": "read", "days": "30", "key": uuid4()} | {field: wrong})

    assert page.status_code == 422
    assert page.context["form"].errors[NON_FIELD_ERRORS if field == "key" else field] == [words]
    assert words in page.content.decode()
    assert not ApiToken.objects.exists()


def test_a_key_that_is_somebody_elses_gives_nothing_away(client: Client, ada: User) -> None:
    issued = _issue(User.objects.create_user("grace"), name="treasure")
    client.force_login(ada)

    page = client.post(PAGE, {"name": "x", "scope": "read", "days": "30", "key": issued.token.pk})

    assert page.status_code == 422
    assert "treasure" not in page.content.decode()


def test_revoking_asks_first(client: Client, ada: User) -> None:
    client.force_login(ada)
    issued = _issue(ada, now=datetime.now(UTC))
    address = f"{PAGE}{issued.token.pk}/revoke/"

    question = client.get(address)
    dialog = client.get(address, headers={"HX-Request": "true"}).content.decode()
    assert token_for(issued.secret, now=datetime.now(UTC))
    answer = client.post(address)

    assert "nightly" in question.content.decode()
    assert dialog.strip().startswith('<dialog id="question"')
    assert answer["Location"] == PAGE
    assert _refusal(issued.secret, datetime.now(UTC)) is Refusal.REVOKED
    assert client.get(address).status_code == 404


def test_the_page_is_for_people_who_are_signed_in(client: Client, ada: User) -> None:
    issued = _issue(ada)

    assert client.get(PAGE).status_code == 302
    assert client.post(f"{PAGE}{issued.token.pk}/revoke/").status_code == 302
    assert token_for(issued.secret, now=NOW)
