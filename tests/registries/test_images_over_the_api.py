"""What the API tells of images, of a real registry: the same as the picker, and to the same people."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client

from console.people.tokens import issue_token
from console.registries.models import Kind
from tests.registries.conftest import Configure
from tests.registries.odd_registry import OddRegistry, Said
from tests.registries.pushing import push_image, push_index
from tests.registries.real_registry import RealRegistry
from tests.tasks.people import person

pytestmark = pytest.mark.django_db(databases=["default", "index"], transaction=True)
Get = Callable[..., HttpResponse]


@pytest.fixture
def get(alice_user: User) -> Get:
    return _program_of(alice_user)


def _program_of(user: User) -> Get:
    """GET of a registry's address, with a token that may only read."""
    secret = issue_token(user, key=uuid4(), name="t", may_write=False, days=1, now=datetime.now(UTC)).secret
    client = Client()

    def get(pk: int, what: str, **query: Any) -> HttpResponse:
        address = f"/api/v1/namespaces/vision/registries/{pk}/{what}?{urlencode(query)}"
        return client.get(address, headers={"Authorization": f"Bearer {secret}"})

    return get


def _until_known(ask: Callable[[], HttpResponse]) -> dict[str, Any]:
    """As a program asks: again while the registry is being asked."""
    for _try in range(100):
        found: dict[str, Any] = ask().json()
        if not found["is_asking"] and not any(one["is_asking"] for one in found.get("versions", ())):
            return found
    raise AssertionError(found)


def test_versions_come_with_digest_size_platforms_age_and_cuda(
    get: Get, registry: RealRegistry, configure: Configure
) -> None:
    row = configure(registry.address, prefix="api")
    digest = push_image(registry, "api/train", "12.4", env=("CUDA_VERSION=12.4.1",), layer=b"x" * 1000)
    index = push_index(registry, "api/train", "1", "amd64", "arm64")

    found = _until_known(lambda: get(row.pk, "tags", repository="api/train", search="1"))

    versions = {version["tag"]: version for version in found["versions"]}
    details = versions["12.4"]["details"]
    assert (details["digest"], details["cuda_version"]) == (digest, "12.4.1")
    assert (details["platforms"], details["created_at"]) == (["linux/amd64"], "2026-11-20T08:30:00Z")
    assert 1000 < details["size_bytes"] < 2000
    assert versions["1"]["details"]["digest"] == index
    assert versions["1"]["details"]["platforms"] == ["linux/amd64", "linux/arm64"]
    assert versions["1"]["reference"] == f"{registry.host}/api/train:1"
    assert get(row.pk, "version", repository="api/train", tag="12.4").json() == versions["12.4"]


def test_docker_hub_is_asked_for_the_version_that_somebody_wants_and_no_other(
    get: Get, odd: OddRegistry, configure: Configure
) -> None:
    row = configure(odd.address, kind=Kind.HUB)
    odd.on("/v2/library/python/tags/list", Said(body={"name": "library/python", "tags": ["3.11", "3.12"]}))

    listed = _until_known(lambda: get(row.pk, "tags", repository="library/python"))

    assert [version["tag"] for version in listed["versions"]] == ["3.12", "3.11"]
    assert [(version["details"], version["is_asking"]) for version in listed["versions"]] == [(None, False)] * 2
    assert not [asked for asked in odd.asked if "/manifests/" in asked.path]
    _until_known(lambda: get(row.pk, "version", repository="library/python", tag="3.11"))
    assert {asked.path for asked in odd.asked if "/manifests/" in asked.path} == {"/v2/library/python/manifests/3.11"}


def test_what_is_not_there_or_no_tag_is_told_and_strangers_find_nothing(
    get: Get, registry: RealRegistry, configure: Configure
) -> None:
    row = configure(registry.address, prefix="api", namespace="vision")
    push_image(registry, "api/train", "1")

    missing = _until_known(lambda: get(row.pk, "version", repository="api/train", tag="2"))
    bad = get(row.pk, "version", repository="api/train", tag="../x")

    assert missing["details"] is None
    assert missing["trouble"]
    assert (bad.status_code, bad.json()["errors"][0]["path"]) == (422, "tag")
    assert get(row.pk, "version", repository="other/train", tag="1").status_code == 404
    assert _program_of(person("bob", "team-nlp"))(row.pk, "version", repository="api/train", tag="1").status_code == 404
