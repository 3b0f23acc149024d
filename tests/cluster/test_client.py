import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pytest_django import Settings

from console.cluster import (
    OPERATION_LABEL,
    POD,
    TFJOB,
    AlreadyExists,
    ClusterError,
    ClusterUnavailable,
    Forbidden,
    Identity,
    Manifest,
    NotFound,
    Rejected,
    connect,
)
from tests.cluster.api_server import GARBAGE, NO_GZIP, RESET, SHORT, Answer, ApiServer, kubeconfig_for, status

ALICE = Identity("alice", ("team-vision", "team-all"))
POD_PATH = "/api/v1/namespaces/vision/pods/p"
TFJOBS = "/apis/kubeflow.org/v1/namespaces/vision/tfjobs"
BUSY = Answer(429, status(429, "TooManyRequests", "busy"), {"Retry-After": "0"})
FOUND = Answer(200, {"metadata": {"name": "p"}})


def test_the_verbs_say_what_they_mean(api_server: ApiServer) -> None:
    api_server.on("POST", TFJOBS, Answer(201, {}))
    api_server.on("PATCH", f"{TFJOBS}/mnist", Answer(200, {}))
    api_server.on("DELETE", f"{TFJOBS}/mnist", Answer(200, {}))
    cluster = connect(acting_as=ALICE)

    cluster.create(TFJOB, _tfjob("mnist"), dry_run=True)
    cluster.patch(TFJOB, "vision", "mnist", {"spec": {"runPolicy": {"suspend": True}}})
    cluster.delete(TFJOB, "vision", "mnist", uid="u-1")

    create, patch, delete = api_server.recorded
    assert create.query == {"fieldManager": "trainyard", "fieldValidation": "Strict", "dryRun": "All"}
    assert create.body["metadata"]["name"] == "mnist"
    assert patch.header("Content-Type") == ["application/merge-patch+json"]
    assert patch.body == {"spec": {"runPolicy": {"suspend": True}}}
    assert delete.body["propagationPolicy"] == "Background"
    assert delete.body["preconditions"] == {"uid": "u-1"}


def test_a_list_reads_all_pages(api_server: ApiServer) -> None:
    api_server.on(
        "GET",
        "/api/v1/namespaces/vision/pods",
        Answer(200, {"metadata": {"continue": "t1"}, "items": [{"n": 1}, {"n": 2}]}),
        Answer(200, {"metadata": {}, "items": [{"n": 3}]}),
    )

    assert connect(acting_as=ALICE).list(POD, "vision", label_selector="a=b") == [{"n": 1}, {"n": 2}, {"n": 3}]
    assert [recorded.query.get("continue") for recorded in api_server.recorded] == [None, "t1"]
    assert {recorded.query["limit"] for recorded in api_server.recorded} == {"500"}
    assert {recorded.query["labelSelector"] for recorded in api_server.recorded} == {"a=b"}


def test_a_list_whose_version_went_away_begins_again(api_server: ApiServer) -> None:
    api_server.on(
        "GET",
        "/api/v1/namespaces/vision/pods",
        Answer(200, {"metadata": {"continue": "t1"}, "items": [{"n": 1}]}),
        Answer(410, status(410, "Expired", "too old") | {"metadata": {"continue": "inconsistent"}}),
        Answer(200, {"metadata": {}, "items": [{"n": 2}]}),
    )

    assert connect(acting_as=ALICE).list(POD, "vision") == [{"n": 2}]
    assert "continue" not in api_server.recorded[2].query


@pytest.mark.parametrize("failure", [RESET, BUSY, Answer(503, "down")])
def test_a_read_is_tried_again(api_server: ApiServer, failure: Answer) -> None:
    api_server.on("GET", POD_PATH, failure, FOUND)

    assert connect(acting_as=ALICE).get(POD, "vision", "p") == {"metadata": {"name": "p"}}


@pytest.mark.parametrize("failure", [RESET, BUSY, Answer(500, status(500, "InternalError", "etcd"))])
def test_a_write_is_sent_once(api_server: ApiServer, failure: Answer) -> None:
    api_server.on("POST", TFJOBS, failure, Answer(201, {}))

    with pytest.raises(ClusterUnavailable):
        connect(acting_as=ALICE).create(TFJOB, _tfjob("mnist"))

    assert len(api_server.recorded) == 1


