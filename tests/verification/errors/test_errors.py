"""What a refusal looks like on the wire. `console.cluster.answers` lives on these bodies."""

from typing import Any

import httpx
import pytest

from tests.verification.conftest import ContractCluster
from tests.verification.places import config_map, created, shell_pod, wait_for

pytestmark = pytest.mark.contract
TFJOBS = "/apis/kubeflow.org/v1/namespaces/{}/tfjobs"


def _refused(response: httpx.Response, code: int, reason: str) -> dict[str, Any]:
    """The Status of a refusal, whose common parts are checked."""
    body: dict[str, Any] = response.json()
    assert response.status_code == code, response.text
    assert (body["kind"], body["apiVersion"], body["status"]) == ("Status", "v1", "Failure")
    assert (body["code"], body["reason"]) == (code, reason)
    assert body["message"]
    return body


def test_what_is_not_there(admin: httpx.Client, place: str) -> None:
    body = _refused(admin.get(f"/api/v1/namespaces/{place}/pods/nope"), 404, "NotFound")
    job = _refused(admin.get(TFJOBS.format(place) + "/nope"), 404, "NotFound")

    assert body["message"] == 'pods "nope" not found'
    assert body["details"] == {"name": "nope", "kind": "pods"}
    assert job["message"] == 'tfjobs.kubeflow.org "nope" not found'
    assert job["details"] == {"name": "nope", "group": "kubeflow.org", "kind": "tfjobs"}


def test_a_kind_that_is_not_served_is_no_object_that_is_missing(admin: httpx.Client, place: str) -> None:
    kind = admin.get(f"/apis/kubeflow.org/v1/namespaces/{place}/nojobs")
    group = admin.get("/apis/no.such.group/v1/things")

    assert kind.status_code == group.status_code == 404
    assert "404 page not found" in kind.text or kind.json()["reason"] == "NotFound"


def test_a_list_in_a_namespace_that_does_not_exist_is_empty(admin: httpx.Client) -> None:
    assert admin.get("/api/v1/namespaces/no-such-namespace/pods").json()["items"] == []


def test_creating_in_a_namespace_that_does_not_exist(admin: httpx.Client) -> None:
    answer = admin.post("/api/v1/namespaces/no-such-namespace/configmaps", json=config_map("a"))
    body = _refused(answer, 404, "NotFound")

    assert body["message"] == 'namespaces "no-such-namespace" not found'


def test_a_taken_name(admin: httpx.Client, place: str) -> None:
    path = f"/api/v1/namespaces/{place}/configmaps"
    created(admin.post(path, json=config_map("taken")))
    body = _refused(admin.post(path, json=config_map("taken")), 409, "AlreadyExists")

    assert body["message"] == 'configmaps "taken" already exists'
    assert body["details"] == {"name": "taken", "kind": "configmaps"}


def test_a_stale_version(admin: httpx.Client, place: str) -> None:
    path = f"/api/v1/namespaces/{place}/configmaps"
    old = created(admin.post(path, json=config_map("stale")))
    created(admin.put(f"{path}/stale", json={**old, "data": {"a": "2"}}))
    body = _refused(admin.put(f"{path}/stale", json={**old, "data": {"a": "3"}}), 409, "Conflict")

    assert "the object has been modified" in body["message"]


def test_another_uid_than_the_one_meant(admin: httpx.Client, place: str) -> None:
    path = f"/api/v1/namespaces/{place}/configmaps"
    created(admin.post(path, json=config_map("uid")))
    options = {"preconditions": {"uid": "00000000-0000-0000-0000-000000000000"}}
    body = _refused(admin.request("DELETE", f"{path}/uid", json=options), 409, "Conflict")

    assert "recondition" in body["message"]


@pytest.mark.parametrize("name", ["Upper", "under_score", "-dash", "dot..dot", "a" * 254])
def test_a_name_that_is_none(admin: httpx.Client, place: str, name: str) -> None:
    answer = admin.post(f"/api/v1/namespaces/{place}/configmaps", json=config_map(name))
    body = _refused(answer, 422, "Invalid")

    [cause] = body["details"]["causes"][:1]
    assert cause["reason"] == "FieldValueInvalid"
    assert cause["field"] == "metadata.name"


