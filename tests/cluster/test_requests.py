import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.cluster import CLAIM, NODE, POD, TFJOB, NotFound, Rejected, requests


@pytest.mark.parametrize(
    "name", ["", ".", "..", "a/b", "a/../b", "%2f", "a%2e%2e", "a?b", "a#b", "a b", "a\n", "ä", "-a"]
)
def test_a_name_that_is_none_never_becomes_a_path(name: str) -> None:
    with pytest.raises(NotFound):
        requests.get(POD, "vision", name)
    with pytest.raises(NotFound):
        requests.get(POD, name, "pod")
    with pytest.raises(NotFound):
        requests.log("vision", name, container="main")
    with pytest.raises(NotFound):
        requests.exec_(name, "pod", container="main", command=["sh"], tty=False, stdin=False)


@given(st.text(max_size=20), st.text(max_size=20))
def test_whatever_the_names_the_path_stays_in_its_place(namespace: str, name: str) -> None:
    try:
        path = requests.path_of(POD, namespace, name)
    except NotFound:
        return

    assert path == f"/api/v1/namespaces/{namespace}/pods/{name}"
    assert path.count("/") == 6
    assert ".." not in path.split("/")


def test_paths_of_groups_and_of_cluster_wide_kinds() -> None:
    assert requests.path_of(TFJOB, "vision", "mnist") == "/apis/kubeflow.org/v1/namespaces/vision/tfjobs/mnist"
    assert requests.path_of(CLAIM, "vision") == "/api/v1/namespaces/vision/persistentvolumeclaims"
    assert requests.path_of(NODE, "", "node-1.example.org") == "/api/v1/nodes/node-1.example.org"


def test_a_command_keeps_its_words_apart() -> None:
    call = requests.exec_("vision", "pod", container="main", command=["sh", "-c", "a b&c"], tty=True, stdin=True)

    assert [value for key, value in call.query if key == "command"] == ["sh", "-c", "a b&c"]
    assert call.target.endswith("command=sh&command=-c&command=a+b%26c&stdout=1&stdin=1&tty=1&stderr=0")


def test_an_unusable_name_is_no_refusal_of_the_server() -> None:
    with pytest.raises(NotFound) as caught:
        requests.get(POD, "vision", "..")

    assert not isinstance(caught.value, Rejected)
    assert caught.value.reason == "InvalidName"
