"""One pass over one job: what the operator does each time it looks."""

from __future__ import annotations

from typing import Any

from console.localcluster.controllers.jobs.framework import Framework, Pass
from console.localcluster.controllers.jobs.hands import Hands
from console.localcluster.controllers.jobs.limits import active_pods, failure_message, phase_of
from console.localcluster.controllers.jobs.specification import RunPolicy
from console.localcluster.controllers.jobs.status import CREATED, FAILED, RUNNING, SUCCEEDED, SUSPENDED, JobStatus
from console.localcluster.controllers.jobs.troubles import troubles_of
from console.localcluster.machinery.api import Api
from console.localcluster.machinery.objects import name_of, seconds_text

Object = dict[str, Any]


class Reconciler:
    """A pass. `pods` and `services` are those the job owns."""

    def __init__(self, api: Api, framework: Framework, job: Object, pods: list[Object], services: list[Object]) -> None:
        self._api = api
        self._framework = framework
        self._job = job
        self._policy = RunPolicy.of(job)
        self._hands = Hands(api, framework.kind, job)
        self._status = JobStatus.of(job)
        self._roles = framework.shape.roles(job)
        self._pods = pods
        self._services = services

    def run(self, *, newborn: bool) -> JobStatus:
        """Do what is to be done; the status is written when it changed. Raises ApiError, and then writes nothing.

        `newborn`: the job is still as it was created, so the Created condition is there in the operator's memory.
        """
        kind = self._framework.kind.kind
        if newborn and not self._status.conditions:
            message = f"{kind} {name_of(self._job)} is created."
            self._set(CREATED, "True", f"{kind}Created", message)
        if self._status.finished:
            self._clean_up()
        elif self._policy.suspended:
            self._suspend(kind)
        else:
            self._resume(kind)
            self._work(kind)
        self._write()
        return self._status

    def _work(self, kind: str) -> None:
        for pod in active_pods(self._pods):
            for reason, message in troubles_of(pod):
                self._hands.warning(reason, message)
        over = failure_message(self._job, self._policy, self._roles, self._pods, self._status, self._hands.now)
        if over:
            self._status.complete(self._hands.now)
            self._delete_pods(self._pods)
            self._hands.normal(f"{kind}Failed", over)
            self._set(FAILED, "True", f"{kind}Failed", over)
            return
        services = {name_of(service): service for service in self._services}
        current = Pass(self._hands, self._roles, self._pods, self._status, services)
        self._framework.reconcile_pods(current)
        self._status.start_time = self._status.start_time or seconds_text(self._hands.now)
        self._framework.judge(current)

    def _clean_up(self) -> None:
        """By the policy as it is now; then a success counts what was still active as succeeded."""
        policy = self._policy.clean_pod_policy
        if policy == "Running":
            self._delete_pods([pod for pod in self._pods if phase_of(pod) in ("Running", "Pending")])
        elif policy != "None":
            self._delete_pods(self._pods)
        if self._status.has(SUCCEEDED):
            for counts in self._status.replicas.values():
                counts.succeeded, counts.active = counts.succeeded + counts.active, 0

    def _suspend(self, kind: str) -> None:
        self._delete_pods(self._pods)
        for counts in self._status.replicas.values():
            counts.active = 0
        reason, message = f"{kind}Suspended", f"{kind} {name_of(self._job)} is suspended."
        if self._status.has(RUNNING):
            self._set(RUNNING, "False", reason, message)
        self._set(SUSPENDED, "True", reason, message)
        self._hands.normal(reason, message)

    def _resume(self, kind: str) -> None:
        if not self._status.has(SUSPENDED):
            return
        reason, message = f"{kind}Resumed", f"{kind} {name_of(self._job)} is resumed."
        self._set(SUSPENDED, "False", reason, message)
        self._status.start_time = seconds_text(self._hands.now)
        self._hands.normal(reason, message)

    def _delete_pods(self, pods: list[Object]) -> None:
        """Each with the service of its name."""
        for pod in pods:
            self._hands.delete_pod(name_of(pod))
            self._hands.delete_service(name_of(pod))

    def _set(self, type_: str, truth: Any, reason: str, message: str) -> None:
        self._status.set(type_, truth, reason=reason, message=message, now=self._hands.now)

    def _write(self) -> None:
        status = self._status.as_object()
        if status != (self._job.get("status") or {}) and (status["conditions"] or len(status) > 1):
            self._api.update_status(self._framework.kind, {**self._job, "status": status})
