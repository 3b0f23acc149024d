"""What cannot be read is 400, what is of another shape 422 with its path; nothing is 500, and nothing is coerced."""

import json
from typing import Any

import pytest

from tasks.models import Operation
from tasks.specification.kept import RESOURCES
from tests.api.caller import TASKS, Caller, role, said, specification

pytestmark = pytest.mark.django_db(databases=["default", "index"])


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (" ", 400, "invalid-json"),
        ("{", 400, "invalid-json"),
        ("null", 422, "field-type"),
        ('"null"', 422, "field-type"),
        ("[]", 422, "field-type"),
        ("{}", 422, "field-one-of"),
        ('{"specification": {}, "manifest": {}}', 422, "field-one-of"),
        ('{"specification": {}, "specification": {}}', 400, "duplicate-key"),
        ('{"a": NaN}', 400, "invalid-number"),
        ('{"a": -Infinity}', 400, "invalid-number"),
        ('{"a": 1e999}', 400, "invalid-number"),
        ("[" * 100_000, 400, "too-deep"),
        ("[" * 65 + "]" * 65, 400, "too-deep"),
        (b'"\xff"', 400, "invalid-encoding"),
        ("{}".encode("utf-16"), 400, "invalid-encoding"),
        ('{"manifest": ' + "9" * 6000 + "}", 422, "kind-unknown"),
        ('{"manifest": {"kind": "Pod"}}', 422, "kind-unknown"),
        ('{"manifest": []}', 422, "kind-unknown"),
        (b" " * (1024 * 1024 + 1), 413, "too-large"),
        ('{"\\ud800": 1}', 422, "field-unknown"),
    ],
)
def test_a_body_that_cannot_be_used(alice: Caller, body: Any, status: int, code: str) -> None:
    response = alice.post(TASKS, body)

    assert response.status_code == status
    assert code in [what for _where, what in said(response)]


@pytest.mark.parametrize("content_type", ["text/plain", "application/json; charset=utf-7", "multipart/form-data", "x"])
def test_another_content_type_is_refused(alice: Caller, content_type: str) -> None:
    headers = {"Authorization": f"Bearer {alice.secret}"}

    response = alice.client.post(TASKS, "{}", content_type=content_type, headers=headers)

    assert response.status_code == 415


