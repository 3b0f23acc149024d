"""The moves of conditions (kubeflow.md 4.1) and the counts of pods (4.3)."""

from datetime import UTC, datetime, timedelta

import pytest

from console.localcluster.controllers.jobs.status import Counts, JobStatus

NOON = datetime(2026, 11, 25, 12, 0, 0, tzinfo=UTC)


def status_after(*moves: tuple[str, str]) -> JobStatus:
    status = JobStatus()
    for index, (type_, truth) in enumerate(moves):
        at = NOON + timedelta(seconds=index)
        status.set(type_, truth, reason=f"{type_}{truth}", message="", now=at)  # type: ignore[arg-type]
    return status


def told(status: JobStatus) -> list[str]:
    return [entry["type"] + ("+" if entry["status"] == "True" else "-") for entry in status.conditions]


@pytest.mark.parametrize(
    ("moves", "expected"),
    [
        ([("Created", "True"), ("Running", "True"), ("Succeeded", "True")], ["Created+", "Running-", "Succeeded+"]),
        ([("Running", "True"), ("Restarting", "True")], ["Restarting+"]),
        ([("Restarting", "True"), ("Running", "True")], ["Running+"]),
        ([("Restarting", "True"), ("Failed", "True")], ["Restarting+", "Failed+"]),
        ([("Failed", "True"), ("Restarting", "True"), ("Running", "True")], ["Failed+"]),
        ([("Suspended", "True"), ("Suspended", "False"), ("Running", "True")], ["Suspended-", "Running+"]),
        ([("Running", "True"), ("Suspended", "True"), ("Running", "False")], ["Suspended+", "Running-"]),
    ],
)
def test_a_changed_condition_moves_to_the_end_and_takes_its_opposite_away(
    moves: list[tuple[str, str]], expected: list[str]
) -> None:
    assert told(status_after(*moves)) == expected


def test_an_unchanged_condition_is_not_touched() -> None:
    status = status_after(("Created", "True"), ("Running", "True"))
    before = [dict(entry) for entry in status.conditions]
    status.set("Created", "True", reason="CreatedTrue", message="other words", now=NOON + timedelta(hours=1))

    assert status.conditions == before


def test_the_transition_time_stays_while_only_the_reason_changes() -> None:
    status = status_after(("Suspended", "True"))
    status.set("Suspended", "True", reason="Other", message="", now=NOON + timedelta(minutes=1))

    (condition,) = status.conditions
    assert condition["lastTransitionTime"] == "2026-11-25T12:00:00Z"
    assert condition["lastUpdateTime"] == "2026-11-25T12:01:00Z"


def test_pending_pods_are_counted_nowhere_and_zeros_are_left_out() -> None:
    counts = Counts()
    for phase in ("Pending", "Running", "Running", "Failed"):
        counts.count({"metadata": {}, "status": {"phase": phase}})

    assert counts.as_object() == {"active": 2, "failed": 1}


def test_a_running_pod_on_its_way_out_counts_as_failed() -> None:
    counts = Counts()
    counts.count({"metadata": {"deletionTimestamp": "2026-11-25T12:00:00Z"}, "status": {"phase": "Running"}})

    assert counts.as_object() == {"failed": 1}


def test_without_a_completion_time_nothing_expires() -> None:
    status = status_after(("Failed", "True"))

    assert status.expires_at(5) is None
    status.complete(NOON)
    assert status.expires_at(5) == NOON + timedelta(seconds=5)
