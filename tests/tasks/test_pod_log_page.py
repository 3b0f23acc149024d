import pytest
from django.test import Client
from pytest_django import Settings

from console.index.models import Pod
from tests.tasks import rows
from tests.tasks.rights_server import RightsServer

pytestmark = pytest.mark.django_db(databases=["default", "index"])


@pytest.fixture
def pod(vision: str) -> Pod:
    init = rows.container("fetch", init=True, state="terminated", exit_code=0)
    return rows.pod(rows.task("mnist"), containers=[init, rows.container("pytorch")])


def url(pod: Pod, rest: str = "log/") -> str:
    return f"/n/vision/tasks/{pod.task_uid}/pods/{pod.uid}/{rest}"


def test_the_page_names_the_socket_of_the_terminal_process(alice: Client, pod: Pod, settings: Settings) -> None:
    page = alice.get(url(pod), headers={"host": "localhost:8000"}).content.decode()

    assert f'data-log-socket="ws://localhost:{settings.TERMINAL_PORT}/ws/log/{pod.uid}/"' in page
    assert 'data-container="pytorch"' in page  # the first that is no init container


def test_another_container_is_chosen_by_the_url(alice: Client, pod: Pod) -> None:
    assert b'data-container="fetch"' in alice.get(url(pod, "log/?container=fetch")).content
    assert alice.get(url(pod, "log/?container=other")).status_code == 404


def test_a_stranger_gets_404(mallory: Client, pod: Pod) -> None:
    assert mallory.get(url(pod)).status_code == 404
    assert mallory.get(url(pod, "log/download/")).status_code == 404


def test_who_is_not_signed_in_signs_in(client: Client, pod: Pod) -> None:
    assert client.get(url(pod))["Location"].startswith("/sign-in/")


def test_a_pod_of_another_task_is_not_there(alice: Client, pod: Pod) -> None:
    other = rows.pod(rows.task("bert"))

    assert alice.get(url(pod).replace(pod.uid, other.uid)).status_code == 404


def test_the_log_is_downloaded_as_the_person(alice: Client, pod: Pod, rights: RightsServer) -> None:
    rights.logs[pod.name] = "epoch 1\nloss 0.3\n"

    response = alice.get(url(pod, "log/download/"))

    assert response.content == b"epoch 1\nloss 0.3\n"
    assert response["Content-Disposition"] == f'attachment; filename="{pod.name}-pytorch.log"'
    assert rights.recorded[-1].header("Impersonate-User") == ["alice"]
    assert rights.recorded[-1].query["container"] == "pytorch"


def test_a_pod_that_went_meanwhile_has_no_log(alice: Client, pod: Pod) -> None:
    assert alice.get(url(pod, "log/download/")).status_code == 404
