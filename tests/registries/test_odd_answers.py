"""A registry that misbehaves in every way we know: each has its reason, and none takes long."""

import time
from typing import Any

import pytest

from console.registries.troubles import Code, Trouble
from tests.registries.asking import client_for, trouble_of
from tests.registries.odd_registry import Asked, OddRegistry, Said
from tests.registries.pushing import digest


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (Said(503), Code.FAILED),
        (Said(418), Code.BAD_ANSWER),
        (Said(404), Code.NO_CATALOGUE),
        (Said(403), Code.DENIED),
        (Said(body=b"<html>"), Code.BAD_ANSWER),
        (Said(body=b""), Code.BAD_ANSWER),
        (Said(body=[]), Code.BAD_ANSWER),
        (Said(body={"repositories": "a"}), Code.BAD_ANSWER),
        (Said(body=b"[" * 100_000), Code.BAD_ANSWER),
        (Said(body=b"\xff\xfe{}"), Code.BAD_ANSWER),
        (Said(body=b" " * (5 * 1024 * 1024)), Code.TOO_LARGE),
        (Said(body=b"{}", headers={"Content-Encoding": "gzip"}), Code.BAD_ANSWER),
        (Said(302, headers={"Location": ""}), Code.BAD_ANSWER),
        (Said(302, headers={"Location": "/v2/_catalog"}), Code.BAD_ANSWER),
    ],
)
def test_each_wrong_answer_has_its_reason(odd: OddRegistry, said: Said, code: Code) -> None:
    odd.on("/v2/_catalog", said)

    with client_for(odd.address) as client:
        trouble = trouble_of(client.repositories)

    assert trouble.code is code


@pytest.mark.parametrize(
    ("header", "seconds"), [("7", 7), ("0", 1), ("999999", 3600), ("soon", 60), ("-1", 60), ("", 60), ("９", 60)]
)
def test_it_says_when_it_may_be_asked_again(odd: OddRegistry, header: str, seconds: int) -> None:
    odd.on("/v2/_catalog", Said(429, headers={"Retry-After": header.encode().decode("latin-1")}))

    with client_for(odd.address) as client:
        trouble = trouble_of(client.repositories)

    assert trouble == Trouble(Code.LIMITED, "", seconds)


@pytest.mark.parametrize("then", ["silence", "hang", "drip"])
def test_one_that_takes_too_long_is_left_in_time(odd: OddRegistry, then: str) -> None:
    odd.on("/v2/_catalog", Said(then=then))
    started = time.monotonic()

    with client_for(odd.address, seconds=0.4) as client:
        trouble = trouble_of(client.repositories)

    assert trouble.code is Code.NO_ANSWER
    assert time.monotonic() - started < 1


def test_one_that_answers_slowly_has_more_time_than_one_that_is_silent(odd: OddRegistry) -> None:
    def page(asked: Asked) -> Said:
        time.sleep(0.15)  # the registry's own slowness is what this is about
        number = len(odd.asked)
        link = {"Link": f'</v2/_catalog?last={number}>; rel="next"'} if number < 4 else {}
        return Said(body={"repositories": [f"r{number}"]}, headers=link)

    odd.on("/v2/_catalog", page)

    with client_for(odd.address, seconds=0.4) as client:
        names, _more = client.repositories()

    assert names == ["r1", "r2", "r3", "r4"]


def test_one_that_is_not_there_is_unreachable() -> None:
    with client_for("http://127.0.0.1:9") as client:
        trouble = trouble_of(client.check)

    assert trouble.code is Code.UNREACHABLE


def test_a_list_without_end_is_cut(odd: OddRegistry) -> None:
    def page(asked: Asked) -> Said:
        number = len(odd.asked)
        return Said(
            body={"repositories": [f"r/{number}"]}, headers={"Link": f'</v2/_catalog?last={number}>; rel="next"'}
        )

    odd.on("/v2/_catalog", page)

    with client_for(odd.address) as client:
        names, more = client.repositories()

    assert len(names) == 20
    assert more


def test_the_next_page_is_asked_of_the_same_registry_whatever_it_says(odd: OddRegistry) -> None:
    link = '<http://169.254.169.254/latest/meta-data?last=a>; rel="next"'
    pages = iter([Said(body={"repositories": ["a"]}, headers={"Link": link}), Said(body={"repositories": ["b"]})])
    odd.on("/v2/_catalog", lambda _asked: next(pages))

    with client_for(odd.address) as client:
        names, _more = client.repositories()

    assert names == ["a", "b"]
    assert odd.asked[1].path == "/v2/_catalog?last=a"


@pytest.mark.parametrize(
    "name", ["../../secrets", "a//b", "A/b", "a/..", "%2e%2e/x", "", "a b", "a?x=1", "a#b", 7, None]
)
def test_names_that_are_none_are_left_out_and_never_asked_for(odd: OddRegistry, name: Any) -> None:
    odd.on("/v2/_catalog", Said(body={"repositories": ["good", name]}))

    with client_for(odd.address) as client:
        names, _more = client.repositories()
        if isinstance(name, str):
            assert trouble_of(lambda: client.tags(name)).code is Code.NOT_FOUND

    assert names == ["good"]
    assert len(odd.asked) == 1


def test_a_manifest_that_is_not_what_its_digest_says_is_refused(odd: OddRegistry) -> None:
    body = b'{"schemaVersion":2}'
    odd.on("/v2/a/manifests/1", Said(body=body, headers={"Docker-Content-Digest": digest(b"other")}))
    other = digest(b"other")
    odd.on(f"/v2/a/manifests/{other}", Said(body=body))

    with client_for(odd.address) as client:
        assert trouble_of(lambda: client.image("a", "1")).code is Code.BAD_ANSWER
        assert trouble_of(lambda: client.image("a", other)).code is Code.BAD_ANSWER


ODD_MANIFESTS: list[Any] = [
    {},
    {"manifests": "x"},
    {"manifests": [None, 7, {"platform": 3, "digest": 4}, {"digest": "sha256:" + "a" * 64}]},
    {"layers": {"size": 1}, "config": 7},
    {"layers": [None, {"size": -5}, {"size": "9"}, {"size": 10**400}], "config": {"digest": "../../x"}},
]


@pytest.mark.parametrize("manifest", ODD_MANIFESTS)
def test_a_manifest_of_any_shape_is_read_without_a_stumble(odd: OddRegistry, manifest: Any) -> None:
    odd.on("/v2/a/manifests/1", Said(body=manifest))

    with client_for(odd.address) as client:
        details = client.image("a", "1")

    assert details.digest.startswith("sha256:")
    assert details.created_at is None


@pytest.mark.parametrize(
    "config",
    [
        {"created": "0001-01-01T00:00:00Z", "os": 7, "architecture": ["x"]},
        {"created": "9999-12-31T23:59:59-23:59", "config": {"Env": "CUDA_VERSION=12", "Labels": []}},
        {"created": "x" * 10_000, "config": {"Env": [None, "CUDA_VERSION=<script>"]}},
        {"created": 5, "config": 5},
    ],
)
def test_a_config_of_any_shape_is_read_without_a_stumble(odd: OddRegistry, config: Any) -> None:
    import json

    body = json.dumps(config).encode()
    odd.on("/v2/a/manifests/1", Said(body={"config": {"digest": digest(body), "size": 9}, "layers": []}))
    odd.on(f"/v2/a/blobs/{digest(body)}", Said(body=body))

    with client_for(odd.address) as client:
        details = client.image("a", "1")

    assert (details.created, details.platforms, details.cuda_version) == ("", (), "")
