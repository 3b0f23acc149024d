"""The process itself: killed, doubled, asked to stop."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from django.conf import settings

from console.cluster.resources import EVENT, JOB_KINDS, NAMESPACE, POD, TFJOB
from tests.tasks import cluster_objects as objects
from tests.tasks.watched_cluster import WatchedCluster

pytestmark = pytest.mark.slow
RSS_MIB_MAX = 90  # 68 on its own; the test's Python is the same


class Installation:
    """A state folder with an empty index, and the watchers started on it."""

    def __init__(self, state: Path, cluster: WatchedCluster) -> None:
        self.state = state
        self.cluster = cluster
        self.watchers: list[subprocess.Popen[bytes]] = []
        self._environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"} | {
            "TRAINYARD_STATE": str(state),
            "TRAINYARD_WATCH_KUBECONFIG": str(cluster.kubeconfig),
            "DJANGO_SETTINGS_MODULE": "console.settings",
        }
        subprocess.run(
            [*self._manage("migrate"), "--skip-checks", "--database", "index", "-v0"], check=True, env=self._environment
        )

    def start(self) -> subprocess.Popen[bytes]:
        log = (self.state / f"watcher-{len(self.watchers)}.log").open("wb")
        watcher = subprocess.Popen(self._manage("watch_cluster"), env=self._environment, stdout=log, stderr=log)
        log.close()
        self.watchers.append(watcher)
        return watcher

    def log_of(self, watcher: subprocess.Popen[bytes]) -> str:
        return (self.state / f"watcher-{self.watchers.index(watcher)}.log").read_text()

    def rows(self, question: str) -> list[tuple[object, ...]]:
        with closing(sqlite3.connect(self.state / "index.sqlite3")) as database:
            return database.execute(question).fetchall()

    def names(self) -> set[object]:
        return {name for (name,) in self.rows("SELECT name FROM index_task")}

    def is_synced(self) -> bool:
        return self.rows("SELECT COUNT(*) FROM index_watch WHERE listed_at IS NOT NULL") == [(12,)]

    @staticmethod
    def _manage(command: str) -> list[str]:
        return [sys.executable, str(settings.BASE_DIR / "manage.py"), command]


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    with WatchedCluster(tmp_path) as cluster:
        cluster.put(NAMESPACE, objects.namespace("vision"))
        cluster.put(TFJOB, objects.job("first", "Created"))
        installation = Installation(tmp_path, cluster)
        yield installation
        for watcher in installation.watchers:
            watcher.kill()
            watcher.wait()


def until(holds: Callable[[], object], *, seconds: float = 40) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not come true"
        time.sleep(0.05)


def test_a_killed_watcher_is_followed_by_the_waiting_one_which_resumes_without_a_list(
    installation: Installation,
) -> None:
    first = installation.start()
    until(installation.is_synced)
    second = installation.start()
    until(lambda: "waiting" in installation.log_of(second))

    first.send_signal(signal.SIGKILL)
    first.wait()
    installation.cluster.put(TFJOB, objects.job("second", "Created"))

    until(lambda: installation.names() == {"first", "second"})
    watched = (POD, EVENT, *JOB_KINDS)
    until(lambda: all(len(installation.cluster.watches(resource)) == 2 for resource in watched))
    for resource in watched:
        queries = installation.cluster.watches(resource)
        assert ["sendInitialEvents" in query for query in queries] == [True, False]
    assert installation.rows("SELECT epoch FROM index_leader") == [(2,)]


def test_a_watcher_that_is_asked_to_stop_stops_without_a_word_of_alarm(installation: Installation) -> None:
    watcher = installation.start()
    until(installation.is_synced)

    watcher.send_signal(signal.SIGTERM)

    assert watcher.wait(timeout=20) == 0
    assert "Traceback" not in installation.log_of(watcher)


def test_one_that_waits_for_its_turn_can_be_stopped_too(installation: Installation) -> None:
    installation.start()
    until(installation.is_synced)
    second = installation.start()
    until(lambda: "waiting" in installation.log_of(second))

    second.send_signal(signal.SIGTERM)

    assert second.wait(timeout=20) == 0
    assert "Traceback" not in installation.log_of(second)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="there is no /proc to ask for the memory")
def test_it_stays_small(installation: Installation) -> None:
    watcher = installation.start()
    until(installation.is_synced)

    status = Path(f"/proc/{watcher.pid}/status").read_text()
    resident_mib = int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS"))) // 1024
    assert resident_mib < RSS_MIB_MAX
