"""Operations are carried out once, whoever dies on the way. The request's side is in test_actions_request.py."""

from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from console.cluster import WEBHOOK_DOWN, ClusterUnavailable, Forbidden, Identity, Rejected
from tasks import actions
from tasks.actions import Outcome
from tasks.models import Operation
from tests.tasks import rows
from tests.tasks.memory_cluster import MemoryCluster
from tests.tasks.operations import MINUTE, SECOND, Clock, Died, alice, asked, clock, cluster, dies_at
from tests.tasks.people import person

__all__ = ["alice", "clock", "cluster"]
pytestmark = pytest.mark.django_db(databases=["default", "index"])


def test_a_submit_creates_one_object_as_the_person_who_asked(alice: User, cluster: MemoryCluster, clock: Clock) -> None:
    operation = asked(alice)

    outcome = actions.carry_out(operation.pk, connect=cluster.connect, now=clock)

    operation.refresh_from_db()
    made = cluster.objects["TFJob", "vision", "mnist"]
    assert (outcome, operation.state, operation.uid) == (Outcome.SETTLED, "succeeded", made["metadata"]["uid"])
    assert cluster.asked_as == [Identity("alice", ("team-vision",))]


def test_a_second_delivery_does_nothing(alice: User, cluster: MemoryCluster, clock: Clock) -> None:
    operation = asked(alice)
    actions.carry_out(operation.pk, connect=cluster.connect, now=clock)
    cluster.objects.clear()

    outcome = actions.carry_out(operation.pk, connect=cluster.connect, now=clock)

    assert (outcome, cluster.names()) == (Outcome.NOT_MINE, [])


def test_an_operation_that_is_gone_is_no_error(cluster: MemoryCluster) -> None:
    assert actions.carry_out(4711, connect=cluster.connect) is Outcome.NOT_MINE


@pytest.mark.parametrize("point", ["claimed", "acted"])
def test_a_worker_that_dies_anywhere_leaves_one_object(
    alice: User, cluster: MemoryCluster, clock: Clock, point: str
) -> None:
    operation = asked(alice)
    with pytest.raises(Died):
        actions.carry_out(operation.pk, connect=cluster.connect, now=clock, at=dies_at(point))

    held = actions.carry_out_due(connect=cluster.connect, now=clock)
    clock.now += 31 * SECOND
    done = actions.carry_out_due(connect=cluster.connect, now=clock)

    operation.refresh_from_db()
    assert (held, done, operation.state, cluster.names()) == (0, 1, "succeeded", ["TFJob mnist"])


def test_an_operator_that_does_not_answer_the_cluster_is_not_called_the_cluster(
    alice: User, cluster: MemoryCluster, clock: Clock
) -> None:
    operation = asked(alice)
    words = 'failed calling webhook "validator.tfjob.training-operator.kubeflow.org": context deadline exceeded'
    cluster.creation_trouble = ClusterUnavailable(words, reason=WEBHOOK_DOWN, status=500)

    actions.carry_out(operation.pk, connect=cluster.connect, now=clock)

    operation.refresh_from_db()
    assert (operation.state, operation.reason) == ("accepted", "operator")


def test_a_lost_answer_leaves_one_object(alice: User, cluster: MemoryCluster, clock: Clock) -> None:
    operation = asked(alice)
    cluster.loses_answers = True
    first = actions.carry_out(operation.pk, connect=cluster.connect, now=clock)
    cluster.loses_answers = False
    clock.now += MINUTE

    second = actions.carry_out(operation.pk, connect=cluster.connect, now=clock)

    operation.refresh_from_db()
    assert (first, second, operation.state) == (Outcome.AWAY, Outcome.SETTLED, "succeeded")
    assert cluster.names() == ["TFJob mnist"]


def test_a_task_that_ran_and_went_before_the_answer_came_is_not_made_again(
    alice: User, cluster: MemoryCluster, clock: Clock
) -> None:
    operation = asked(alice)
    cluster.loses_answers = True
    actions.carry_out(operation.pk, connect=cluster.connect, now=clock)
    cluster.loses_answers = False
    cluster.objects.clear()
    seen = rows.task("mnist", operation=str(operation.key), phase="gone")
    clock.now += MINUTE

    actions.carry_out(operation.pk, connect=cluster.connect, now=clock)

    operation.refresh_from_db()
    assert (operation.state, operation.uid, cluster.names()) == ("succeeded", seen.uid, [])


