"""Suspending and resuming: in the order in which they were asked for, and not before it does no harm."""

import pytest
from django.contrib.auth.models import User

from tasks import actions
from tasks.actions import Outcome
from tests.tasks.memory_cluster import MemoryCluster
from tests.tasks.operations import MINUTE, SECOND, Clock, Died, alice, asked, clock, cluster, dies_at

__all__ = ["alice", "clock", "cluster"]
pytestmark = pytest.mark.django_db(databases=["default", "index"])


@pytest.mark.parametrize(("verb", "value"), [("suspend", True), ("resume", False)])
def test_suspend_and_resume(alice: User, cluster: MemoryCluster, clock: Clock, verb: str, value: bool) -> None:
    task = cluster.add("TFJob", "mnist")
    operation = asked(alice, verb, uid=task["metadata"]["uid"])

    actions.carry_out(operation.pk, connect=cluster.connect, now=clock)

    operation.refresh_from_db()
    assert (operation.state, task["spec"]["runPolicy"]) == ("succeeded", {"suspend": value})


def test_a_resume_waits_until_the_pods_of_before_are_gone(alice: User, cluster: MemoryCluster, clock: Clock) -> None:
    task = cluster.add("TFJob", "mnist")
    pod = cluster.add("Pod", "mnist-worker-0")["metadata"]
    pod["labels"] = {"training.kubeflow.org/job-name": "mnist"}
    pod["ownerReferences"] = [{"uid": task["metadata"]["uid"]}]
    pod["deletionTimestamp"] = "2026-11-25T00:00:00Z"
    operation = asked(alice, "resume", uid=task["metadata"]["uid"])

    early = actions.carry_out(operation.pk, connect=cluster.connect, now=clock)
    operation.refresh_from_db()
    waiting = (operation.state, operation.reason, dict(task["spec"]["runPolicy"]))
    del cluster.objects["Pod", "vision", "mnist-worker-0"]
    clock.now += SECOND
    actions.carry_out_due(connect=cluster.connect, now=clock)

    operation.refresh_from_db()
    assert (early, waiting) == (Outcome.TOO_EARLY, ("accepted", "pods-end", {}))
    assert (operation.state, operation.reason, task["spec"]["runPolicy"]) == ("succeeded", "", {"suspend": False})


def test_a_suspend_that_had_to_wait_does_not_undo_a_later_resume(
    alice: User, cluster: MemoryCluster, clock: Clock
) -> None:
    task = cluster.add("TFJob", "mnist")
    suspend = asked(alice, verb="suspend", uid=task["metadata"]["uid"])
    cluster.away = True
    actions.carry_out(suspend.pk, connect=cluster.connect, now=clock)
    cluster.away = False
    resume = asked(alice, verb="resume", uid=task["metadata"]["uid"])
    actions.carry_out(resume.pk, connect=cluster.connect, now=clock)
    clock.now += MINUTE

    actions.carry_out(suspend.pk, connect=cluster.connect, now=clock)

    suspend.refresh_from_db()
    assert cluster.objects["TFJob", "vision", "mnist"]["spec"]["runPolicy"]["suspend"] is False
    assert (suspend.state, suspend.reason) == ("failed", "withdrawn")


def test_a_resume_waits_for_the_answer_to_the_suspend_before_it(
    alice: User, cluster: MemoryCluster, clock: Clock
) -> None:
    uid = cluster.add("TFJob", "mnist")["metadata"]["uid"]
    suspend = asked(alice, verb="suspend", uid=uid)
    with pytest.raises(Died):
        actions.carry_out(suspend.pk, connect=cluster.connect, now=clock, at=dies_at("claimed"))
    resume = asked(alice, verb="resume", uid=uid)

    first = actions.carry_out(resume.pk, connect=cluster.connect, now=clock)
    clock.now += MINUTE
    actions.carry_out_due(connect=cluster.connect, now=clock)
    actions.carry_out_due(connect=cluster.connect, now=clock)

    suspend.refresh_from_db()
    resume.refresh_from_db()
    assert first is Outcome.TOO_EARLY
    assert (suspend.state, resume.state) == ("failed", "succeeded")
    assert cluster.objects["TFJob", "vision", "mnist"]["spec"]["runPolicy"]["suspend"] is False
