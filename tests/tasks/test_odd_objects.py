"""What anybody with kubectl may write, and the API server takes: it must not stop the index for everybody else."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from django.test import Client
from django.urls import reverse

from console.cluster.resources import EVENT, POD, TFJOB, Resource
from console.index.models import Event, Pod, Task
from tests.index.engines import index, postgres_index
from tests.tasks import cluster_objects as objects
from tests.tasks import rows
from tests.tasks.observing import Observer
from tests.tasks.recording import Line

__all__ = ["index", "postgres_index"]
pytestmark = [pytest.mark.django_db(transaction=True, databases=["default", "index"]), pytest.mark.slow]
NOW = datetime(2026, 11, 25, 12, 0, 1, tzinfo=UTC)
LONG = "x" * 300


@pytest.fixture
def observer(index: str) -> Iterator[Observer]:
    observer = Observer()
    yield observer
    observer.close()


def see(observer: Observer, *seen: tuple[Resource, dict[str, Any]]) -> None:
    for number, (resource, found) in enumerate(seen, 1):
        found["metadata"]["resourceVersion"] = str(number)
        observer.see(Line(NOW, resource, "ADDED", msgspec.json.encode(found)))
    observer.flush(NOW)


def odd_job(**changes: Any) -> dict[str, Any]:
    job = objects.job("odd")
    for path, value in changes.items():
        *folders, last = path.split("__")
        inner: Any = job
        for folder in folders:
            inner = inner[int(folder)] if folder.isdigit() else inner.setdefault(folder, {})
        inner[last] = value
    return job


CONTAINER = "spec__tfReplicaSpecs__Worker__template__spec__containers__0"


@pytest.mark.parametrize(
    "job",
    [
        pytest.param(
            odd_job(spec__runPolicy={"activeDeadlineSeconds": 999_999_999_999}, status__startTime=objects.CREATED),
            id="a deadline after the year 9999",
        ),
        pytest.param(
            odd_job(spec__runPolicy={"activeDeadlineSeconds": 2**63 - 1}, status__startTime=objects.CREATED),
            id="a deadline that no timedelta holds",
        ),
        pytest.param(odd_job(**{f"{CONTAINER}__resources": {"limits": {"cpu": "4E"}}}), id="a huge number of cores"),
        pytest.param(odd_job(**{f"{CONTAINER}__resources": {"limits": {"memory": "-4Ei"}}}), id="negative memory"),
        pytest.param(
            odd_job(**{f"{CONTAINER}__resources": {"limits": {"nvidia.com/gpu": "3G"}}}), id="a huge number of GPUs"
        ),
        pytest.param(
            odd_job(
                spec__tfReplicaSpecs__Worker__replicas=2**31 - 1,
                spec__tfReplicaSpecs__PS={"replicas": 2**31 - 1, "template": {"spec": {"containers": []}}},
            ),
            id="more pods than an integer counts",
        ),
        pytest.param(odd_job(**{f"{CONTAINER}__image": LONG * 3}), id="a long image"),
    ],
)
def test_a_job_of_strange_numbers_does_not_keep_others_from_being_seen(observer: Observer, job: dict[str, Any]) -> None:
    see(observer, (TFJOB, job), (TFJOB, objects.job("mnist")))

    assert set(Task.objects.values_list("name", flat=True)) == {"mnist", "odd"}


@pytest.mark.parametrize("odd_ones", [1, 2, 5])
def test_what_cannot_be_written_at_all_is_left_out_and_told(
    observer: Observer, caplog: pytest.LogCaptureFixture, odd_ones: int
) -> None:
    strange = [objects.job(f"odd-{n}", "Created", uid=f"odd-{n}") for n in range(odd_ones)]
    observer.unwritable = {f"odd-{n}" for n in range(odd_ones)}
    good = [objects.job(f"mnist-{n}", "Created", uid=f"mnist-{n}") for n in range(6)]
    pod = objects.pod("mnist-0", 0)
    pod["metadata"]["ownerReferences"][0]["uid"] = "mnist-0"

    jobs = [*good[:2], *strange, *good[2:]]
    see(observer, (POD, pod), *((TFJOB, job) for job in jobs))

    assert set(Task.objects.values_list("name", flat=True)) == {f"mnist-{n}" for n in range(6)}
    assert Pod.objects.count() == 1
    assert all(f"vision/odd-{n}" in caplog.text for n in range(odd_ones))
    assert "Left out of the index, since it cannot be written: tfjobs.kubeflow.org vision/mnist" not in caplog.text


def test_a_pod_of_a_strange_role_does_not_keep_others_from_being_seen(observer: Observer) -> None:
    strange, good = objects.pod("mnist", 0), objects.pod("mnist", 1)
    strange["metadata"]["labels"]["training.kubeflow.org/replica-type"] = "x" * 63
    strange["spec"]["containers"][0]["resources"] = {"limits": {"nvidia.com/gpu": "3G", "cpu": "4E"}}

    see(observer, (TFJOB, objects.job("mnist")), (POD, strange), (POD, good))

    assert Pod.objects.count() == 2


def test_an_event_about_a_strange_name_does_not_keep_others_from_being_seen(observer: Observer) -> None:
    job = objects.job("mnist")
    strange, good = objects.event(job, "TFJob", "Strange", uid="e1"), objects.event(job, "TFJob", "Good", uid="e2")
    strange["involvedObject"]["name"] = strange["message"] = LONG

    see(observer, (TFJOB, job), (EVENT, strange), (EVENT, good))

    assert set(Event.objects.values_list("reason", flat=True)) == {"Strange", "Good"}


@pytest.mark.parametrize("role", ["a/b", "", "a b", "ü", "a\nb", "?", "a%2Fb"])
def test_a_task_of_a_strange_role_does_not_end_the_pages_of_others(alice: Client, role: str) -> None:
    task = rows.task("odd", roles=[rows.role(role)])
    pod = rows.pod(task, role, name="odd-pod")
    here = f"/n/vision/tasks/{task.uid}/"

    addresses = ("/n/vision/tasks/", here, f"{here}pods/{pod.uid}/log/", f"{here}pods/{pod.uid}/delete/")

    assert [alice.get(address).status_code for address in addresses] == [200] * 4
    assert alice.get(reverse("role-detail", args=["vision", task.uid, role])).status_code == 200