@pytest.mark.parametrize("failure", [RESET, GARBAGE, NO_GZIP, SHORT, Answer(200, "<html>"), Answer(302, "elsewhere")])
def test_whatever_comes_back_the_error_is_ours(api_server: ApiServer, failure: Answer) -> None:
    api_server.on("GET", POD_PATH, failure)
    api_server.on("POST", TFJOBS, failure)
    cluster = connect(acting_as=ALICE)

    with pytest.raises(ClusterError):
        cluster.get(POD, "vision", "p")
    with pytest.raises(ClusterError):
        cluster.create(TFJOB, _tfjob("mnist"))


def test_text_that_no_server_could_read_is_refused_before_it_is_sent(api_server: ApiServer) -> None:
    manifest = _tfjob("mnist")
    manifest["metadata"]["annotations"] = {"trainyard.io/description": "half a character: \ud800"}

    with pytest.raises(Rejected, match="cannot be sent"):
        connect(acting_as=ALICE).create(TFJOB, manifest)

    assert api_server.recorded == []


def test_a_refusal_is_never_tried_again(api_server: ApiServer) -> None:
    words = 'pods "p" is forbidden: User "alice" cannot get resource "pods"'
    api_server.on("GET", POD_PATH, Answer(403, status(403, "Forbidden", words)))

    with pytest.raises(Forbidden, match="cannot get"):
        connect(acting_as=ALICE).get(POD, "vision", "p")

    assert len(api_server.recorded) == 1


def test_a_server_that_asks_for_a_long_pause_is_believed(api_server: ApiServer) -> None:
    api_server.on("GET", POD_PATH, Answer(429, status(429, "TooManyRequests", "busy"), {"Retry-After": "30"}))

    with pytest.raises(ClusterUnavailable) as caught:
        connect(acting_as=ALICE).get(POD, "vision", "p")

    assert caught.value.retry_after_seconds == 30
    assert len(api_server.recorded) == 1


def test_nobody_there_is_heard_of_within_seconds(tmp_path: Path, settings: Settings) -> None:
    path = tmp_path / "nobody.yaml"
    path.write_text(kubeconfig_for("http://127.0.0.1:9", token=""))
    settings.CLUSTER_PROXY_KUBECONFIG = str(path)
    began = time.monotonic()

    with pytest.raises(ClusterUnavailable):
        connect(acting_as=ALICE).get(POD, "vision", "p")

    assert time.monotonic() - began < 3


def test_without_a_kubeconfig_the_cluster_is_away_not_broken(tmp_path: Path, settings: Settings) -> None:
    settings.CLUSTER_PROXY_KUBECONFIG = str(tmp_path / "not-written-yet.yaml")

    with pytest.raises(ClusterUnavailable, match="no kubeconfig"):
        connect(acting_as=ALICE).whoami()


def test_a_kubeconfig_that_is_written_anew_is_read_anew(api_server: ApiServer) -> None:
    api_server.on("GET", POD_PATH, FOUND)
    connect(acting_as=ALICE).get(POD, "vision", "p")
    api_server.kubeconfig.write_text(kubeconfig_for(api_server.address, token="a-newer-one"))

    connect(acting_as=ALICE).get(POD, "vision", "p")

    assert api_server.recorded[0].header("Authorization") == ["Bearer the-console"]
    assert api_server.recorded[1].header("Authorization") == ["Bearer a-newer-one"]


