"""Which entry of a pull Secret belongs to which image, as kubelets decide it."""

import base64
import json
from typing import Any

import pytest

from console.registries.pull_secrets import PullSecret, secret_of
from tests.registries.cluster import pull_secret


def usernames(secret: PullSecret, *images: str) -> list[str]:
    found = []
    for image in images:
        host, _slash, repository = image.partition("/")
        credentials = secret.credentials_for("" if host == "hub" else host, repository)
        found.append(credentials.username if credentials else "")
    return found


def test_hosts_ports_and_folders_decide() -> None:
    secret = secret_of(
        pull_secret(
            "s",
            **{
                "https://index.docker.io/v1/": ("hub", "p"),
                "quay.io/team-a": ("folder", "p"),
                "quay.io": ("quay", "p"),
                "*.example.com": ("star", "p"),
                "http://10.0.0.7:5000/v2/": ("port", "p"),
            },
        )
    )

    assert usernames(secret, "hub/library/python", "quay.io/team-a/x", "quay.io/team-ab/x", "quay.io/x") == [
        "hub",
        "folder",
        "quay",
        "quay",
    ]
    assert usernames(secret, "a.example.com/x", "a.b.example.com/x", "example.com/x", "a.example.com:5000/x") == [
        "star",
        "",
        "",
        "",
    ]
    assert usernames(secret, "10.0.0.7:5000/x", "10.0.0.7/x", "10.0.0.7:5001/x") == ["port", "", ""]
    assert secret.hosts == ("*.example.com", "10.0.0.7:5000", "docker.io", "quay.io")


def test_the_password_is_in_no_text_of_it() -> None:
    assert "p4ss" not in repr(secret_of(pull_secret("s", **{"quay.io": ("u", "p4ss")})))


def _encoded(value: Any) -> str:
    return base64.b64encode(value if isinstance(value, bytes) else json.dumps(value).encode()).decode()


@pytest.mark.parametrize(
    "config",
    [
        b"",
        b"{",
        b"\xff",
        b"[" * 100_000,
        [],
        {"auths": []},
        {"auths": {"quay.io": None}},
        {"auths": {"quay.io": {"auth": "%%%"}}},
        {"auths": {"quay.io": {"auth": "/w=="}}},
        {"auths": {"quay.io": {"username": 7, "password": []}}},
        {"auths": {"quay.io": {"username": "", "password": "x"}}},
    ],
)
def test_what_is_no_credential_is_left_out(config: Any) -> None:
    manifest = {"metadata": {"name": "s"}, "data": {".dockerconfigjson": _encoded(config)}}

    assert secret_of(manifest).entries == ()


def test_name_and_password_of_their_own_and_the_old_format_count_too() -> None:
    entry = {"username": "ada", "password": "x:y"}
    new = {"metadata": {"name": "s"}, "data": {".dockerconfigjson": _encoded({"auths": {"quay.io": entry}})}}
    old = {"metadata": {"name": "s"}, "data": {".dockercfg": _encoded({"quay.io": entry})}}

    for manifest in (new, old):
        credentials = secret_of(manifest).credentials_for("quay.io", "x")
        assert credentials
        assert (credentials.username, credentials.password) == ("ada", "x:y")