def test_a_worker_that_slept_through_its_lease_writes_nothing(
    alice: User, cluster: MemoryCluster, clock: Clock
) -> None:
    operation = asked(alice)

    def sleep(point: str) -> None:
        if point == "acted":
            clock.now += 31 * SECOND
            assert actions.carry_out(operation.pk, connect=cluster.connect, now=clock) is Outcome.SETTLED
            Operation.objects.filter(pk=operation.pk).update(message="by the second worker")

    actions.carry_out(operation.pk, connect=cluster.connect, now=clock, at=sleep)

    operation.refresh_from_db()
    assert (operation.state, operation.message) == ("succeeded", "by the second worker")
    assert cluster.names() == ["TFJob mnist"]


def test_while_the_cluster_is_away_it_waits_and_is_done_when_it_is_back(
    alice: User, cluster: MemoryCluster, clock: Clock
) -> None:
    operation = asked(alice)
    cluster.away = True
    for _ in range(6):
        actions.carry_out_due(connect=cluster.connect, now=clock)
        clock.now += 10 * SECOND
    operation.refresh_from_db()
    waiting = (operation.state, operation.reason, operation.message)
    cluster.away = False
    clock.now += 15 * SECOND  # the longest pause between two tries

    actions.carry_out_due(connect=cluster.connect, now=clock)

    operation.refresh_from_db()
    assert waiting == ("accepted", "away", "connection refused")
    assert (operation.state, operation.explanation, cluster.names()) == ("succeeded", "", ["TFJob mnist"])


def test_a_sweep_asks_a_cluster_that_is_away_once(alice: User, cluster: MemoryCluster, clock: Clock) -> None:
    for name in ("a", "b", "c"):
        asked(alice, name=name)
    cluster.away = True
    clock.now += SECOND

    actions.carry_out_due(connect=cluster.connect, now=clock)

    assert len(cluster.asked_as) == 1


def test_what_one_kind_cannot_have_now_holds_up_nobody_else(alice: User, cluster: MemoryCluster, clock: Clock) -> None:
    for number in range(6):
        asked(alice, name=f"waits-{number}")
    found = cluster.add("TFJob", "mnist")
    asked(alice, verb="delete", uid=found["metadata"]["uid"])
    cluster.creation_trouble = ClusterUnavailable("failed calling webhook", status=500)
    clock.now += SECOND

    actions.carry_out_due(connect=cluster.connect, now=clock)

    assert cluster.deletions
    assert Operation.objects.filter(verb="submit", state="accepted").count() == 6


