import pytest
from django.test import Client

pytestmark = pytest.mark.django_db
PREFERENCES = "/preferences/"


def test_a_language_is_kept_in_a_cookie_and_the_page_comes_back(client: Client) -> None:
    response = client.post(PREFERENCES, {"language": "zh-hans", "next": "/sign-in/?next=/"})

    assert response["Location"] == "/sign-in/?next=/"
    assert "登录" in client.get("/sign-in/").content.decode()


def test_a_theme_is_drawn_by_the_server(client: Client) -> None:
    followed = client.get("/sign-in/").content.decode()
    client.post(PREFERENCES, {"theme": "dark", "next": "/sign-in/"})
    chosen = client.get("/sign-in/").content.decode()

    assert "data-theme-follows-system" in followed
    assert 'data-bs-theme="dark"' in chosen
    assert "data-theme-follows-system" not in chosen


@pytest.mark.parametrize("wrong", [{}, {"theme": "neon"}, {"language": "tlh"}, {"theme": "dark", "language": "tlh"}])
def test_what_cannot_be_chosen_is_refused(client: Client, wrong: dict[str, str]) -> None:
    assert client.post(PREFERENCES, wrong).status_code == 400


def test_it_is_posted_and_leads_nowhere_else(client: Client) -> None:
    assert client.get(PREFERENCES).status_code == 405
    assert client.post(PREFERENCES, {"theme": "dark", "next": "https://evil.example/"})["Location"] == "/"
