"""The watcher against an API server on loopback: the first list, a restart, faults, and what the pages are told."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import connections
from pytest_django import Settings

from console.cluster.errors import ClusterUnavailable
from console.cluster.resources import EVENT, JOB_KINDS, NAMESPACE, POD, SERVICE, TFJOB
from console.cluster.watching import Patience, watch
from console.index.leader import Deposed, Leadership, lock_of_this_index
from console.index.models import Change, DnsPart, Event, Leader, Namespace, Pod, Task, Watch
from tasks import queries
from tasks.models import KeptManifest
from tasks.observe.watcher import Watcher
from tests.tasks import cluster_objects as objects
from tests.tasks.watched_cluster import WatchedCluster

pytestmark = [pytest.mark.django_db(transaction=True, databases=["default", "index"]), pytest.mark.slow]

RESUMED = (POD, EVENT, *JOB_KINDS)
QUICK = Patience(pause=0.02, pause_max=0.05, not_served=0.05)


@pytest.fixture
def cluster(tmp_path: Path, settings: Settings) -> Iterator[WatchedCluster]:
    with WatchedCluster(tmp_path) as server:
        settings.CLUSTER_WATCH_KUBECONFIG = str(server.kubeconfig)
        server.put(NAMESPACE, objects.namespace("vision"))
        yield server


class Clock:
    """The time of the wall, and what a test adds to it."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@asynccontextmanager
async def watching(
    clock: Callable[[], datetime] = lambda: datetime.now(UTC), **how: Any
) -> AsyncIterator[asyncio.Task[None]]:
    """A watcher at work, as `manage.py watch_cluster` runs it."""
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(1) as writer:
        lock = await loop.run_in_executor(writer, lock_of_this_index)
        assert await loop.run_in_executor(writer, lock.try_to_take)
        leadership = await loop.run_in_executor(writer, Leadership, lock)
        watches = lambda resource, **how: watch(resource, patience=QUICK, **how)  # noqa: E731
        watcher = Watcher(leadership=leadership, writer=writer, watches=watches, clock=clock, **how)
        running = asyncio.create_task(watcher.run())
        try:
            yield running
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError, BaseExceptionGroup):
                await running
            await loop.run_in_executor(writer, connections.close_all)
            leadership.release()


async def until(holds: Callable[[], Any], *, seconds: float = 20) -> Any:
    """What `holds` gives once it is true."""
    look: Callable[[], Awaitable[Any]] = sync_to_async(holds)
    async with asyncio.timeout(seconds):
        while not (found := await look()):  # noqa: ASYNC110  (what is looked at is a database)
            await asyncio.sleep(0.02)
    return found


def phases() -> dict[str, str]:
    return dict(Task.objects.values_list("name", "phase"))


async def test_what_there_is_is_listed_once_and_states_come_out_right(cluster: WatchedCluster) -> None:
    cluster.put(TFJOB, objects.job("mnist", "Created", "Running"))
    cluster.put(POD, objects.pod("mnist"))
    cluster.put(EVENT, objects.event(objects.pod("mnist"), "Pod", "BackOff"))
    async with watching():
        await until(lambda: Event.objects.exists())
        await until(lambda: Watch.objects.exclude(listed_at=None).count() == 12)

    assert await sync_to_async(phases)() == {"mnist": "running"}
    changes = await sync_to_async(lambda: list(Change.objects.order_by("seq").values_list("kind", flat=True)))()
    assert "appeared" in changes
    assert "task" not in changes  # no state that had to be taken back
    assert await Namespace.objects.filter(name="vision", class_name="gpu").aexists()
    assert not await sync_to_async(queries.staleness)()


async def test_the_dns_of_the_cluster_is_seen_and_asked_for_by_name(cluster: WatchedCluster) -> None:
    metadata = {"name": "kube-dns", "namespace": "kube-system", "uid": "dns"}
    cluster.put(SERVICE, {"metadata": metadata})
    async with watching():
        await until(lambda: DnsPart.objects.filter(kind="Service", name="kube-dns").exists())
        cluster.put(SERVICE, {"metadata": metadata}, type_="DELETED")
        await until(lambda: not DnsPart.objects.exists())

    assert {one["fieldSelector"] for one in cluster.watches(SERVICE)} == {
        "metadata.namespace=kube-system,metadata.name=kube-dns"
    }


async def test_changes_arrive_together_with_their_lines_of_the_feed(cluster: WatchedCluster) -> None:
    cluster.put(TFJOB, objects.job("mnist"))
    async with watching():
        await until(lambda: phases() == {"mnist": "submitted"} or phases() == {"mnist": "silent"})
        seen = await sync_to_async(queries.newest_change)()
        cluster.put(POD, objects.pod("mnist"))
        cluster.put(TFJOB, objects.job("mnist", "Created", "Running"))
        await until(lambda: phases() == {"mnist": "running"})

    told = await sync_to_async(lambda: set(Change.objects.filter(seq__gt=seen).values_list("kind", flat=True)))()
    assert told >= {"task", "pod"}


