"""A task that may be submitted, for the tests of what is said before."""

from dataclasses import replace

import pytest
from django.contrib.auth.models import User

from tasks.preflight import Outcome, Subject, check_named, run_check, subject_for
from tasks.queries.checked import checked_draft
from tasks.specification import Code
from tests.cluster.api_server import Answer, ApiServer, status
from tests.tasks import rows
from tests.tasks.drafts import draft
from tests.tasks.people import person
from tests.tasks.reviews import reviewer

__all__ = ["AWAY", "JOBS", "PODS", "alice", "codes", "outcome", "reviewer", "subject", "with_worker"]
JOBS = "/apis/kubeflow.org/v1/namespaces/vision/pytorchjobs"
PODS = "/api/v1/namespaces/vision/pods"
AWAY = Answer(503, status(503, "ServiceUnavailable", "etcd is away"))


@pytest.fixture
def alice(reviewer: ApiServer, db: None) -> User:
    rows.namespace("vision")
    return person("alice", "team-vision")


@pytest.fixture
def subject(alice: User) -> Subject:
    checked = checked_draft(draft(alice))
    assert checked.blocking == ()
    return subject_for(checked.spec, checked.facts, checked.framework, by=alice)


def outcome(key: str, subject: Subject) -> Outcome:
    check = check_named(key)
    assert check is not None
    return run_check(check, subject)


def codes(found: Outcome) -> list[tuple[Code, str]]:
    return [(finding.code, finding.path) for finding in found.findings]


def with_worker(subject: Subject, **changes: object) -> Subject:
    roles = tuple(
        replace(role, **changes) if role.name == "Worker" else role  # type: ignore[arg-type]
        for role in subject.spec.roles
    )
    return replace(subject, spec=replace(subject.spec, roles=roles))
