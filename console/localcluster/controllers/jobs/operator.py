"""The training operator: watches the jobs and what they own, and looks at each that changed."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime

from console.localcluster.controllers.jobs.framework import Framework
from console.localcluster.controllers.jobs.hands import Hands
from console.localcluster.controllers.jobs.mpijob import MPI
from console.localcluster.controllers.jobs.mxjob import MXNet
from console.localcluster.controllers.jobs.pytorchjob import PyTorch
from console.localcluster.controllers.jobs.reconcile import Reconciler
from console.localcluster.controllers.jobs.specification import RunPolicy
from console.localcluster.controllers.jobs.tfjob import TensorFlow
from console.localcluster.controllers.work_queue import WorkQueue
from console.localcluster.machinery import faults
from console.localcluster.machinery.api import Api
from console.localcluster.machinery.errors import ApiError
from console.localcluster.machinery.kinds import (
    CONFIG_MAP,
    JOB_KINDS,
    POD,
    ROLE,
    ROLE_BINDING,
    SERVICE,
    SERVICE_ACCOUNT,
    Kind,
)
from console.localcluster.machinery.objects import name_of, namespace_of, owner_references, uid_of
from console.localcluster.store import Change, Object

log = logging.getLogger(__name__)

FRAMEWORKS: dict[str, Framework] = {
    framework.kind.kind: framework for framework in (TensorFlow(), PyTorch(), MXNet(), MPI())
}
OWNED = (POD, SERVICE, CONFIG_MAP, SERVICE_ACCOUNT, ROLE, ROLE_BINDING)
# With a role of 0 replicas a pod is made and deleted in turn, 4-6 times a second on the real operator (fact 10).
SECONDS_BETWEEN_FUTILE_PASSES = 0.2

Key = tuple[str, str, str]  # kind, namespace, name


class TrainingOperator:
    """Reconciles one job at a time; several threads of the real one only make its races likelier."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._queue: WorkQueue[Key] = WorkQueue()
        self._owned: dict[str, dict[tuple[str, str], Object]] = defaultdict(dict)  # by the owner's uid
        self._born: dict[str, str] = {}  # uid -> resourceVersion at which the job was first seen
        self._last_pass: dict[Key, float] = {}
        self._crashing: set[Key] = set()
        self._able = asyncio.Event()
        self._stops: list[Callable[[], None]] = []

    async def run(self) -> None:
        """Works until cancelled."""
        self._follow()
        try:
            while True:
                key = await self._queue.get()
                while self._crashing or faults.is_paused(self._api.store, faults.OPERATOR):
                    self._able.clear()
                    await self._able.wait()
                self._look_at(key)
                # Everything else of the cluster has its turn between two passes.
                await asyncio.sleep(0)
        finally:
            for stop in self._stops:
                stop()
            self._queue.close()

    def _follow(self) -> None:
        store = self._api.store
        for kind in JOB_KINDS:
            self._stops.append(store.listen(kind.key, self._job_changed))
            for job in self._api.list(kind):
                self._job_seen(job)
        for kind in OWNED:
            self._stops.append(store.listen(kind.key, self._owned_changed(kind)))
            for held in self._api.list(kind):
                self._owned_seen(kind, held, gone=False)

    def _job_changed(self, change: Change, job: Object, before: Object | None) -> None:
        if change.type != "DELETED":
            self._job_seen(job)
            return
        key = _key(job)
        self._born.pop(uid_of(job), None)
        self._owned.pop(uid_of(job), None)
        self._last_pass.pop(key, None)
        self._queue.forget(key)
        self._crashing.discard(key)
        self._able.set()

    def _job_seen(self, job: Object) -> None:
        key = _key(job)
        self._born.setdefault(uid_of(job), job["metadata"]["resourceVersion"])
        if FRAMEWORKS[job["kind"]].crashes_operator(job):
            log.error(
                "the training operator cannot run: %s %s/%s ends its process at every start; "
                "nothing is reconciled until that object is deleted",
                *key,
            )
            self._crashing.add(key)
        else:
            self._crashing.discard(key)
            self._able.set()
        self._queue.add(key)

    def _owned_changed(self, kind: Kind) -> Callable[[Change, Object, Object | None], None]:
        def heard(change: Change, held: Object, before: Object | None) -> None:
            self._owned_seen(kind, held, gone=change.type == "DELETED")
            if kind is CONFIG_MAP and name_of(held) == faults.NAME:
                self._able.set()

        return heard

    def _owned_seen(self, kind: Kind, held: Object, *, gone: bool) -> None:
        for owner in owner_references(held):
            if owner["kind"] in FRAMEWORKS and owner.get("controller"):
                if gone:
                    self._owned[owner["uid"]].pop((kind.key, name_of(held)), None)
                else:
                    self._owned[owner["uid"]][kind.key, name_of(held)] = held
                self._queue.add((owner["kind"], namespace_of(held), owner["name"]))

    def _look_at(self, key: Key) -> None:
        framework = FRAMEWORKS[key[0]]
        job = self._api.store.get(framework.kind.key, key[1], key[2])
        if job is None or "deletionTimestamp" in job["metadata"] or self._is_futile(key, framework, job):
            return
        try:
            self._reconcile(key, framework, job)
        except ApiError as error:
            log.debug("%s %s/%s: %s", *key, error)
            self._queue.add_failed(key)
        except Exception:
            log.exception("a pass over %s %s/%s failed", *key)
            self._queue.add_failed(key)

    def _reconcile(self, key: Key, framework: Framework, job: Object) -> None:
        refusal = framework.refusal(job)
        if refusal:
            # The reason is an MPIJob's for every kind (sic).
            Hands(self._api, framework.kind, job).warning("MPIJobFailedValidation", refusal)
            self._queue.add_failed(key)
            return
        if not framework.shape.roles(job):
            return
        owned = self._owned[uid_of(job)]
        pods = [held for (kind, _), held in sorted(owned.items()) if kind == POD.key]
        services = [held for (kind, _), held in sorted(owned.items()) if kind == SERVICE.key]
        newborn = self._born.get(uid_of(job)) == job["metadata"]["resourceVersion"]
        status = Reconciler(self._api, framework, job, pods, services).run(newborn=newborn)
        self._queue.succeeded(key)
        expires = status.expires_at(RunPolicy.of(job).ttl_seconds)
        if expires is not None:
            self._expire(key, framework, expires)

    def _expire(self, key: Key, framework: Framework, expires: datetime) -> None:
        left = (expires - self._api.clock()).total_seconds()
        if left > 0:
            self._queue.add_after(key, left)
            return
        job = self._api.store.get(framework.kind.key, key[1], key[2])
        if job is not None:
            Hands(self._api, framework.kind, job).delete_job()

    def _is_futile(self, key: Key, framework: Framework, job: Object) -> bool:
        """Slow down what would spin for ever."""
        if all(role.replicas for role in framework.shape.roles(job)):
            return False
        now = asyncio.get_running_loop().time()
        left = self._last_pass.get(key, 0.0) + SECONDS_BETWEEN_FUTILE_PASSES - now
        if left > 0:
            self._queue.add_after(key, left)
            return True
        self._last_pass[key] = now
        return False


def _key(job: Object) -> Key:
    return job["kind"], namespace_of(job), name_of(job)