@pytest.mark.parametrize(
    ("changes", "path", "code"),
    [
        ({"name": 1}, "name", "field-type"),
        ({"name": None}, "name", "field-type"),
        ({"image": ["x"]}, "image", "field-type"),
        ({"tensorboard": "yes"}, "tensorboard", "field-type"),
        ({"tensorboard": 1}, "tensorboard", "field-type"),
        ({"framework": "keras"}, "framework", "invalid-choice"),
        ({"framework": 5}, "framework", "field-type"),
        ({"mode": "solo"}, "mode", "invalid-choice"),
        ({"replicas": 1}, "replicas", "field-unknown"),
        ({"descripton": ""}, "descripton", "field-typo"),
        ({"description": "a\0b"}, "description", "invalid-character"),
        ({"description": "\ud800"}, "description", "invalid-character"),
        ({"description": "x" * 1001}, "description", "too-long"),
        ({"description": "\u202e"}, "description", "invalid-character"),
        ({"namespace": "nlp"}, "namespace", "namespace-mismatch"),
        ({"roles": []}, "roles", "field-type"),
        ({"roles": {"Master": role(), "Boss": role()}}, "roles.Boss", "role-unknown"),
        ({"roles": {"Master": role(), "\ud800": role()}}, "roles.\ufffd", "invalid-character"),
        ({"roles": {"Master": role(), "Worker": role(replicas=1.0)}}, "roles.Worker.replicas", "field-type"),
        ({"roles": {"Master": role(), "Worker": role(replicas="1")}}, "roles.Worker.replicas", "field-type"),
        ({"roles": {"Master": role(), "Worker": role(replicas=True)}}, "roles.Worker.replicas", "field-type"),
        ({"roles": {"Master": role(), "Worker": role(replicas=-1)}}, "roles.Worker.replicas", "too-small"),
        ({"roles": {"Master": role(), "Worker": role(replicas=10**30)}}, "roles.Worker.replicas", "too-large"),
        ({"roles": {"Master": role(), "Worker": role(comand=[])}}, "roles.Worker.comand", "field-typo"),
        ({"roles": {"Master": role(command="sh"), "Worker": role()}}, "roles.Master.command", "field-type"),
        ({"roles": {"Master": role(command=[""]), "Worker": role()}}, "roles.Master.command", "command-blank"),
        ({"roles": {"Master": role(args=["x"] * 1001), "Worker": role()}}, "roles.Master.args", "too-many"),
        (
            {"roles": {"Master": role(env=[{"name": "A"}]), "Worker": role()}},
            "roles.Master.env.0",
            "field-one-of",
        ),
        (
            {"roles": {"Master": role(env=[{"name": "A", "secret": "s"}]), "Worker": role()}},
            "roles.Master.env.0.key",
            "required",
        ),
        (
            {"roles": {"Master": role(env=[{"name": "A", "value": "a\0"}]), "Worker": role()}},
            "roles.Master.env.0.value",
            "invalid-character",
        ),
        (
            {"roles": {"Master": role(liveness={"http": {"path": "/", "port": "80"}}), "Worker": role()}},
            "roles.Master.liveness.http.port",
            "field-type",
        ),
        (
            {"roles": {"Master": role(mounts=[{"mount_path": "/x"}]), "Worker": role()}},
            "roles.Master.mounts.0",
            "field-one-of",
        ),
        ({"volumes": {"scratch": {}}}, "volumes.scratch", "field-unknown"),
        ({"volumes": {"data": {"claim": "c"}}}, "volumes.data.mount_path", "required"),
        ({"run_policy": {"backoff_limit": 1.5}}, "run_policy.backoff_limit", "field-type"),
        ({"run_policy": {"clean_pod_policy": "Some"}}, "run_policy.clean_pod_policy", "invalid-choice"),
        *(
            (
                {"roles": {"Master": role(flavor="", kept={RESOURCES: wrong}), "Worker": role()}},
                f"roles.Master.kept.{RESOURCES}",
                "field-type",
            )
            for wrong in ([1], 5, "x")
        ),
        ({"kept": {"spec.evil": 1}}, "kept.spec.evil", "field-unknown"),
    ],
)
def test_what_does_not_fit_is_named_by_its_path(alice: Caller, changes: dict[str, Any], path: str, code: str) -> None:
    response = alice.post(TASKS, json.dumps({"specification": specification(**changes)}))

    assert response.status_code == 422
    assert (path, code) in said(response)
    assert not Operation.objects.exists()


@pytest.mark.parametrize("key", ["", "a b", "x" * 256, "é"])
def test_a_key_is_visible_ascii(alice: Caller, key: str) -> None:
    response = alice.post(TASKS, {"specification": specification()}, Idempotency_Key=key)

    assert (response.status_code, said(response)) == (422, [("Idempotency-Key", "invalid-header")])


@pytest.mark.parametrize(
    "address",
    [
        "/api/v1/",
        "/api/v1/nothing",
        "/api/v1/namespaces/VISION/tasks",
        "/api/v1/namespaces/%00/tasks",
        "/api/v1/namespaces/..%2f/tasks",
        "/api/v1/namespaces/vision/tasks/1'%20or%201=1",
        "/api/v1/operations/1",
        "/api/v1/drafts/00000000-0000-0000-0000-000000000000",
    ],
)
def test_an_address_that_leads_nowhere_says_so_in_json(alice: Caller, address: str) -> None:
    response = alice.get(address)

    assert (response.status_code, said(response)) == (404, [("", "not-found")])
