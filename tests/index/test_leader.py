import os
import signal
import subprocess
import sys
from datetime import UTC, datetime

import pytest
from django.db import connections

from console.index.leader import Deposed, FileLock, Leadership, lock_of_this_index
from console.index.models import Leader

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "index"])

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


def test_only_one_takes_the_lock_and_its_release_lets_the_next(index: str) -> None:
    first, second = lock_of_this_index(), lock_of_this_index()
    assert first.try_to_take()
    assert not second.try_to_take()

    first.release()

    assert second.try_to_take()
    second.release()


def test_each_leader_has_a_higher_epoch(index: str) -> None:
    lock = lock_of_this_index()
    epochs = [Leadership(lock).epoch, Leadership(lock).epoch]
    lock.release()

    assert epochs[1] == epochs[0] + 1


def test_a_leader_says_that_it_lives(index: str) -> None:
    lock = lock_of_this_index()
    Leadership(lock).confirm(NOON)
    lock.release()

    leader = Leader.objects.get()
    assert leader.beat_at == NOON
    assert leader.holder.endswith(f":{os.getpid()}")


def test_one_that_was_paused_while_another_took_over_writes_nothing_more(index: str) -> None:
    lock = lock_of_this_index()
    paused = Leadership(lock)
    Leadership(lock).confirm(NOON)

    with pytest.raises(Deposed):
        paused.confirm(NOON)
    lock.release()


def test_the_files_lock_goes_with_a_killed_process(transactional_db: None) -> None:
    path = f"{connections['index'].settings_dict['NAME']}.watcher"
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import fcntl, os, sys, time; f = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT, 0o600); "
            "fcntl.flock(f, fcntl.LOCK_EX); print('held', flush=True); time.sleep(60)",
            path,
        ],
        stdout=subprocess.PIPE,
    )
    assert holder.stdout is not None
    holder.stdout.readline()
    lock = FileLock()
    assert not lock.try_to_take()

    holder.send_signal(signal.SIGKILL)
    holder.wait()
    holder.stdout.close()

    assert lock.try_to_take()
    lock.release()
