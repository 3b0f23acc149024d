"""The program itself: files, restart, kinds."""

import signal
import stat
from pathlib import Path

import httpx
import pytest

from tests.localcluster.conftest import Program, made


def test_credentials_are_readable_by_their_owner_alone(program: Program) -> None:
    files = [*(program.state / "kubeconfig").iterdir(), program.state / "cluster" / "token-secret"]

    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert {file.stem for file in files if file.suffix == ".yaml"} == {
        "admin", "console-proxy", "console-watch", "alice", "bob", "carol", "mallory",
    }  # fmt: skip


def test_claims_of_the_seed_are_bound(admin: httpx.Client) -> None:
    claims = [claim for name in ("vision", "nlp") for claim in _claims(admin, name)]

    assert [claim["metadata"]["name"] for claim in claims] == ["datasets", "outputs"] * 2
    assert {claim["status"]["phase"] for claim in claims} == {"Bound"}


@pytest.mark.slow
@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
def test_everything_is_there_again_after_a_restart(tmp_path: Path, end: signal.Signals) -> None:
    first = Program.start(tmp_path)
    with first.client() as client:
        before = made(client.post("/api/v1/namespaces/vision/configmaps", json={"metadata": {"name": "c"}}))
    first.stop(end)

    second = Program.start(tmp_path, "--kinds", "tfjob,pytorchjob,mpijob")
    try:
        with second.client() as client:
            assert client.get("/api/v1/namespaces/vision/configmaps/c").json() == before
            later = made(client.post("/api/v1/namespaces/vision/configmaps", json={"metadata": {"name": "d"}}))
            assert int(later["metadata"]["resourceVersion"]) > int(before["metadata"]["resourceVersion"])
            assert client.get("/apis/kubeflow.org/v1/namespaces/vision/mxjobs").status_code == 404
            crds = client.get("/apis/apiextensions.k8s.io/v1/customresourcedefinitions").json()["items"]
            assert [crd["spec"]["names"]["kind"] for crd in crds] == ["MPIJob", "PyTorchJob", "TFJob"]
    finally:
        second.stop()


def _claims(admin: httpx.Client, namespace: str) -> list[dict[str, dict[str, str]]]:
    items: list[dict[str, dict[str, str]]] = admin.get(f"/api/v1/namespaces/{namespace}/persistentvolumeclaims").json()[
        "items"
    ]
    return items
