from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from console.index.models import Task, TaskObject, Watch
from tests.tasks import rows
from tests.tasks.operations import asked
from tests.tasks.people import person

pytestmark = pytest.mark.django_db(databases=["default", "index"])
HTMX = {"HX-Request": "true"}
SUBMITTED = {
    "spec": {
        "runPolicy": {"cleanPodPolicy": "All", "backoffLimit": 3},
        "pytorchReplicaSpecs": {
            "Worker": {
                "replicas": 2,
                "restartPolicy": "OnFailure",
                "template": {
                    "spec": {
                        "containers": [
                            {
                                "name": "pytorch",
                                "image": "python:3.11-slim",
                                "command": ["python", "train.py"],
                                "env": [
                                    {"name": "EPOCHS", "value": "90"},
                                    {"name": "POD_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
                                    {"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "hub", "key": "token"}}},
                                ],
                                "volumeMounts": [{"name": "data", "mountPath": "/data", "readOnly": True}],
                            }
                        ],
                        "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "datasets"}}],
                    }
                },
            }
        },
    }
}


@pytest.fixture
def task(vision: str) -> Task:
    made = rows.task("mnist", description="a first try")
    rows.manifest(made, SUBMITTED)
    return made


def url(task: Task, rest: str = "") -> str:
    return f"/n/vision/tasks/{task.uid}/{rest}"


def test_the_page_tells_everything_about_the_task(alice: Client, task: Task) -> None:
    page = alice.get(url(task)).content.decode()

    assert all(text in page for text in ("mnist", "python:3.11-slim", "delete all pods", "a first try", "3/3"))
    assert f'data-copy="{task.image}"' in page
    assert f'href="{url(task, "roles/Worker/")}"' in page


@pytest.mark.parametrize("rest", ["", "events/", "roles/Worker/", "manifest.yaml"])
def test_a_stranger_gets_404(mallory: Client, task: Task, rest: str) -> None:
    assert mallory.get(url(task, rest)).status_code == 404


@pytest.mark.parametrize("rest", ["", "events/", "roles/Worker/", "manifest.yaml"])
def test_who_is_not_signed_in_signs_in(client: Client, task: Task, rest: str) -> None:
    assert client.get(url(task, rest))["Location"].startswith("/sign-in/?next=/n/vision/")


@pytest.mark.parametrize("rest", ["", "events/", "roles/Worker/", "manifest.yaml"])
def test_pages_are_only_read(alice: Client, task: Task, rest: str) -> None:
    assert alice.post(url(task, rest)).status_code == 405


def test_a_task_of_another_namespace_is_not_there(alice: Client) -> None:
    elsewhere = rows.task("mnist", namespace="nlp")

    assert alice.get(f"/n/vision/tasks/{elsewhere.uid}/").status_code == 404


def test_the_live_region_comes_alone(alice: Client, task: Task) -> None:
    response = alice.get(url(task), headers=HTMX)

    assert response.content.strip().startswith(b'<div id="task-region"')


def test_an_open_page_of_a_task_that_went_says_so(alice: Client, task: Task) -> None:
    task.delete()

    followed, swapped = alice.get(url(task)), alice.get(url(task), headers=HTMX)

    assert followed.status_code == 404
    assert swapped.status_code == 200  # or htmx would not swap it
    assert b"The task is gone" in followed.content
    assert swapped.content.strip().startswith(b'<div class="card"')


def test_a_task_that_the_watcher_has_not_seen_yet_is_waited_for(alice: Client, vision: str) -> None:
    rows.watcher_is_up_to_date(timezone.now() - timedelta(seconds=30))
    made = asked(User.objects.get(username="alice"), uid="made", state="succeeded", settled_at=timezone.now())
    place = "/n/vision/tasks/made/"

    first, early = alice.get(place), alice.get(place, {"waits": "1"}, headers=HTMX)
    rows.task("mnist", uid=made.uid)
    seen = alice.get(place, {"waits": "1"}, headers=HTMX)

    assert (first.status_code, early.status_code) == (202, 204)
    assert b"Not seen yet" in first.content
    assert seen.headers["HX-Refresh"] == "true"
    assert alice.get(place).status_code == 200


@pytest.mark.parametrize("whose", ["seen and deleted", "somebody else's", "made before the watcher last heard"])
def test_what_is_gone_is_not_waited_for(alice: Client, vision: str, whose: str) -> None:
    rows.watcher_is_up_to_date()
    by = person("bob") if whose == "somebody else's" else User.objects.get(username="alice")
    settled_at = timezone.now() - timedelta(seconds=60 if whose.startswith("made") else 0)
    asked(by, uid="made", state="succeeded", settled_at=settled_at)
    if whose == "seen and deleted":
        TaskObject.objects.create(uid="made", task_uid="made", namespace="vision", name="mnist")

    assert alice.get("/n/vision/tasks/made/").status_code == 404
    assert alice.get("/n/vision/tasks/made/", {"waits": "1"}, headers=HTMX).headers["HX-Refresh"] == "true"


def test_before_the_first_list_nothing_is_said_to_be_gone(alice: Client, vision: str) -> None:
    Watch.objects.all().delete()

    assert b"Not seen yet" in alice.get("/n/vision/tasks/unknown/").content


def test_the_page_costs_the_same_for_one_pod_and_for_fifty(
    alice: Client, task: Task, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    rows.watcher_is_up_to_date()
    Task.objects.filter(pk=task.pk).update(cause={"code": "oom", "pod": "mnist-worker-7"})
    for number in range(50):
        rows.pod(task, "Worker", name=f"mnist-worker-{number}")
    alice.get(url(task))

    with django_assert_num_queries(3), CaptureQueriesContext(connections["index"]) as asked_of_index:
        page = alice.get(url(task))

    assert len(asked_of_index) <= 8
    assert page.context["cause_pod"].name == "mnist-worker-7"


def test_events_are_filtered_by_type_period_and_words(alice: Client, task: Task) -> None:
    rows.event(task, "SuccessfulCreatePod", "Created pod: mnist-worker-0")
    rows.event(task, "BackOff", "Back-off restarting", type="Warning")
    rows.event(task, "Started", "long ago", at=timezone.now() - timedelta(hours=3))

    warnings = alice.get(url(task, "events/?type=Warning")).content.decode()
    lately = alice.get(url(task, "events/?hours=1")).content.decode()
    found = alice.get(url(task, "events/?q=worker-0")).content.decode()

    assert "BackOff" in warnings
    assert "SuccessfulCreatePod" not in warnings
    assert "long ago" not in lately
    assert "BackOff" not in found


def test_what_the_operator_always_says_is_left_out(alice: Client, task: Task) -> None:
    rows.event(task, "ServiceAccount is exist", "ServiceAccount: mnist-launcher")

    assert b"No event in the last 24 hours" in alice.get(url(task, "events/")).content


def test_headers_of_the_events_lead_to_the_page_and_not_to_the_fragment(alice: Client, task: Task) -> None:
    rows.event(task, "Started", "Started container")

    page = alice.get(url(task, "events/")).content.decode()

    assert f'href="{url(task)}?sort=reason"' in page
    assert f'hx-get="{url(task, "events/")}?sort=reason"' in page


def test_a_viewer_gets_no_button_that_changes_anything(carol: Client, task: Task) -> None:
    rows.pod(task)

    pages = carol.get(url(task)).content + carol.get(url(task, "roles/Worker/")).content

    assert b"verb=" not in pages
    assert b"/delete/" not in pages
    assert b"/terminal/" not in pages


def test_suspend_or_resume_is_offered_by_what_the_task_is(alice: Client, task: Task) -> None:
    runs = alice.get(url(task)).content.decode()
    Task.objects.filter(pk=task.pk).update(suspended=True, phase="suspended")
    sleeps = alice.get(url(task)).content.decode()

    assert "verb=suspend" in runs
    assert "verb=resume" not in runs
    assert "verb=resume" in sleeps


def test_a_role_shows_its_pods_with_containers_and_events(alice: Client, task: Task) -> None:
    pod = rows.pod(
        task, restarts=4, containers=[rows.container("pytorch", last_exit_code=137, last_reason="OOMKilled")]
    )
    rows.event(task, "Killing", "Stopping container pytorch", about=pod)

    page = alice.get(url(task, "roles/Worker/")).content.decode()

    assert all(text in page for text in (pod.name, "node-1", "10.0.0.1", "137 OOMKilled", "Stopping container pytorch"))
    assert f'href="{url(task, f"pods/{pod.uid}/log/")}"' in page


def test_a_role_shows_its_settings_as_submitted_and_secrets_by_name_only(alice: Client, task: Task) -> None:
    page = alice.get(url(task, "roles/Worker/")).content.decode()

    assert all(text in page for text in ("OnFailure", "train.py", "EPOCHS", "status.podIP", "Secret hub · token"))
    assert "PersistentVolumeClaim datasets" in page


def test_a_role_that_the_task_has_not_is_not_there(alice: Client, task: Task) -> None:
    assert alice.get(url(task, "roles/Evaluator/")).status_code == 404


def test_the_manifest_is_shown_and_downloaded_as_yaml(alice: Client, task: Task) -> None:
    shown, file = alice.get(url(task, "manifest.yaml")), alice.get(url(task, "manifest.yaml?download=1"))

    assert b"cleanPodPolicy: All" in shown.content
    assert file["Content-Disposition"] == 'attachment; filename="mnist.yaml"'
    assert file.content.startswith(b"spec:\n  runPolicy:\n")


def test_a_failed_task_says_why_and_leads_to_the_log_of_the_pod(alice: Client) -> None:
    cause = {"code": "exit-code", "pod": "bert-worker-0", "role": "Worker", "container": "pytorch", "exit_code": 127}
    failed = rows.task("bert", phase="failed", cause=cause)
    pod = rows.pod(failed, phase="failed")

    page = alice.get(url(failed)).content.decode()

    assert "Container pytorch of pod bert-worker-0 ended with exit code 127." in page
    assert "127 means that a command was not found." in page
    assert f"pods/{pod.uid}/log/" in page