class TestCreateOnce:
    taken = Answer(409, status(409, "AlreadyExists", 'tfjobs "mnist" already exists'))

    def test_an_earlier_try_of_the_same_operation_counts(self, api_server: ApiServer) -> None:
        mine = {"metadata": {"name": "mnist", "uid": "u-1", "labels": {OPERATION_LABEL: "key"}}}
        api_server.on("POST", TFJOBS, self.taken)
        api_server.on("GET", f"{TFJOBS}/mnist", Answer(200, mine))

        assert connect(acting_as=ALICE).create_once(TFJOB, _tfjob("mnist")) == mine

    @pytest.mark.parametrize("labels", [{OPERATION_LABEL: "another"}, {}])
    def test_somebody_elses_object_does_not(self, api_server: ApiServer, labels: dict[str, str]) -> None:
        api_server.on("POST", TFJOBS, self.taken)
        api_server.on("GET", f"{TFJOBS}/mnist", Answer(200, {"metadata": {"name": "mnist", "labels": labels}}))

        with pytest.raises(AlreadyExists, match="already exists"):
            connect(acting_as=ALICE).create_once(TFJOB, _tfjob("mnist"))

    def test_one_that_went_away_meanwhile_does_not(self, api_server: ApiServer) -> None:
        api_server.on("POST", TFJOBS, self.taken)

        with pytest.raises(AlreadyExists):
            connect(acting_as=ALICE).create_once(TFJOB, _tfjob("mnist"))


def test_deleting_another_object_of_the_same_name_finds_nothing(api_server: ApiServer) -> None:
    words = "the UID in the precondition (u-1) does not match the UID in record (u-2)."
    api_server.on("DELETE", f"{TFJOBS}/mnist", Answer(409, status(409, "Conflict", words)))

    with pytest.raises(NotFound):
        connect(acting_as=ALICE).delete(TFJOB, "vision", "mnist", uid="u-1")
    with pytest.raises(Rejected):
        connect(acting_as=ALICE).delete(TFJOB, "vision", "mnist")


def test_a_log_without_content_is_empty(api_server: ApiServer) -> None:
    api_server.on("GET", f"{POD_PATH}/log", Answer(200, ""))

    assert connect(acting_as=ALICE).read_log("vision", "p", container="main", tail_lines=5) == b""
    assert api_server.recorded[0].query["tailLines"] == "5"


def test_no_kinds_are_served_where_there_is_no_operator(api_server: ApiServer) -> None:
    assert connect(acting_as=ALICE).served_kinds() == frozenset()


def test_kinds_are_served_without_their_subresources(api_server: ApiServer) -> None:
    resources = [{"name": "tfjobs", "kind": "TFJob"}, {"name": "tfjobs/status", "kind": "TFJob"}]
    api_server.on("GET", "/apis/kubeflow.org/v1", Answer(200, {"resources": resources}))

    assert connect(acting_as=ALICE).served_kinds() == {"TFJob"}


@pytest.mark.slow
def test_a_page_does_not_wait_long_for_a_review(api_server: ApiServer) -> None:
    path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
    api_server.on("POST", path, Answer(201, lines=(), then="hang"))
    began = time.monotonic()

    with pytest.raises(ClusterUnavailable, match="no answer in time"):
        connect(acting_as=ALICE).may("list", POD, "vision")

    assert time.monotonic() - began < 5  # 10 s for other verbs; asked once
    assert len(api_server.recorded) == 1


@pytest.mark.slow
def test_twenty_people_at_once_are_never_mixed_up(api_server: ApiServer) -> None:
    people = [Identity(f"person-{n}", tuple(f"group-{n}-{k}" for k in range(n % 3))) for n in range(20)]
    for n in range(20):
        api_server.on("GET", f"/api/v1/namespaces/vision/pods/pod-{n}", FOUND)
    start = threading.Barrier(10)

    def ask(turn: int) -> None:
        if turn < 10:
            start.wait(5)
        n = turn % 20
        connect(acting_as=people[n]).get(POD, "vision", f"pod-{n}")

    with ThreadPoolExecutor(10) as pool:
        list(pool.map(ask, range(200)))

    seen: Counter[str] = Counter()
    for recorded in api_server.recorded:
        person = people[int(recorded.path.rsplit("-", 1)[1])]
        assert recorded.header("Impersonate-User") == [person.user]
        assert recorded.header("Impersonate-Group") == list(person.groups)
        seen[person.user] += 1
    assert set(seen.values()) == {10}


def _tfjob(name: str) -> Manifest:
    return {
        "apiVersion": "kubeflow.org/v1",
        "kind": "TFJob",
        "metadata": {"name": name, "namespace": "vision", "labels": {OPERATION_LABEL: "key"}},
        "spec": {},
    }
