import pytest
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import DataError
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path

from console.cluster.errors import ClusterUnavailable, Forbidden, NotFound, Rejected
from console.urls import handler403, handler404, handler500
from console.urls import urlpatterns as console_urlpatterns

__all__ = ["handler403", "handler404", "handler500"]
pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]
FAILURES = {
    "denied": PermissionDenied("not in this namespace"),
    "forbidden": Forbidden("pods is forbidden", status=403),
    "missing": NotFound("pods not found", status=404),
    "rejected": Rejected("spec.replicas: must be positive", status=422),
    "away": ClusterUnavailable("connection refused"),
    "unstorable": DataError("value out of range: secret detail"),  # nobody sent a NUL: a fault of ours
    "broken": ZeroDivisionError("secret detail"),
}


def fail(request: HttpRequest, how: str) -> HttpResponse:
    raise FAILURES[how]


urlpatterns = [*console_urlpatterns, path("fail/<str:how>/", fail)]


@pytest.mark.parametrize(
    ("how", "status", "words"),
    [
        ("denied", 403, "not in this namespace"),
        ("forbidden", 403, "pods is forbidden"),
        ("missing", 404, "There is no such page"),
        ("rejected", 502, "spec.replicas: must be positive"),
        ("away", 503, "The cluster does not answer"),
        ("unstorable", 500, "The console could not answer"),
        ("broken", 500, "The console could not answer"),
    ],
)
def test_each_failure_has_its_page_and_its_words_for_an_open_page(how: str, status: int, words: str) -> None:
    client = Client(raise_request_exception=False)

    page, region = client.get(f"/fail/{how}/"), client.get(f"/fail/{how}/", headers={"HX-Request": "true"})

    assert (page.status_code, region.status_code) == (status, status)
    assert words in page.content.decode()
    assert words in region.content.decode()
    assert b"secret detail" not in page.content
    assert region["Content-Type"].startswith("text/plain")


def test_an_error_page_needs_no_cluster_and_no_index(client: Client) -> None:
    client.force_login(User.objects.create_user("ada"))  # the index is not among this test's databases

    assert client.get("/no/such/page/").status_code == 404


def test_every_page_forbids_what_is_not_our_own_and_is_kept_by_nobody(client: Client) -> None:
    response = client.get("/sign-in/")

    assert "default-src 'none'" in response["Content-Security-Policy"]
    assert "unsafe" not in response["Content-Security-Policy"]
    assert response["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("origin", "words"), [("http://testserver", "Send it again"), ("https://evil.example", "open for too long")]
)
def test_what_a_page_of_ours_sends_after_a_new_sign_in_can_be_sent_again(origin: str, words: str) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(User.objects.create_user("ada"))

    response = client.post(
        "/preferences/?a=1", {"theme": "<dark>", "csrfmiddlewaretoken": "old"}, headers={"Origin": origin}
    )

    page = response.content.decode()
    assert response.status_code == 403
    assert words in page
    assert ('name="theme" value="&lt;dark&gt;"' in page) is (words == "Send it again")
    assert 'value="old"' not in page


@pytest.mark.parametrize(("origin", "status"), [("http://testserver", 403), ("https://evil.example", 302)])
def test_what_a_page_of_ours_sends_after_a_sign_out_is_not_lost(origin: str, status: int) -> None:
    response = Client().post("/account/tokens/", {"name": "nightly & co"}, headers={"Origin": origin})

    assert response.status_code == status
    assert ('value="nightly &amp; co"' in response.content.decode()) is (status == 403)


def test_no_password_is_written_into_a_page_that_is_sent_again() -> None:
    headers = {"Origin": "http://testserver"}

    response = Client().post("/account/tokens/", {"name": "x", "password": "hunter2"}, headers=headers)

    assert response.status_code == 302
