"""Tasks over the API: created once, judged by the one validator, read and changed with the person's rights."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
import yaml

from tasks.models import KeptManifest, Operation
from tests.api.caller import TASKS, Caller, role, said, specification
from tests.tasks import rows

pytestmark = pytest.mark.django_db(databases=["default", "index"])


def test_a_task_is_asked_for_and_the_operation_tells_what_becomes_of_it(alice: Caller) -> None:
    created = alice.post(TASKS, {"specification": specification()})

    operation = Operation.objects.get()
    assert created.status_code == 202
    assert created["Location"] == created.json()["url"] == f"/api/v1/operations/{operation.key}"
    assert operation.identity == {"user": "alice", "groups": ["team-vision"]}
    assert operation.manifest["spec"]["pytorchReplicaSpecs"]["Worker"]["replicas"] == 2
    assert alice.get(created["Location"]).json()["state"] == "accepted"


def test_the_same_key_and_body_are_one_operation_and_another_body_is_refused(alice: Caller) -> None:
    first = alice.post(TASKS, {"specification": specification()}, Idempotency_Key="nightly-1")

    again = alice.post(TASKS, {"specification": specification()}, Idempotency_Key="nightly-1")
    other = alice.post(TASKS, {"specification": specification(name="bert")}, Idempotency_Key="nightly-1")

    assert first.json()["key"] == again.json()["key"]
    assert other.status_code == 422
    assert said(other) == [("Idempotency-Key", "idempotency-key-reused")]
    assert Operation.objects.count() == 1


def test_without_a_key_the_name_is_taken_the_second_time(alice: Caller) -> None:
    alice.post(TASKS, {"specification": specification()})

    again = alice.post(TASKS, {"specification": specification()})

    assert (again.status_code, said(again)) == (422, [("name", "name-taken")])


def test_what_the_rules_say_comes_back_by_path_in_the_callers_language(alice: Caller) -> None:
    wrong = specification(name="Bad", roles={"Master": role(replicas=3), "Worker": role(flavor="huge")})

    english = alice.post(TASKS, {"specification": wrong})
    chinese = alice.post(TASKS, {"specification": wrong}, Accept_Language="zh-Hans")

    expected = {
        ("name", "name-start"),
        ("roles.Master.replicas", "replicas-exactly"),
        ("roles.Worker.flavor", "flavor-unknown"),
    }
    assert english.status_code == 422
    assert set(said(english)) == set(said(chinese)) == expected
    assert any("Start with a lowercase letter" in problem["message"] for problem in english.json()["errors"])
    assert not any(problem["message"].isascii() for problem in chinese.json()["errors"])
    assert not Operation.objects.exists()


def test_a_manifest_is_taken_as_the_wizard_would_import_it(alice: Caller) -> None:
    alice.post(TASKS, {"specification": specification()})
    manifest = Operation.objects.get().manifest
    Operation.objects.all().delete()

    created = alice.post(TASKS, {"manifest": manifest})
    manifest["metadata"]["name"] = "other"
    manifest["spec"]["pytorchReplicaSpecs"]["Master"]["template"]["spec"]["hostNetwork"] = True
    refused = alice.post(TASKS, {"manifest": manifest})

    assert created.status_code == 202
    assert said(refused) == [("spec.pytorchReplicaSpecs.Master.template.spec.hostNetwork", "field-node")]


@pytest.mark.parametrize(
    ("text", "status", "code"),
    [
        ("a: &a [1]\nb: *a", 400, "alias"),
        ("a: 1\na: 2", 400, "duplicate-key"),
        ("!!python/object/apply:os.system [id]", 400, "tag"),
        ("kind: [", 400, "syntax"),
        ("", 422, "field-one-of"),
        ("# nothing", 400, "empty"),
        ("kind: Pod\n---\nkind: Pod", 422, "several-documents"),
        ("kind: Pod", 422, "kind-unknown"),
        ("x" * (256 * 1024 + 1), 413, "too-large"),
    ],
)
def test_yaml_is_judged_as_an_import_is(alice: Caller, text: str, status: int, code: str) -> None:
    headers = {"Authorization": f"Bearer {alice.secret}"}

    response = alice.client.post(TASKS, text, content_type="application/yaml", headers=headers)

    assert (response.status_code, [what for _where, what in said(response)]) == (status, [code])


def test_a_manifest_may_come_as_yaml(alice: Caller) -> None:
    alice.post(TASKS, {"specification": specification()})
    text = yaml.safe_dump(Operation.objects.get().manifest)
    Operation.objects.all().delete()
    headers = {"Authorization": f"Bearer {alice.secret}"}

    created = alice.client.post(TASKS, text, content_type="application/yaml", headers=headers)

    assert created.status_code == 202
    assert Operation.objects.get().name == "mnist"


def test_validating_keeps_nothing_and_gives_the_manifest(alice: Caller) -> None:
    good = alice.post(f"{TASKS}/validate?dry_run=false", {"specification": specification()})
    bad = alice.post(f"{TASKS}/validate", {"specification": specification(image="")})

    assert good.status_code == 200
    assert good.json()["errors"] == []
    assert good.json()["manifest"]["metadata"]["name"] == "mnist"
    assert (bad.status_code, said(bad)) == (422, [("image", "required")])
    assert not Operation.objects.exists()


def test_a_viewer_is_told_the_clusters_reason(carol: Caller) -> None:
    task = rows.task("mnist")

    created = carol.post(TASKS, {"specification": specification()})
    deleted = carol.delete(f"{TASKS}/{task.uid}")

    assert (created.status_code, deleted.status_code) == (403, 403)
    assert "no role gives it" in created.json()["errors"][0]["message"]
    assert carol.get(f"{TASKS}/{task.uid}").status_code == 200
    assert not Operation.objects.exists()


def test_a_stranger_finds_nothing(mallory: Caller) -> None:
    task = rows.task("mnist")
    elsewhere = mallory.get("/api/v1/namespaces/nowhere/tasks")

    answers = [
        mallory.get(TASKS),
        mallory.post(TASKS, {"specification": specification()}),
        mallory.post(f"{TASKS}/validate", {"specification": specification()}),
        mallory.get(f"{TASKS}/{task.uid}"),
        mallory.get(f"{TASKS}/{task.uid}/specification"),
        mallory.get(f"{TASKS}/{task.uid}/manifest"),
        mallory.post(f"{TASKS}/{task.uid}/suspend"),
        mallory.delete(f"{TASKS}/{task.uid}"),
    ]

    assert {(answer.status_code, answer.content) for answer in answers} == {(404, elsewhere.content)}
    assert mallory.get("/api/v1/namespaces").json() == {"namespaces": []}


def test_nobody_sees_the_operation_or_draft_of_somebody_else(alice: Caller, carol: Caller) -> None:
    operation = alice.post(TASKS, {"specification": specification()})["Location"]
    draft = alice.post("/api/v1/drafts", {"specification": specification()})["Location"]

    assert carol.get(operation).status_code == 404
    assert carol.post(f"{operation}/withdraw").status_code == 404
    assert carol.get(draft).status_code == 404
    assert carol.post(f"{draft}/submit").status_code == 404


def test_the_list_is_paged_filtered_and_sorted(alice: Caller) -> None:
    for index in range(5):
        rows.task(f"task-{index}", framework="mpi" if index % 2 else "pytorch")

    first = alice.get(f"{TASKS}?limit=2&sort=name").json()
    second = alice.get(f"{TASKS}?limit=2&sort=name&cursor={first['next_cursor']}").json()
    narrowed = alice.get(f"{TASKS}?framework=mpi&state=running&search=task").json()

    assert [task["name"] for task in first["tasks"] + second["tasks"]] == ["task-0", "task-1", "task-2", "task-3"]
    assert first["count"] == 5
    assert {task["name"] for task in narrowed["tasks"]} == {"task-1", "task-3"}


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=1e9", "limit"),
        ("limit=" + "9" * 5000, "limit"),
        ("state=dancing", "state"),
        ("framework=%00", "framework"),
        ("sort=password", "sort"),
        ("cursor=nonsense", "cursor"),
        ("cursor=%ff%fe", "cursor"),
        ("search=" + "x" * 64, "search"),
        ("search=a%00b", "search"),
        ("stat=running", "stat"),
        ("limit=1&limit=2", "limit"),
    ],
)
def test_a_query_that_means_nothing_is_refused(alice: Caller, query: str, path: str) -> None:
    response = alice.get(f"{TASKS}?{query}")

    assert response.status_code == 422
    assert [where for where, _code in said(response)] == [path]


def test_a_task_is_suspended_resumed_and_deleted_once(alice: Caller) -> None:
    task = rows.task("mnist")
    address, key = f"{TASKS}/{task.uid}", str(uuid4())

    first = alice.post(f"{address}/suspend", Idempotency_Key=key)
    again = alice.post(f"{address}/suspend", Idempotency_Key=key)
    mixed = alice.post(f"{address}/resume", Idempotency_Key=key)
    deleted = alice.delete(address)

    assert first.json() == again.json()
    assert (mixed.status_code, deleted.status_code) == (422, 202)
    assert list(Operation.objects.order_by("pk").values_list("verb", flat=True)) == ["suspend", "delete"]


def test_what_has_ended_cannot_be_suspended(alice: Caller) -> None:
    task = rows.task("mnist", phase="succeeded")

    response = alice.post(f"{TASKS}/{task.uid}/suspend")

    assert (response.status_code, said(response)) == (409, [("", "nothing-to-change")])


def test_a_task_is_read_as_manifest_and_as_a_specification_that_makes_it_again(alice: Caller) -> None:
    sent = specification(description="nightly", run_policy={"active_deadline_seconds": 60})
    alice.post(TASKS, {"specification": sent})
    task, manifest = rows.task("mnist"), Operation.objects.get().manifest
    rows.manifest(task, manifest)
    Operation.objects.all().delete()

    found = alice.get(f"{TASKS}/{task.uid}/specification").json()
    again = alice.post(TASKS, {"specification": found["specification"] | {"name": "again"}})

    made: dict[str, Any] = Operation.objects.get().manifest
    assert alice.get(f"{TASKS}/{task.uid}/manifest").json() == manifest
    assert (again.status_code, found["refused"]) == (202, [])
    assert made["spec"]["runPolicy"] == manifest["spec"]["runPolicy"]
    assert alice.get(f"{TASKS}/{task.uid}").json()["state"] == "running"


def test_a_task_that_is_being_deleted_is_read_without_its_end(alice: Caller) -> None:
    alice.post(TASKS, {"specification": specification()})
    task, manifest = rows.task("mnist"), Operation.objects.get().manifest
    manifest["metadata"] |= {"deletionTimestamp": "2026-11-25T08:00:00Z", "finalizers": ["foregroundDeletion"]}
    rows.manifest(task, manifest)

    found = alice.get(f"{TASKS}/{task.uid}/specification").json()

    assert found["refused"] == []
    assert found["specification"]["kept"] == {}
    assert alice.get(f"{TASKS}/{task.uid}/manifest").json()["metadata"]["finalizers"] == ["foregroundDeletion"]


def test_a_task_that_is_gone_is_read_and_made_again(alice: Caller, mallory: Caller) -> None:
    alice.post(TASKS, {"specification": specification()})
    manifest = Operation.objects.get().manifest
    Operation.objects.all().delete()
    now = datetime.now(UTC)
    KeptManifest.objects.create(
        uid="gone", kind="PyTorchJob", namespace="vision", name="mnist", manifest=manifest, created_at=now, gone_at=now
    )
    address = f"{TASKS}/gone"

    found = alice.get(f"{address}/specification").json()
    again = alice.post(TASKS, {"specification": found["specification"]})

    assert alice.get(f"{address}/manifest").json() == manifest
    assert again.status_code == 202
    made, kept = (
        found["spec"]["pytorchReplicaSpecs"]["Worker"] for found in (Operation.objects.get().manifest, manifest)
    )
    assert (made["replicas"], made["template"]["spec"]) == (2, kept["template"]["spec"])
    assert mallory.get(f"{address}/manifest").status_code == mallory.get(f"{address}/specification").status_code == 404
    assert alice.get(f"{TASKS}/never-there/manifest").status_code == 404


def test_a_cluster_that_is_away_takes_wishes_or_says_so(alice: Caller, rights: Any) -> None:
    rights.away = True

    response = alice.get(TASKS)

    assert response.status_code == 503
    assert response["Retry-After"]
    assert said(response) == [("", "cluster-unavailable")]