def test_an_operation_that_nobody_can_carry_out_holds_up_nobody_else(
    alice: User, cluster: MemoryCluster, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    asked(alice, verb="suspend", kind="Unheard", uid="u")
    found = cluster.add("TFJob", "mnist")
    asked(alice, verb="delete", uid=found["metadata"]["uid"])
    clock.now += SECOND

    actions.carry_out_due(connect=cluster.connect, now=clock)

    assert cluster.deletions
    assert "Unheard" in caplog.text


def test_after_ten_minutes_the_person_is_asked(alice: User, cluster: MemoryCluster, clock: Clock) -> None:
    operation = asked(alice)
    clock.now += 10 * MINUTE + SECOND
    actions.carry_out_due(connect=cluster.connect, now=clock)
    operation.refresh_from_db()
    asks = (operation.state, operation.reason, cluster.names())

    confirmed = actions.confirm_operation(operation, by=alice)
    actions.carry_out_due(connect=cluster.connect, now=lambda: timezone.now())

    operation.refresh_from_db()
    assert asks == ("needs-confirmation", "waited", [])
    assert (confirmed, operation.state, cluster.names()) == (True, "succeeded", ["TFJob mnist"])


def test_what_was_withdrawn_is_never_done(alice: User, cluster: MemoryCluster, clock: Clock) -> None:
    operation = asked(alice)

    assert actions.withdraw_operation(operation, by=alice)

    assert actions.carry_out(operation.pk, connect=cluster.connect, now=clock) is Outcome.NOT_MINE
    assert cluster.names() == []


def test_nobody_decides_for_somebody_else(alice: User) -> None:
    bob = person("bob", "team-nlp")
    operation = asked(alice, state="needs-confirmation")

    assert not actions.confirm_operation(operation, by=bob)
    assert not actions.withdraw_operation(operation, by=bob)


def test_a_closed_account_does_nothing_any_more(alice: User, cluster: MemoryCluster, clock: Clock) -> None:
    operation = asked(alice)
    User.objects.filter(pk=alice.pk).update(is_active=False)

    actions.carry_out(operation.pk, connect=cluster.connect, now=clock)

    operation.refresh_from_db()
    assert (operation.state, operation.reason, cluster.names()) == ("needs-confirmation", "inactive", [])


def test_groups_that_changed_since_are_not_used(alice: User, cluster: MemoryCluster, clock: Clock) -> None:
    operation = asked(alice)
    alice.person.cluster_groups = ["team-nlp"]
    alice.person.save()

    actions.carry_out(operation.pk, connect=cluster.connect, now=clock)

    operation.refresh_from_db()
    assert (operation.state, operation.reason, cluster.asked_as) == ("needs-confirmation", "changed", [])


@pytest.mark.parametrize(
    "refusal", [Rejected("exceeded quota: count/tfjobs", status=403), Forbidden('User "alice" cannot create')]
)
def test_a_refusal_ends_it_with_the_clusters_words(
    alice: User, cluster: MemoryCluster, clock: Clock, refusal: Rejected
) -> None:
    operation = asked(alice)
    cluster.refusal = refusal

    actions.carry_out(operation.pk, connect=cluster.connect, now=clock)

    operation.refresh_from_db()
    assert (operation.state, operation.message) == ("failed", str(refusal))


def test_a_name_of_somebody_elses_task_is_refused(alice: User, cluster: MemoryCluster, clock: Clock) -> None:
    cluster.add("TFJob", "mnist", operation=str(uuid4()))
    operation = asked(alice)

    actions.carry_out(operation.pk, connect=cluster.connect, now=clock)

    operation.refresh_from_db()
    assert (operation.state, operation.message) == ("failed", "tfjobs.kubeflow.org 'mnist' already exists")


def test_a_name_is_taken_by_another_kind_too(alice: User, cluster: MemoryCluster, clock: Clock) -> None:
    cluster.add("PyTorchJob", "mnist")
    operation = asked(alice)

    actions.carry_out(operation.pk, connect=cluster.connect, now=clock)

    operation.refresh_from_db()
    assert (operation.state, operation.reason, cluster.names()) == ("failed", "name-taken", ["PyTorchJob mnist"])


def test_a_new_task_of_the_same_name_is_left_alone(alice: User, cluster: MemoryCluster, clock: Clock) -> None:
    task = cluster.add("TFJob", "mnist")
    suspend, delete = asked(alice, "suspend", uid="the old one"), asked(alice, "delete", uid="the old one")

    actions.carry_out(suspend.pk, connect=cluster.connect, now=clock)
    actions.carry_out(delete.pk, connect=cluster.connect, now=clock)

    suspend.refresh_from_db()
    delete.refresh_from_db()
    assert (suspend.state, suspend.reason) == ("failed", "gone")
    assert delete.state == "succeeded"  # what was to be deleted is not there
    assert (task["spec"]["runPolicy"], cluster.names()) == ({}, ["TFJob mnist"])


@pytest.mark.parametrize(
    ("verb", "kind", "propagation"), [("delete", "TFJob", "Foreground"), ("delete-pod", "Pod", "Background")]
)
def test_deleting_is_for_this_very_object(
    alice: User, cluster: MemoryCluster, clock: Clock, verb: str, kind: str, propagation: str
) -> None:
    uid = cluster.add(kind, "mnist")["metadata"]["uid"]
    operation = asked(alice, verb, kind=kind, uid=uid)

    actions.carry_out(operation.pk, connect=cluster.connect, now=clock)

    operation.refresh_from_db()
    assert operation.state == "succeeded"
    assert cluster.deletions == [{"name": "mnist", "uid": uid, "propagation": propagation}]


def test_deleting_after_a_lost_answer_is_done(alice: User, cluster: MemoryCluster, clock: Clock) -> None:
    uid = cluster.add("TFJob", "mnist")["metadata"]["uid"]
    operation = asked(alice, "delete", uid=uid)
    cluster.loses_answers = True
    actions.carry_out(operation.pk, connect=cluster.connect, now=clock)
    cluster.loses_answers = False
    clock.now += MINUTE

    actions.carry_out(operation.pk, connect=cluster.connect, now=clock)

    operation.refresh_from_db()
    assert (operation.state, len(cluster.deletions)) == ("succeeded", 1)
