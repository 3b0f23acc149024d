"""No request of a person's leaves without the person: every kind of call, recorded at a server on loopback."""

from collections.abc import Callable
from typing import Any

import pytest

from console.cluster import CONFIG_MAP, OPERATION_LABEL, POD, Cluster, Identity, connect, follow_log
from tests.cluster.api_server import Answer, ApiServer

GROUPS = ("team-vision", "a,b", "视觉组")
ALICE = Identity("alice", GROUPS)
OBJECT = {"metadata": {"name": "p", "namespace": "vision", "labels": {OPERATION_LABEL: "key"}}}
CALLS: dict[str, tuple[str, str, Callable[[Cluster], Any]]] = {
    "get": ("GET", "/api/v1/namespaces/vision/pods/p", lambda c: c.get(POD, "vision", "p")),
    "list": ("GET", "/api/v1/namespaces/vision/pods", lambda c: c.list(POD, "vision")),
    "create": ("POST", "/api/v1/namespaces/vision/configmaps", lambda c: c.create(CONFIG_MAP, OBJECT)),
    "create_once": ("POST", "/api/v1/namespaces/vision/configmaps", lambda c: c.create_once(CONFIG_MAP, OBJECT)),
    "patch": ("PATCH", "/api/v1/namespaces/vision/pods/p", lambda c: c.patch(POD, "vision", "p", {})),
    "delete": ("DELETE", "/api/v1/namespaces/vision/pods/p", lambda c: c.delete(POD, "vision", "p")),
    "read_log": (
        "GET",
        "/api/v1/namespaces/vision/pods/p/log",
        lambda c: c.read_log("vision", "p", container="main"),
    ),
    "may": (
        "POST",
        "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
        lambda c: c.may("get", POD, "vision", subresource="exec"),
    ),
    "rules": ("POST", "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews", lambda c: c.rules("vision")),
    "whoami": ("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", lambda c: c.whoami()),
    "served_kinds": ("GET", "/apis/kubeflow.org/v1", lambda c: c.served_kinds()),
}
ANSWER = Answer(
    200,
    {
        "items": [],
        "resources": [],
        "status": {"allowed": True, "resourceRules": [], "userInfo": {"username": "alice", "groups": []}},
    },
)


def test_the_table_above_knows_every_verb() -> None:
    public = {name for name in vars(Cluster) if not name.startswith("_")}

    assert public == set(CALLS)


@pytest.mark.parametrize("name", CALLS)
def test_every_verb_carries_the_person_and_all_groups(api_server: ApiServer, name: str) -> None:
    method, path, call = CALLS[name]
    api_server.on(method, path, ANSWER)

    call(connect(acting_as=ALICE))

    [recorded] = api_server.recorded
    assert recorded.header("Impersonate-User") == ["alice"]
    # http.server reads header bytes as latin-1, a Go server as UTF-8.
    groups = [group.encode("latin-1").decode() for group in recorded.header("Impersonate-Group")]
    assert groups == list(GROUPS)


async def test_a_followed_log_carries_them_too(api_server: ApiServer) -> None:
    api_server.on("GET", "/api/v1/namespaces/vision/pods/p/log", Answer(lines=[b"line\n"]))

    assert [chunk async for chunk in follow_log("vision", "p", container="main", acting_as=ALICE)] == [b"line\n"]

    [recorded] = api_server.recorded
    assert recorded.header("Impersonate-User") == ["alice"]
    assert len(recorded.header("Impersonate-Group")) == len(GROUPS)


def test_nothing_is_kept_from_one_person_to_the_next(api_server: ApiServer) -> None:
    """Cookies that a server (or a proxy before it) sets are not sent again, by whomever."""
    path = "/api/v1/namespaces/vision/pods/p"
    api_server.on("GET", path, Answer(200, {}, {"Set-Cookie": "session=alice; Path=/"}))

    connect(acting_as=ALICE).get(POD, "vision", "p")
    connect(acting_as=Identity("bob")).get(POD, "vision", "p")

    assert api_server.recorded[1].header("Cookie") == []
    assert api_server.recorded[1].header("Impersonate-User") == ["bob"]
    assert api_server.recorded[1].header("Impersonate-Group") == []
