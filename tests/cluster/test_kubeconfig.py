import base64
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from console.cluster import ClusterUnavailable, Identity, connect
from console.cluster.kubeconfig import UnusableKubeconfig, endpoint_of
from tests.cluster.api_server import Answer, ApiServer, kubeconfig_for


def _write(path: Path, *, cluster: dict[str, Any], user: dict[str, Any]) -> str:
    document = json.loads(kubeconfig_for("https://127.0.0.1:1", token=""))
    document["clusters"][0]["cluster"] = {"server": "https://127.0.0.1:1", **cluster}
    document["users"][0]["user"] = user
    path.write_text(json.dumps(document))
    return str(path)


def test_a_token_of_a_file_is_read_each_time(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("first\n")
    path = _write(tmp_path / "config", cluster={"server": "http://127.0.0.1:1/prefix/"}, user={"tokenFile": "token"})
    endpoint = endpoint_of(path)
    tokens = [endpoint.token()]
    (tmp_path / "token").write_text("second\n")
    tokens.append(endpoint.token())

    assert tokens == ["first", "second"]
    assert endpoint.server == "http://127.0.0.1:1/prefix"


def test_a_token_that_went_away_is_an_outage(tmp_path: Path) -> None:
    path = _write(tmp_path / "config", cluster={"server": "http://127.0.0.1:1"}, user={"tokenFile": "token"})

    with pytest.raises(ClusterUnavailable, match="cannot be read"):
        endpoint_of(path).token()


@pytest.mark.parametrize(
    ("cluster", "user"),
    [
        ({"certificate-authority-data": "not base64!"}, {}),
        ({"certificate-authority-data": base64.b64encode(b"no certificate").decode()}, {}),
        ({"certificate-authority": "no-such-file"}, {}),
        ({}, {"client-certificate-data": base64.b64encode(b"x").decode(), "client-key-data": "eA=="}),
    ],
)
def test_what_cannot_be_used_is_said(tmp_path: Path, cluster: dict[str, Any], user: dict[str, Any]) -> None:
    path = _write(tmp_path / "config", cluster=cluster, user=user)

    with pytest.raises(UnusableKubeconfig, match="cannot be used"):
        endpoint_of(path)


@pytest.mark.parametrize(
    "text", ["", "[]", "{", "current-context: x", "clusters: []\ncurrent-context: a\ncontexts: []"]
)
def test_a_file_that_is_none_is_said(tmp_path: Path, text: str) -> None:
    path = tmp_path / "config"
    path.write_text(text)

    with pytest.raises(UnusableKubeconfig):
        endpoint_of(str(path))


def test_an_outage_of_the_file_ends_when_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "config"
    with pytest.raises(UnusableKubeconfig):
        endpoint_of(str(path))
    path.write_text(kubeconfig_for("http://127.0.0.1:1", token="t"))

    assert endpoint_of(str(path)).token() == "t"


def test_a_credential_plug_in_is_run_by_the_library(tmp_path: Path, api_server: ApiServer, settings: Any) -> None:
    plug_in = tmp_path / "plug-in"
    credential = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "kind": "ExecCredential",
        "status": {"token": "made"},
    }
    plug_in.write_text(f"#!/bin/sh\necho '{json.dumps(credential)}'\n")
    plug_in.chmod(0o700)
    user = {
        "exec": {
            "apiVersion": "client.authentication.k8s.io/v1",
            "command": str(plug_in),
            "interactiveMode": "Never",
        }
    }
    settings.CLUSTER_PROXY_KUBECONFIG = _write(tmp_path / "exec", cluster={"server": api_server.address}, user=user)
    api_server.on("GET", "/apis/kubeflow.org/v1", Answer(200, {"resources": []}))
    connect(acting_as=Identity("alice")).served_kinds()

    assert api_server.recorded[0].header("Authorization") == ["Bearer made"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("names", "absent"),
    [
        ("connect, Identity", ["aiohttp", "kubernetes"]),
        ("watch, POD", ["httpx", "kubernetes"]),
        ("Identity, POD, ClusterError", ["httpx", "aiohttp", "kubernetes", "msgspec"]),
    ],
)
def test_a_process_loads_only_the_client_it_uses(names: str, absent: list[str]) -> None:
    """20, 12 and 17 MB in each of five processes."""
    script = f"import sys; from console.cluster import {names}; print([m for m in {absent!r} if m in sys.modules])"
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=environment, check=False)

    assert ran.stdout.strip() == "[]", ran.stderr