def test_every_wrong_field_of_a_pod_is_named(admin: httpx.Client, place: str) -> None:
    pod = {"metadata": {"name": "wrong"}, "spec": {"restartPolicy": "Sometimes", "containers": [{"name": "Main"}]}}
    body = _refused(admin.post(f"/api/v1/namespaces/{place}/pods", json=pod), 422, "Invalid")

    fields = {cause["field"] for cause in body["details"]["causes"]}
    assert {"spec.restartPolicy", "spec.containers[0].name", "spec.containers[0].image"} <= fields


def test_a_body_that_is_no_json(admin: httpx.Client, place: str) -> None:
    headers = {"Content-Type": "application/json"}
    answer = admin.post(f"/api/v1/namespaces/{place}/configmaps", content=b"{", headers=headers)

    _refused(answer, 400, "BadRequest")


def test_a_doubled_field_under_strict_validation(admin: httpx.Client, place: str) -> None:
    body = b'{"metadata":{"name":"a"},"data":{"a":"1"},"data":{"a":"2"}}'
    answer = admin.post(
        f"/api/v1/namespaces/{place}/configmaps?fieldValidation=Strict&dryRun=All",
        content=body,
        headers={"Content-Type": "application/json"},
    )
    refused = _refused(answer, 400, "BadRequest")

    assert "duplicate field" in refused["message"]


def test_another_namespace_in_the_object_than_in_the_path(admin: httpx.Client, place: str) -> None:
    manifest = config_map("a")
    manifest["metadata"]["namespace"] = "default"
    body = _refused(admin.post(f"/api/v1/namespaces/{place}/configmaps", json=manifest), 400, "BadRequest")

    assert "does not match the namespace" in body["message"]


def test_a_missing_right_names_who_what_and_where(contract_cluster: ContractCluster, place: str) -> None:
    with contract_cluster.client("mallory") as mallory:
        body = _refused(mallory.get(f"/api/v1/namespaces/{place}/pods"), 403, "Forbidden")

    expected = (
        f'pods is forbidden: User "mallory" cannot list resource "pods" in API group "" in the namespace "{place}"'
    )
    assert body["message"] == expected
    assert body["details"] == {"kind": "pods"}


def test_no_credential_is_no_entry(contract_cluster: ContractCluster, place: str) -> None:
    with contract_cluster.client() as admin:
        server = str(admin.base_url)
    with httpx.Client(base_url=server, verify=False, trust_env=False) as nobody:  # noqa: S501
        answer = nobody.get(f"/api/v1/namespaces/{place}/pods")

    # A real server lets the anonymous in as nobody, who has no right; one without anonymous access says 401.
    assert answer.status_code in (401, 403)
    assert answer.json()["kind"] == "Status"


def test_a_quota_refuses_in_the_words_of_admission(admin: httpx.Client, place: str) -> None:
    quota = f"/api/v1/namespaces/{place}/resourcequotas/few"
    hard = {"metadata": {"name": "few"}, "spec": {"hard": {"pods": "0"}}}
    created(admin.post(quota.removesuffix("/few"), json=hard))
    # It holds once its controller has counted.
    wait_for(lambda: "pods" in admin.get(quota).json().get("status", {}).get("used", {}))
    try:
        answer = admin.post(f"/api/v1/namespaces/{place}/pods", json=shell_pod("one-too-many", "true"))
        body = _refused(answer, 403, "Forbidden")
    finally:
        admin.delete(quota)

    expected = 'pods "one-too-many" is forbidden: exceeded quota: few, requested: pods=1, used: pods=0, limited: pods=0'
    assert body["message"] == expected


def test_the_operators_webhook_refuses_what_it_cannot_run(admin: httpx.Client, place: str) -> None:
    job = {
        "apiVersion": "kubeflow.org/v1",
        "kind": "PyTorchJob",
        "metadata": {"name": "empty"},
        "spec": {"pytorchReplicaSpecs": {"Worker": {"template": {"spec": {"containers": []}}}}},
    }
    answer = admin.post(f"/apis/kubeflow.org/v1/namespaces/{place}/pytorchjobs", json=job)

    assert answer.status_code in (403, 422)
    assert answer.json()["kind"] == "Status"
    assert "containers" in answer.json()["message"]
