from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from console.people.models import SignInTry

pytestmark = pytest.mark.django_db(databases=["default", "index"])
SIGN_IN = "/sign-in/"


@pytest.fixture
def ada(db: None) -> User:
    return User.objects.create_user("ada", password="right")


def test_the_right_password_leads_on(client: Client, ada: User) -> None:
    response = client.post(SIGN_IN, {"username": "ada", "password": "right", "next": "/n/vision/tasks/?q=a"})

    assert response["Location"] == "/n/vision/tasks/?q=a"
    assert client.session["_auth_user_id"] == str(ada.pk)


@pytest.mark.parametrize(
    "next_url", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "/\\evil.example", ""]
)
def test_the_way_back_stays_with_us(client: Client, ada: User, next_url: str) -> None:
    response = client.post(SIGN_IN, {"username": "ada", "password": "right", "next": next_url})

    assert response["Location"] == "/"


def test_a_login_ends_eight_hours_after_it_began(client: Client, ada: User) -> None:
    client.post(SIGN_IN, {"username": "ada", "password": "right"})

    left = client.session.get_expiry_date() - timezone.now()
    assert timedelta(hours=7, minutes=59) < left <= timedelta(hours=8)


def test_the_session_is_another_one_after_signing_in(client: Client, ada: User) -> None:
    client.get(SIGN_IN)
    session = client.session
    session["planted"] = "by somebody else"
    session.save()
    before = session.session_key
    client.cookies["session"] = before

    client.post(SIGN_IN, {"username": "ada", "password": "right"})

    assert client.session.session_key != before


def test_wrong_and_unknown_are_answered_in_the_same_words(client: Client, ada: User) -> None:
    User.objects.create_user("closed", password="right", is_active=False)

    pages = [
        client.post(SIGN_IN, {"username": name, "password": word}).content.decode()
        for name, word in (("ada", "wrong"), ("nobody", "wrong"), ("closed", "right"))
    ]

    assert all("The user name or the password is wrong." in page for page in pages)


def test_a_wrong_password_answers_422_and_keeps_the_name(client: Client, ada: User) -> None:
    response = client.post(SIGN_IN, {"username": "ada", "password": "wrong"})

    assert response.status_code == 422
    assert b'value="ada"' in response.content
    assert b"wrong</" not in response.content.replace(b"is wrong.</p>", b"")


@pytest.mark.parametrize("name", ["ada", "nobody"])
def test_after_five_wrong_tries_even_the_right_one_waits(client: Client, ada: User, name: str) -> None:
    for _ in range(5):
        client.post(SIGN_IN, {"username": name, "password": "wrong"})

    response = client.post(SIGN_IN, {"username": name.upper() if name == "nobody" else name, "password": "right"})

    assert "Too many wrong tries. Wait 5 minutes, then try again." in response.content.decode()
    assert "_auth_user_id" not in client.session


def test_the_wait_ends(client: Client, ada: User) -> None:
    for _ in range(5):
        client.post(SIGN_IN, {"username": "ada", "password": "wrong"})
    SignInTry.objects.update(last_at=timezone.now() - timedelta(minutes=6))

    assert client.post(SIGN_IN, {"username": "ada", "password": "right"}).status_code == 302
    assert not SignInTry.objects.exists()


def test_another_address_does_not_wait(client: Client, ada: User) -> None:
    for _ in range(5):
        client.post(SIGN_IN, {"username": "ada", "password": "wrong"})

    response = client.post(SIGN_IN, {"username": "ada", "password": "right"}, REMOTE_ADDR="192.0.2.7")

    assert response.status_code == 302


def test_who_is_signed_in_goes_on(client: Client, ada: User) -> None:
    client.force_login(ada)

    assert client.get(f"{SIGN_IN}?next=/n/vision/tasks/")["Location"] == "/n/vision/tasks/"


def test_a_region_of_an_open_page_sends_the_whole_page_to_sign_in(client: Client) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/n/vision/tasks/?q=a"}

    response = client.get(f"{SIGN_IN}?next=/n/vision/operations/", headers=headers)

    assert response["HX-Redirect"] == "/sign-in/?next=%2Fn%2Fvision%2Ftasks%2F%3Fq%3Da"


def test_signing_out_ends_the_session_and_is_no_link(client: Client, ada: User) -> None:
    client.force_login(ada)

    assert client.get("/sign-out/").status_code == 405
    assert client.post("/sign-out/")["Location"] == SIGN_IN
    assert "_auth_user_id" not in client.session


def test_forms_of_other_sites_are_refused_in_our_words(ada: User) -> None:
    response = Client(enforce_csrf_checks=True).post(SIGN_IN, {"username": "ada", "password": "right"})

    assert response.status_code == 403
    assert b"This page was open for too long" in response.content