async def test_a_burst_is_written_once(cluster: WatchedCluster) -> None:
    cluster.put(TFJOB, objects.job("mnist"))
    async with watching():
        await until(phases)
        seen = await sync_to_async(queries.newest_change)()
        for number in range(40):
            cluster.put(TFJOB, objects.job("mnist", "Created", annotations={"n": str(number)}))
        last = str(cluster.version)
        await until(lambda: Task.objects.filter(resource_version=last).exists())

    assert await Change.objects.filter(seq__gt=seen).acount() <= 3


async def test_what_is_deleted_goes(cluster: WatchedCluster) -> None:
    cluster.put(TFJOB, objects.job("mnist", "Created"))
    cluster.put(POD, objects.pod("mnist"))
    async with watching():
        await until(lambda: phases() and Pod.objects.exists())
        cluster.put(TFJOB, objects.job("mnist", "Created"), type_="DELETED")
        cluster.put(POD, objects.pod("mnist"), type_="DELETED")
        await until(lambda: not Task.objects.exists() and not Pod.objects.exists())

    assert await Change.objects.filter(kind="vanished").aexists()
    kept = await KeptManifest.objects.aget()
    assert (kept.kind, kept.namespace, kept.manifest["metadata"]["name"]) == ("TFJob", "vision", "mnist")


async def test_a_restart_resumes_without_a_list_and_misses_nothing(cluster: WatchedCluster) -> None:
    cluster.put(TFJOB, objects.job("old", "Created"))
    async with watching():
        await until(lambda: Watch.objects.exclude(listed_at=None).count() == 12)
    cluster.put(TFJOB, objects.job("new", "Created"))
    cluster.put(TFJOB, objects.job("old", "Created"), type_="DELETED")
    async with watching():
        await until(lambda: set(phases()) == {"new"})
        await until(lambda: all(len(cluster.watches(resource)) == 2 for resource in RESUMED))

    for resource in RESUMED:
        first, second = cluster.watches(resource)
        assert "sendInitialEvents" in first
        assert "sendInitialEvents" not in second
        assert second["resourceVersion"]


async def test_another_clusters_versions_are_not_resumed_from(
    cluster: WatchedCluster, tmp_path: Path, settings: Settings
) -> None:
    cluster.put(TFJOB, objects.job("old", "Created"))
    async with watching():
        await until(lambda: Watch.objects.exclude(listed_at=None).count() == 12)
    folder = tmp_path / "other"
    folder.mkdir()
    with WatchedCluster(folder, cluster_uid="cluster-2") as other:
        settings.CLUSTER_WATCH_KUBECONFIG = str(other.kubeconfig)
        other.put(TFJOB, objects.job("theirs", "Created"))
        async with watching():
            await until(lambda: set(phases()) == {"theirs"})

        assert "sendInitialEvents" in other.watches(TFJOB)[0]


async def test_after_an_upgrade_every_row_is_written_anew(cluster: WatchedCluster) -> None:
    cluster.put(TFJOB, objects.job("mnist", "Created", "Running"))
    cluster.put(POD, objects.pod("mnist"))
    async with watching():
        await until(lambda: Watch.objects.exclude(listed_at=None).count() == 12)
    await Task.objects.all().aupdate(facts='{"of": "another age"}', phase="", image="")
    await Watch.objects.all().aupdate(format=0)
    async with watching():
        await until(lambda: phases() == {"mnist": "running"})

    assert await Task.objects.filter(image="busybox:1.36").aexists()
    assert all("sendInitialEvents" in query for query in cluster.watches(POD))


async def test_a_version_that_is_gone_means_a_new_list_and_what_it_does_not_name_goes(cluster: WatchedCluster) -> None:
    cluster.put(TFJOB, objects.job("kept", "Created"))
    cluster.put(TFJOB, objects.job("lost", "Created"))
    async with watching():
        await until(lambda: Watch.objects.exclude(listed_at=None).count() == 12)
    cluster.put(TFJOB, objects.job("lost", "Created"), type_="DELETED")
    cluster.forget()
    async with watching():
        await until(lambda: set(phases()) == {"kept"})

    assert await Change.objects.filter(task_uid="job-lost", kind="vanished").aexists()
    kept = await KeptManifest.objects.aget(uid="job-lost")  # nobody saw it go: as the index had it
    assert kept.manifest["metadata"]["name"] == "lost"


async def test_a_line_that_breaks_is_taken_up_where_it_was(cluster: WatchedCluster) -> None:
    async with watching():
        await until(lambda: Watch.objects.exclude(listed_at=None).count() == 12)
        for number in range(5):
            cluster.put(TFJOB, objects.job(f"job-{number}", "Created"))
            cluster.cut()
        await until(lambda: len(phases()) == 5)

    assert sum("sendInitialEvents" in query for query in cluster.watches(TFJOB)) == 1


