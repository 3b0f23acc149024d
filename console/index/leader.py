"""One watcher writes; the others wait. The lock says who, the epoch makes sure.

The lock goes when its holder dies: a file's lock beside the SQLite file, a session's advisory lock on PostgreSQL. A
holder that was only paused, or whose session was cut, finds in its next transaction that a higher epoch is there.
"""

import fcntl
import os
import socket
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Protocol

from django.db import DatabaseError, connections, transaction

from console.index.models import Leader
from console.index.table import DATABASE, execute

_ADVISORY_CLASS = 0x7472  # "tr": the first of an advisory lock's two numbers; the second is the schema's


class Deposed(Exception):
    """Another watcher has taken over: write nothing more."""


class Lock(Protocol):
    def try_to_take(self) -> bool: ...

    def release(self) -> None: ...


def lock_of_this_index() -> Lock:
    return FileLock() if connections[DATABASE].vendor == "sqlite" else AdvisoryLock()


class FileLock:
    """flock on a file beside the database file; the kernel lets go of it when the process ends, however it ends."""

    def __init__(self) -> None:
        self.path = Path(f"{connections[DATABASE].settings_dict['NAME']}.watcher")
        self._file = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)

    def try_to_take(self) -> bool:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def release(self) -> None:
        os.close(self._file)


class AdvisoryLock:
    """An advisory lock of a session of its own: no pooler may stand between."""

    def __init__(self) -> None:
        self._connection = connections[DATABASE].copy()

    def try_to_take(self) -> bool:
        with self._connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s, hashtext(current_schema()))", [_ADVISORY_CLASS])
            return bool(cursor.fetchone()[0])

    def release(self) -> None:
        """At once: the server lets go of a closed session's locks only when it comes to it."""
        with suppress(DatabaseError), self._connection.cursor() as cursor:  # a session that is gone holds no lock
            cursor.execute("SELECT pg_advisory_unlock_all()")
        self._connection.close()


class Leadership:
    """Held while this process is the one that writes. Make one when the lock is taken: all earlier ones end with it."""

    def __init__(self, lock: Lock) -> None:
        self._lock = lock
        holder = f"{socket.gethostname()}:{os.getpid()}"
        with transaction.atomic(using=DATABASE):
            Leader.objects.get_or_create(pk=1)
            execute("UPDATE index_leader SET epoch = epoch + 1, holder = %s WHERE id = 1", [holder])
            self.epoch = Leader.objects.values_list("epoch", flat=True).get(pk=1)

    def release(self) -> None:
        self._lock.release()

    def confirm(self, now: datetime) -> None:
        """Say that the watcher lives; call it in each writing transaction. Raises Deposed."""
        moment = connections[DATABASE].ops.adapt_datetimefield_value(now)
        if execute("UPDATE index_leader SET beat_at = %s WHERE id = 1 AND epoch = %s", [moment, self.epoch]) != 1:
            raise Deposed(f"epoch {self.epoch} is over")
