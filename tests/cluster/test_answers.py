import json
from typing import Any

import pytest

from console.cluster import (
    WEBHOOK_DOWN,
    AlreadyExists,
    ClusterError,
    ClusterUnavailable,
    Forbidden,
    Gone,
    NotFound,
    Rejected,
)
from console.cluster.answers import error_of, manifest_of
from tests.cluster.api_server import status


def _error(code: int, reason: str = "", message: str = "words of the server", **details: Any) -> ClusterError:
    return error_of(code, json.dumps(status(code, reason, message, **details)).encode(), words="get pods")


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (400, Rejected),
        (401, Forbidden),
        (403, Forbidden),
        (404, NotFound),
        (405, ClusterError),
        (408, ClusterUnavailable),
        (409, Rejected),
        (410, Gone),
        (413, Rejected),
        (422, Rejected),
        (429, ClusterUnavailable),
        (500, ClusterUnavailable),
        (503, ClusterUnavailable),
        (504, ClusterUnavailable),
    ],
)
def test_a_status_becomes_one_of_six(code: int, kind: type[ClusterError]) -> None:
    error = _error(code)

    assert type(error) is kind
    assert str(error) == "words of the server"
    assert error.status == code


def test_only_the_reason_tells_a_taken_name_from_a_conflict() -> None:
    assert type(_error(409, "AlreadyExists")) is AlreadyExists
    assert type(_error(409, "Conflict")) is Rejected


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        (
            'pods is forbidden: User "alice" cannot list resource "pods" in API group "" in the namespace "nlp"',
            Forbidden,
        ),
        ('users "eve" is forbidden: User "console-proxy" cannot impersonate resource "users"', Forbidden),
        ('admission webhook "validator.tfjob" denied the request: spec.tfReplicaSpecs: Required value', Rejected),
        (
            'pods "a" is forbidden: exceeded quota: gpu, requested: pods=4',
            Rejected,
        ),
        ('pods "a" is forbidden: violates PodSecurity "restricted:latest": privileged', Rejected),
        (
            'tfjobs "a" is forbidden: unable to create new content: it is being terminated',
            Rejected,
        ),
        ("words nobody knows", Forbidden),
    ],
)
def test_what_admission_refuses_is_no_missing_right(message: str, kind: type[ClusterError]) -> None:
    assert type(_error(403, "Forbidden", message)) is kind


def test_a_webhook_that_is_down_is_told_apart() -> None:
    error = _error(
        500, "InternalError", 'Internal error occurred: failed calling webhook "validator.tfjob": connection refused'
    )

    assert isinstance(error, ClusterUnavailable)
    assert error.reason == WEBHOOK_DOWN


def test_causes_keep_their_fields() -> None:
    error = _error(
        422, "Invalid", causes=[{"reason": "FieldValueInvalid", "message": "Invalid value: -1", "field": "spec.x"}]
    )

    assert [(cause.field, cause.message) for cause in error.causes] == [("spec.x", "Invalid value: -1")]


@pytest.mark.parametrize(
    ("retry_after", "seconds"), [("1", 1), ("0", 0), ("-5", 0), ("99999", 60), ("soon", 0), ("", 0), ("nan", 0)]
)
def test_a_retry_after_stays_within_a_minute(retry_after: str, seconds: float) -> None:
    error = error_of(429, b"", words="get pods", retry_after=retry_after)

    assert isinstance(error, ClusterUnavailable)
    assert error.retry_after_seconds == seconds


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            b"requested [{Group  team}] without impersonating a user\n",
            "requested [{Group  team}] without impersonating a user",
        ),
        (b"<html><h1>Bad Gateway</h1></html>", "get pods: the API server answered 500."),
        (b"", "get pods: the API server answered 500."),
        (b'{"kind":"Something","message":"from elsewhere"}', "get pods: the API server answered 500."),
        (b"\xff\xfe" * 2000, "get pods: the API server answered 500."),
        (b"[" * 100_000, "get pods: the API server answered 500."),
    ],
)
def test_bodies_that_are_no_status(body: bytes, message: str) -> None:
    error = error_of(500, body, words="get pods")

    assert isinstance(error, ClusterUnavailable)
    assert str(error) == message


@pytest.mark.parametrize("body", [b"", b"<html>", b"[1]", b"null", b"{", b"[" * 100_000])
def test_a_success_that_is_no_object_is_an_outage(body: bytes) -> None:
    with pytest.raises(ClusterUnavailable):
        manifest_of(body, words="get pods")