async def test_a_cluster_that_hangs_is_noticed_though_no_stream_ends(cluster: WatchedCluster) -> None:
    hangs = False

    async def require_answer() -> None:
        if hangs:
            raise ClusterUnavailable("no answer within 5 s")

    cluster.put(TFJOB, objects.job("mnist", "Created"))
    async with watching(require_answer=require_answer, probe_seconds=0.05):
        await until(lambda: Watch.objects.exclude(listed_at=None).count() == 12)
        hangs = True
        await until(lambda: Watch.objects.filter(problem="no answer within 5 s").count() == 12)
        later = datetime.now(UTC) + timedelta(seconds=10)
        with_leader = await sync_to_async(lambda: Leader.objects.update(beat_at=later))()
        hanging = await sync_to_async(queries.staleness)(later)
        hangs = False
        await until(lambda: Watch.objects.filter(problem="").count() == 12)

    assert with_leader == 1
    assert hanging.problem == "no answer within 5 s"
    assert sum("sendInitialEvents" in query for query in cluster.watches(TFJOB)) == 1  # the stream goes on


async def test_while_the_cluster_is_away_pages_say_so_and_no_longer_once_it_is_back(cluster: WatchedCluster) -> None:
    async with watching():
        await until(lambda: Watch.objects.exclude(listed_at=None).count() == 12)
        cluster.away = True
        cluster.cut()
        await until(lambda: Watch.objects.filter(resource=POD.key).exclude(problem="").exists())
        row = await Watch.objects.aget(resource=POD.key)
        later = (row.heard_at or datetime.now(UTC)) + timedelta(seconds=6)
        await Leader.objects.all().aupdate(beat_at=later)
        assert "starting" in (await sync_to_async(queries.staleness)(later)).problem

        cluster.away = False
        await until(lambda: not Watch.objects.exclude(problem="").exists())


async def test_a_job_is_not_called_silent_while_the_cluster_is_away(cluster: WatchedCluster) -> None:
    clock = Clock()
    cluster.put(TFJOB, objects.job("mnist", creationTimestamp=clock().isoformat()))
    async with watching(clock):
        await until(lambda: phases() == {"mnist": "submitted"})
        await until(lambda: Watch.objects.exclude(listed_at=None).count() == 12)
        cluster.away = True
        cluster.cut()
        await until(lambda: Watch.objects.exclude(problem="").count() == 12)
        clock.ahead = timedelta(seconds=40)
        await asyncio.sleep(2.5)  # more than a beat: it would have been derived again
        assert await sync_to_async(phases)() == {"mnist": "submitted"}

        cluster.away = False
        await until(lambda: not Watch.objects.exclude(problem="").exists())
        clock.ahead = timedelta(seconds=80)
        await until(lambda: phases() == {"mnist": "silent"})


async def test_a_kind_that_the_cluster_has_not_is_said_to_be_absent(cluster: WatchedCluster) -> None:
    mxjob = next(kind for kind in JOB_KINDS if kind.kind == "MXJob")
    answer = cluster.answer
    cluster.answer = lambda recorded: (  # type: ignore[method-assign]
        answer(recorded) if mxjob.plural not in recorded.path else answer(type(recorded)("GET", "/no", {}, [], None))
    )
    async with watching():
        await until(lambda: Watch.objects.filter(resource=mxjob.key, served=False).exists())
        await until(lambda: Watch.objects.filter(resource=EVENT.key).exclude(listed_at=None).exists())

    assert await sync_to_async(queries.served_frameworks)() == {"tensorflow", "pytorch", "mpi"}


async def test_nothing_is_lost_while_the_database_refuses(cluster: WatchedCluster) -> None:
    def run(statement: str) -> None:
        with connections["index"].cursor() as cursor:
            cursor.execute(statement)

    async with watching():
        await until(lambda: Watch.objects.exclude(listed_at=None).count() == 12)
        await sync_to_async(run)("ALTER TABLE index_pod RENAME TO index_pod_away")
        try:
            cluster.put(POD, objects.pod("mnist"))
            cluster.put(TFJOB, objects.job("mnist", "Created", "Running"))
            await asyncio.sleep(0.5)
            assert not await Task.objects.aexists()
        finally:
            await sync_to_async(run)("ALTER TABLE index_pod_away RENAME TO index_pod")
        await until(lambda: phases() == {"mnist": "running"} and Pod.objects.exists())


async def test_a_watcher_whose_place_is_taken_stops(cluster: WatchedCluster) -> None:
    async with watching() as running:
        await until(lambda: Watch.objects.exclude(listed_at=None).count() == 12)
        await Leader.objects.all().aupdate(epoch=99)

        with pytest.raises(BaseExceptionGroup) as raised:
            await asyncio.wait_for(running, 20)
    assert raised.group_contains(Deposed)
