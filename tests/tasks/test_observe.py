"""Real recordings through the watcher's own code, on both engines: what the pages will have been told, and when."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from console.cluster.resources import EVENT, POD, PYTORCHJOB, TFJOB
from console.index.models import Change, Event, Facet, Pod, Task, TaskManifest, TaskObject, Watch
from tasks import queries
from tests.index.engines import index, postgres_index
from tests.tasks.observing import Observer
from tests.tasks.recording import Line, Recording

__all__ = ["index", "postgres_index"]
pytestmark = [pytest.mark.django_db(transaction=True, databases=["default", "index"]), pytest.mark.slow]


@pytest.fixture
def observer(index: str) -> Iterator[Observer]:
    observer = Observer()
    yield observer
    observer.close()


@pytest.mark.parametrize(
    ("name", "phases"),
    [
        ("tfjob-success", ["submitted", "creating", "running", "succeeded"]),
        ("mxjob-success", ["creating", "running", "succeeded"]),
        ("mpijob-success", ["creating", "running", "succeeded"]),
        ("pytorchjob-failure-oom", ["creating", "running", "failed"]),
        ("pytorchjob-unschedulable", ["waiting"]),
        ("tfjob-image-pull-failure", ["creating"]),
        ("tfjob-deadline", ["creating", "running", "failed"]),
        ("tfjob-suspend-resume", ["suspended", "creating", "running", "suspended", "creating", "running"]),
        ("tfjob-quota-blocked", ["creating", "queued", "running", "gone"]),
    ],
)
def test_each_recording_goes_through_its_phases(observer: Observer, name: str, phases: list[str]) -> None:
    seen = observer.replay(Recording(name))

    assert [phase for phase in seen if phase != "submitted"] == [phase for phase in phases if phase != "submitted"]


@pytest.mark.parametrize(
    ("name", "until", "code", "words"),
    [
        ("pytorchjob-failure-oom", 60, "out-of-memory", ""),
        ("pytorchjob-unschedulable", 60, "unschedulable", "Insufficient nvidia.com/gpu"),
        ("tfjob-image-pull-failure", 60, "image-pull", "registry.invalid"),
        ("tfjob-quota-blocked", 40, "quota", "exceeded quota: gpu"),
        ("tfjob-deadline", 60, "deadline", "longer than specified deadline"),
    ],
)
def test_each_trouble_is_told(observer: Observer, name: str, until: float, code: str, words: str) -> None:
    observer.replay(Recording(name), until=until)

    cause = Task.objects.get().cause
    assert cause["code"] == code
    assert words in cause.get("message", "")


def test_a_finished_task_keeps_counts_and_times_when_its_pods_are_killed(observer: Observer) -> None:
    observer.replay(Recording("tfjob-success"))

    task = Task.objects.get()
    assert (task.framework, task.mode, task.image) == ("tensorflow", "ps-chief-worker", "busybox:1.36")
    assert (task.pods_ready, task.pods_total) == (4, 4)
    assert task.started_at is not None
    assert task.finished_at is not None
    assert [(entry["role"], entry["phase"], entry["ready"]) for entry in task.roles] == [
        ("PS", "succeeded", 1),
        ("Chief", "succeeded", 1),
        ("Worker", "succeeded", 2),
    ]


def test_the_pods_are_those_of_the_cluster(observer: Observer) -> None:
    observer.replay(Recording("tfjob-success"), until=5)

    pods = queries.pods_of(Task.objects.get().uid)
    assert [(pod.role, pod.index, pod.phase) for pod in pods] == [
        ("Chief", 0, "running"),
        ("PS", 0, "running"),
        ("Worker", 0, "running"),
        ("Worker", 1, "running"),
    ]
    assert pods[0].containers[0]["state"] == "running"
    assert pods[0].node
    assert pods[0].ip


def test_events_of_pods_long_gone_stay_with_the_task(observer: Observer) -> None:
    recording = Recording("tfjob-suspend-resume")
    observer.replay(recording)

    here = {pod.uid for pod in Pod.objects.all()}
    events = Event.objects.filter(object_kind="Pod")
    assert {event.object_uid for event in events} - here
    assert set(events.values_list("task_uid", flat=True)) == {Task.objects.get().uid}
    scheduled = events.filter(reason="Scheduled").first()
    assert scheduled is not None
    assert scheduled.component == "default-scheduler"


def test_a_task_that_leaves_takes_its_row_and_leaves_its_events(observer: Observer) -> None:
    observer.replay(Recording("tfjob-quota-blocked"))

    assert not Task.objects.exists()
    assert not Pod.objects.exists()
    assert not TaskManifest.objects.exists()
    assert Event.objects.count() > 3
    assert all(TaskObject.objects.values_list("gone_at", flat=True))
    assert not Facet.objects.filter(tasks__gt=0).exists()
    kinds = list(Change.objects.order_by("seq").values_list("kind", flat=True))
    assert (kinds.count("appeared"), kinds.count("vanished")) == (1, 1)
    assert kinds.index("appeared") < kinds.index("vanished")


def test_the_manifest_is_the_object_as_last_seen(observer: Observer) -> None:
    observer.replay(Recording("pytorchjob-failure-oom"))

    manifest = queries.manifest_of(Task.objects.get().uid)
    assert manifest["kind"] == "PyTorchJob"
    assert manifest["spec"]["pytorchReplicaSpecs"]["Master"]["template"]["spec"]["containers"][0]["name"] == "pytorch"
    assert manifest["status"]["conditions"][-1]["type"] == "Failed"


def test_facets_count_the_tasks(observer: Observer) -> None:
    for name in ("tfjob-success", "pytorchjob-failure-oom", "mxjob-success"):
        observer.replay(Recording(name))

    assert [(facet.framework, facet.phase, facet.tasks) for facet in queries.facets_in("nlp")] == [
        ("mxnet", "succeeded", 1),
        ("pytorch", "failed", 1),
        ("tensorflow", "succeeded", 1),
    ]


def test_whatever_order_and_however_often_the_end_is_the_same(observer: Observer) -> None:
    """Duplicates and old news, as a watch that resumes from too early brings them."""
    recording = Recording("tfjob-success")
    lines = list(recording)
    observer.replay(recording)
    once = Task.objects.get()

    for line in (*lines[20:40], *lines[:20]):
        if line.resource != EVENT and line.type != "DELETED":
            observer.see(line)
            observer.flush(lines[-1].at)

    again = Task.objects.get()
    assert (again.phase, again.roles, again.resource_version) == (once.phase, once.roles, once.resource_version)


def test_old_news_tells_the_pages_nothing(observer: Observer) -> None:
    recording = Recording("pytorchjob-unschedulable")
    observer.replay(recording)
    told = queries.newest_change()
    last: dict[str, Line] = {line.object.metadata.uid: line for line in recording if line.resource != EVENT}
    for line in last.values():
        observer.see(line)

    outcome = observer.flush(line.at)

    assert outcome.changes == 0
    assert queries.newest_change() == told


def test_an_event_that_comes_before_its_pod_waits_for_it(observer: Observer) -> None:
    recording = Recording("tfjob-success")
    first = [line for line in recording if line.resource == EVENT and line.object.involved_object.kind == "Pod"][0]
    observer.see(first)
    observer.flush(first.at)
    assert not Event.objects.exists()

    for line in recording:
        if line.resource == POD and line.object.metadata.uid == first.object.involved_object.uid:
            observer.see(line)
            break
    observer.flush(first.at + timedelta(seconds=1))

    assert [event.uid for event in Event.objects.all()] == [first.object.metadata.uid]


def test_while_an_event_waits_the_watch_would_resume_before_it(observer: Observer) -> None:
    recording = Recording("tfjob-success")
    first = [line for line in recording if line.resource == EVENT and line.object.involved_object.kind == "Pod"][0]
    observer.collection.moved(EVENT, "41", first.at)
    observer.see(first)
    observer.flush(first.at)
    assert Watch.objects.get(resource=EVENT.key).resource_version == "41"

    observer.collection.moved(EVENT, "99", first.at)
    observer.flush(first.at + timedelta(seconds=11))  # nobody claimed it: some other pod's

    assert Watch.objects.get(resource=EVENT.key).resource_version == "99"
    assert not Event.objects.exists()


def test_what_a_new_list_does_not_name_is_gone(observer: Observer) -> None:
    for name in ("pytorchjob-failure-oom", "pytorchjob-unschedulable", "tfjob-success"):
        observer.replay(Recording(name))
    last = {line.object.metadata.uid: line for line in Recording("pytorchjob-failure-oom")}
    now = line_at = next(iter(last.values())).at + timedelta(hours=1)

    observer.collection.relisting(PYTORCHJOB)
    for line in last.values():
        if line.resource == PYTORCHJOB:
            observer.see(Line(line_at, line.resource, "ADDED", line.raw))
    observer.collection.listed(PYTORCHJOB, "500", now)
    observer.flush(now)

    assert set(Task.objects.values_list("name", flat=True)) == {"rec-oom", "rec-success"}
    assert [(facet.framework, facet.phase) for facet in queries.facets_in("nlp")] == [
        ("pytorch", "failed"),
        ("tensorflow", "succeeded"),
    ]
    watch = Watch.objects.get(resource=PYTORCHJOB.key)
    assert (watch.resource_version, watch.listed_at, watch.generation) == ("500", now, 1)


def test_a_list_that_broke_off_sweeps_nothing_and_resumes_nowhere(observer: Observer) -> None:
    recording = Recording("tfjob-success")
    observer.replay(recording)
    observer.collection.relisting(TFJOB)
    observer.flush(recording.began + timedelta(hours=1))

    assert Task.objects.count() == 1
    assert Watch.objects.get(resource=TFJOB.key).resource_version == ""


def test_a_kind_that_is_no_longer_served_takes_its_tasks_with_it(observer: Observer) -> None:
    recording = Recording("tfjob-success")
    observer.replay(recording)
    observer.collection.not_served(TFJOB, recording.began + timedelta(hours=1))
    observer.flush(recording.began + timedelta(hours=1))

    assert not Task.objects.exists()
    assert queries.served_frameworks() == {"mxnet", "pytorch", "mpi"}


def test_a_quiet_watch_that_breaks_was_up_to_date_until_it_broke(observer: Observer) -> None:
    """Events have no bookmarks: hours of silence mean nothing while the server speaks on the other watches."""
    noon = Recording("tfjob-success").began
    observer.collection.listed(EVENT, "40", noon)
    observer.collection.listed(POD, "41", noon)
    observer.collection.moved(POD, "42", noon + timedelta(hours=2))
    broke = noon + timedelta(hours=2, seconds=50)
    observer.collection.troubled(EVENT, "connection refused", broke)
    observer.collection.troubled(EVENT, "still refused", broke + timedelta(seconds=9))
    observer.flush(broke)

    watch = Watch.objects.get(resource=EVENT.key)
    assert (watch.heard_at, watch.problem) == (broke, "still refused")


def test_when_all_were_silent_for_long_nobody_knows_since_when_the_line_was_dead(observer: Observer) -> None:
    noon = Recording("tfjob-success").began
    observer.collection.listed(POD, "41", noon)
    observer.collection.troubled(POD, "timed out", noon + timedelta(minutes=3))
    observer.flush(noon + timedelta(minutes=3))

    assert Watch.objects.get(resource=POD.key).heard_at == noon


def test_time_alone_turns_a_job_that_nobody_looks_at_into_silence(observer: Observer) -> None:
    recording = Recording("tfjob-success")
    first = next(line for line in recording if line.resource == TFJOB)
    observer.see(first)
    outcome = observer.flush(first.at)
    uid = Task.objects.get().uid
    due = outcome.recheck[uid]
    assert due == recording.began + timedelta(seconds=30)

    observer.flush(due, recheck=[uid])

    assert Task.objects.get().phase == "silent"
    assert Change.objects.order_by("seq").values_list("kind", flat=True).last() == "task"
