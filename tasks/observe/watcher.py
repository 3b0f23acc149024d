"""The watcher: one watch a kind for the whole installation, collected for a tenth of a second, then written."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import Executor
from datetime import UTC, datetime
from functools import partial
from typing import Any, Protocol, TypeVar

from django.db import DatabaseError, connections, transaction

from console.cluster import shapes
from console.cluster.errors import ClusterUnavailable
from console.cluster.happenings import Added, Bookmark, Deleted, Listed, Modified, NotServed, Opened, Relisting, Trouble
from console.cluster.probing import require_answer
from console.cluster.resources import (
    CLAIM,
    DEPLOYMENT,
    EVENT,
    JOB_KINDS,
    JOB_NAME_LABEL,
    NAMESPACE,
    NODE,
    POD,
    QUOTA,
    SERVICE,
    Resource,
)
from console.cluster.watching import watch
from console.index.leader import Leadership
from console.index.models import Pod, Task, Watch
from console.index.pruning import cap_events, prune
from console.index.table import DATABASE
from console.index.wakeup import Bell
from tasks.observe.batch import Batch, Collection, Progress
from tasks.observe.belonging import Belonging
from tasks.observe.record import FORMAT, Outcome, record
from tasks.observe.salvage import write_what_can_be
from tasks.phases import FINISHED

logger = logging.getLogger(__name__)

T = TypeVar("T")
FLUSH_SECONDS = 0.1
FLUSH_OBJECTS = 500  # enough for one transaction: no need to wait for more
COLLECTED_MAX = 5000  # then the watches wait for the database
BEAT_SECONDS = 2.0
PRUNE_SECONDS = 60.0
PROBE_SECONDS = 10.0  # streams alone notice a cluster that hangs only when two bookmarks have not come
_SYSTEM_NAMESPACE = "kube-system"  # its uid is the cluster's

_DECODERS: dict[str, type[shapes.Watched]] = {
    NAMESPACE.key: shapes.Namespace,
    NODE.key: shapes.Node,
    QUOTA.key: shapes.Quota,
    CLAIM.key: shapes.Claim,
    SERVICE.key: shapes.Service,
    DEPLOYMENT.key: shapes.Deployment,
    POD.key: shapes.Pod,
    EVENT.key: shapes.Event,
    **{resource.key: shapes.Job for resource in JOB_KINDS},
}
# Of these, one object each: the Service of the cluster's DNS has this name everywhere, and CoreDNS its own.
_FIELDS = {
    SERVICE.key: f"metadata.namespace={_SYSTEM_NAMESPACE},metadata.name=kube-dns",
    DEPLOYMENT.key: f"metadata.namespace={_SYSTEM_NAMESPACE},metadata.name=coredns",
}
_STATES_DEPEND_ON = frozenset({POD.key, *(resource.key for resource in JOB_KINDS)})


class Watches(Protocol):
    """console.cluster.watching.watch, or what a test puts in its place."""

    def __call__(
        self, resource: Resource, *, decoder: type[Any], start: str, label_selector: str, field_selector: str
    ) -> AsyncIterator[Any]: ...


class Watcher:
    """Runs until it is cancelled, or raises Deposed. All of its database work is done in one thread, `writer`."""

    def __init__(
        self,
        *,
        leadership: Leadership,
        writer: Executor,
        bell: Bell | None = None,
        watches: Watches = watch,
        require_answer: Callable[[], Awaitable[None]] = require_answer,
        probe_seconds: float = PROBE_SECONDS,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._leadership = leadership
        self._writer = writer
        self._bell = bell
        self._watches = watches
        self._require_answer = require_answer
        self._probe_seconds = probe_seconds
        self._clock = clock
        self._collection = Collection()
        self._belonging = Belonging()
        self._starts: dict[str, str] = {}
        self._recheck: dict[str, datetime] = {}
        self._touched: set[str] = set()
        self._watching_since: datetime | None = None
        self._wake = asyncio.Event()
        self._full = asyncio.Event()
        self._taken = asyncio.Event()
        self._known_cluster = asyncio.Event()
        self._listed = {key: asyncio.Event() for key in _DECODERS}

    async def run(self) -> None:
        await self._in_writer(_forget_older_formats)
        stored = await self._in_writer(_stored_watches)
        for resource in (NAMESPACE, NODE, QUOTA, CLAIM, SERVICE, DEPLOYMENT, POD, *JOB_KINDS, EVENT):
            row = stored.get(resource.key)
            progress = Progress(resource, generation=row.generation if row else 0)
            if row is not None:
                progress.listed_at, progress.heard_at, progress.served = row.listed_at, row.heard_at, row.served
            self._collection.watch(progress)
        self._watching_since = self._clock()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._flush_for_ever())
            group.create_task(self._beat_for_ever())
            group.create_task(self._probe_for_ever())
            # Namespaces are few: they are always listed, and tell which cluster this is.
            group.create_task(self._follow(NAMESPACE))
            await self._known_cluster.wait()
            self._resume(stored)
            for resource in (POD, NODE, QUOTA, CLAIM, SERVICE, DEPLOYMENT):
                group.create_task(self._follow(resource))
            # Jobs after pods, events after both: a first list makes no state that it must take back.
            await self._listed[POD.key].wait()
            for resource in JOB_KINDS:
                group.create_task(self._follow(resource))
            for resource in JOB_KINDS:
                await self._listed[resource.key].wait()
            group.create_task(self._follow(EVENT))
            self._recheck |= dict.fromkeys(await self._in_writer(_unfinished_tasks), self._clock())

    def _resume(self, stored: dict[str, Watch]) -> None:
        """Go on from the versions saved, unless they are another cluster's."""
        for key, row in stored.items():
            if key == NAMESPACE.key or key not in _DECODERS or not row.resource_version:
                continue
            if row.cluster_uid == self._belonging.cluster_uid:
                self._starts[key] = row.resource_version
                progress = self._collection.progress[key]
                progress.resource_version, progress.listing = row.resource_version, False
                self._listed[key].set()

    async def _follow(self, resource: Resource) -> None:
        happenings = self._watches(
            resource,
            decoder=_DECODERS[resource.key],
            start=self._starts.get(resource.key, ""),
            label_selector=JOB_NAME_LABEL if resource == POD else "",
            field_selector=_FIELDS.get(resource.key, ""),
        )
        async for happening in happenings:
            self._collect(resource, happening)
            self._wake.set()
            if self._collection.size >= FLUSH_OBJECTS:
                self._full.set()
            if self._collection.size >= COLLECTED_MAX:
                self._taken.clear()
                await self._taken.wait()

    def _collect(self, resource: Resource, happening: object) -> None:
        collection, now = self._collection, self._clock()
        if resource.key in _STATES_DEPEND_ON and collection.progress[resource.key].problem:
            self._watching_since = now  # whatever comes next: until now nothing was heard
        match happening:
            case Added(object=found, raw=raw) | Modified(object=found, raw=raw):
                self._look_for_cluster(found)
                collection.put(resource, found, raw, deleted=False, now=now)
            case Deleted(object=found, raw=raw):
                collection.put(resource, found, raw, deleted=True, now=now)
            case Bookmark(resource_version=version):
                collection.moved(resource, version, now)
            case Opened():
                collection.opened(resource, now)
            case Relisting(reason=reason):
                logger.info("Listing %s: %s", resource.key, reason)
                collection.relisting(resource)
            case Listed(resource_version=version):
                collection.listed(resource, version, now)
                self._known_to_the_end(resource)
            case NotServed():
                collection.not_served(resource, now)
                self._known_to_the_end(resource)
            case Trouble(error=error, pause_seconds=pause):
                logger.warning("Watching %s: %s (pause %.1f s)", resource.key, error, pause)
                collection.troubled(resource, str(error), now)

    def _look_for_cluster(self, found: object) -> None:
        if isinstance(found, shapes.Namespace) and found.metadata.name == _SYSTEM_NAMESPACE:
            self._belonging.cluster_uid = found.metadata.uid

    def _known_to_the_end(self, resource: Resource) -> None:
        self._listed[resource.key].set()
        if resource == NAMESPACE:
            self._known_cluster.set()

    async def _flush_for_ever(self) -> None:
        while True:
            await self._wake.wait()
            try:
                async with asyncio.timeout(FLUSH_SECONDS):
                    await self._full.wait()
            except TimeoutError:
                pass
            self._wake.clear()
            self._full.clear()
            batch = self._collection.take(self._due())
            self._taken.set()
            outcome = await self._write(batch)
            self._touched |= outcome.touched_objects
            for uid, moment in outcome.recheck.items():
                self._recheck.pop(uid, None)
                if moment is not None:
                    self._recheck[uid] = moment

    def _due(self) -> list[str]:
        """Tasks whose state the clock may have changed; none while the watches are behind: we would judge the past."""
        progress = self._collection.progress
        if any(progress[key].problem or (progress[key].listing and progress[key].served) for key in _STATES_DEPEND_ON):
            return []
        now = self._clock()
        return [uid for uid, moment in self._recheck.items() if moment <= now][:FLUSH_OBJECTS]

    async def _write(self, batch: Batch) -> Outcome:
        """Until it is written: nothing that was heard is lost while the database is away."""
        while True:
            try:
                return await self._in_writer(self._record, batch)
            except DatabaseError:
                logger.exception("Cannot write what was observed; trying again.")
                await asyncio.sleep(1)

    def _record(self, batch: Batch) -> Outcome:
        write = partial(
            record,
            leadership=self._leadership,
            belonging=self._belonging,
            now=self._clock(),
            watching_since=self._watching_since,
        )
        try:
            outcome = write_what_can_be(batch, write)
        except DatabaseError:
            connections[DATABASE].close()  # a broken connection would fail for ever
            raise
        if outcome.changes and self._bell is not None:
            self._bell.ring()
        return outcome

    async def _beat_for_ever(self) -> None:
        loop = asyncio.get_running_loop()
        pruned = loop.time()
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            try:
                await self._in_writer(self._beat)
                if loop.time() - pruned >= PRUNE_SECONDS:
                    pruned = loop.time()
                    await self._prune()
            except DatabaseError:
                logger.exception("Cannot say that the watcher lives.")
            if self._due() or self._belonging.is_waiting:
                self._wake.set()

    async def _probe_for_ever(self) -> None:
        """Ask whether anybody is there. The second failure in a row counts: one answer may just be late."""
        answered_at, failures = self._clock(), 0
        while True:
            await asyncio.sleep(self._probe_seconds / (10 if failures == 1 else 1))
            try:
                await self._require_answer()
            except ClusterUnavailable as exc:
                failures += 1
                if failures > 1:
                    self._collection.unanswered(str(exc), answered_at=answered_at)
                    self._wake.set()
            else:
                answered_at, failures = self._clock(), 0
                if self._collection.answered():
                    self._watching_since = answered_at  # until now nothing was heard
                    self._wake.set()

    def _beat(self) -> None:
        with transaction.atomic(using=DATABASE):
            self._leadership.confirm(self._clock())

    async def _prune(self) -> None:
        touched, self._touched = self._touched, set()
        await self._in_writer(cap_events, touched)
        while await self._in_writer(prune, self._clock()):
            pass

    async def _in_writer(self, function: Callable[..., T], *arguments: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._writer, function, *arguments)


def _forget_older_formats() -> None:
    """After an upgrade: nothing to resume from, and no row that is up to date."""
    with transaction.atomic(using=DATABASE):
        if Watch.objects.filter(format__lt=FORMAT).update(resource_version=""):
            Task.objects.update(resource_version=0)
            Pod.objects.update(resource_version=0)


def _stored_watches() -> dict[str, Watch]:
    return {row.resource: row for row in Watch.objects.all()}


def _unfinished_tasks() -> list[str]:
    return list(Task.objects.exclude(phase__in=FINISHED).values_list("uid", flat=True))
