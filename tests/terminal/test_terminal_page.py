import pytest
from django.contrib.auth.models import User
from django.test import Client

from console.index.models import Pod
from tests.terminal.conftest import POD_UID
from tests.terminal.rights_server import RightsServer

pytestmark = pytest.mark.django_db(databases=["default", "index"])
PAGE = f"/n/vision/tasks/task-1/pods/{POD_UID}/terminal/"
TICKET = f"{PAGE}ticket/"


@pytest.fixture
def as_ada(client: Client, ada: User, pod: Pod, rights: RightsServer) -> Client:
    client.force_login(ada)
    return client


def test_the_page_is_a_document_of_its_own_with_a_policy_of_its_own(as_ada: Client) -> None:
    response = as_ada.get(PAGE)

    assert response.status_code == 200
    policy = response["Content-Security-Policy"]
    assert "frame-ancestors 'self'" in policy
    assert "style-src-attr 'unsafe-inline'" in policy
    assert "script-src 'self';" in f"{policy};"
    assert "unsafe-inline'" not in policy.replace("style-src-attr 'unsafe-inline'", "")
    assert response["X-Frame-Options"] == "SAMEORIGIN"
    page = response.content.decode()
    assert f"/ws/terminal/{POD_UID}/" in page
    assert "kubectl exec -it -n vision mnist-worker-0 -c main -- sh" in page
    assert 'data-connect="yes"' in page


def test_a_container_that_has_ended_says_so(as_ada: Client) -> None:
    page = as_ada.get(PAGE, {"container": "done"}).content.decode()

    assert 'data-connect="no"' in page
    assert "The container is not running, so no shell can be opened in it. (Completed)" in page


def test_somebody_who_may_look_but_not_open_shells_is_told(as_ada: Client, rights: RightsServer) -> None:
    rights.denied.add(("create", "exec"))

    page = as_ada.get(PAGE).content.decode()

    assert "You do not have the right to open a shell in this namespace." in page
    assert 'data-connect="no"' in page


def test_a_stranger_and_a_wrong_address_get_the_same_404(
    as_ada: Client, mallory: User, client: Client, rights: RightsServer
) -> None:
    assert as_ada.get(PAGE.replace("task-1", "task-2")).status_code == 404
    assert as_ada.get(PAGE.replace(POD_UID, "another")).status_code == 404
    client.force_login(mallory)
    assert client.get(PAGE).status_code == 404
    assert client.post(TICKET, {"container": "main"}).status_code == 404


def test_nobody_is_sent_to_sign_in(client: Client, pod: Pod) -> None:
    assert client.get(PAGE).status_code == 302
    assert client.post(TICKET).status_code == 302


def test_a_ticket_is_asked_for_by_post_with_the_csrf_token(as_ada: Client, ada: User) -> None:
    assert as_ada.get(TICKET).status_code == 405
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(ada)
    assert strict.post(TICKET, {"container": "main"}).status_code == 403


@pytest.mark.parametrize(
    ("container", "status", "reason"),
    [("done", 409, "not-running"), ("no", 404, "no-container"), ("", 404, "no-container")],
)
def test_why_there_is_no_ticket(as_ada: Client, container: str, status: int, reason: str) -> None:
    response = as_ada.post(TICKET, {"container": container})

    assert (response.status_code, response.json()["reason"]) == (status, reason)


def test_rights_and_the_cluster_are_asked_live(as_ada: Client, rights: RightsServer) -> None:
    assert as_ada.post(TICKET, {"container": "main"}).status_code == 200
    rights.denied.add(("get", "exec"))
    response = as_ada.post(TICKET, {"container": "main"})
    assert (response.status_code, response.json()) == (403, {"reason": "forbidden", "message": "not bound"})
    rights.denied.clear()
    rights.pod_uid = ""
    assert as_ada.post(TICKET, {"container": "main"}).json()["reason"] == "pod-gone"
    rights.away = True
    response = as_ada.post(TICKET, {"container": "main"})
    assert (response.status_code, response.json()["reason"]) == (503, "cluster-away")
