"""The picker: what it offers to whom, and what it says when a registry is slow, dead or limits requests."""

import re
import time
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.utils import timezone

from console.registries.models import Answer, Registry, Tab
from tests.registries.cluster import ClusterWithSecrets, pull_secret
from tests.registries.conftest import Configure
from tests.registries.odd_registry import OddRegistry, Said
from tests.registries.pushing import push_image
from tests.registries.real_registry import PASSWORD, USERNAME, RealRegistry, running_registry

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "index"])
ASKING = "asking the registry"


def page(browser: Client, path: str, **query: Any) -> str:
    answer = browser.get(f"{path}?{urlencode(query)}")
    assert answer.status_code == 200, answer.content
    return str(answer.content.decode())


def settled(browser: Client, path: str, **query: Any) -> str:
    """The fragment once nothing is being asked: it comes back as the page does, and each time waits a moment."""
    for _ in range(100):
        found = page(browser, path, **query)
        if "load delay" not in found:
            return found
        query.pop("insist", None)
    raise AssertionError("it is asking for ever")


def tab(browser: Client, tab: Tab, **query: Any) -> str:
    """Once each of its registries has answered, or not."""
    found = page(browser, "/images/tab/", tab=tab, namespace="vision", **query)
    for pk in re.findall(r'id="image-source-(\d+)" ', found):
        settled(browser, f"/images/registry/{pk}/", namespace="vision")
    return page(browser, "/images/tab/", tab=tab, namespace="vision", **query)


def names_in(fragment: str) -> list[str]:
    return re.findall(r'<code class="image-name">([^<]*)</code>', fragment)


def test_shared_images_are_those_of_the_administrators_registries(
    alice: Client, configure: Configure, registry: RealRegistry
) -> None:
    for number in range(3):
        push_image(registry, f"shared-a/model-{number}", "1")
    push_image(registry, "shared-b/other", "1")
    configure(registry.address, prefix="shared-a")

    found = tab(alice, Tab.SHARED)

    assert names_in(found) == ["shared-a/model-0", "shared-a/model-1", "shared-a/model-2"]
    assert "3 images" in found
    assert names_in(tab(alice, Tab.SHARED, q="MODEL-1")) == ["shared-a/model-1"]
    assert "No image is called so." in tab(alice, Tab.SHARED, q="%")


def test_a_long_list_comes_by_pages(alice: Client, configure: Configure) -> None:
    row = configure("http://127.0.0.1:9", repositories=[f"r/{number:02}" for number in range(30)])

    settled(alice, f"/images/registry/{row.pk}/")
    second = page(alice, f"/images/registry/{row.pk}/", page=2)

    assert names_in(second) == [f"r/{number}" for number in range(24, 30)]
    assert names_in(page(alice, f"/images/registry/{row.pk}/", page=99)) == names_in(second)


def test_versions_tell_what_is_behind_them(alice: Client, configure: Configure, registry: RealRegistry) -> None:
    pushed = push_image(registry, "versions/model", "3.12", env=("CUDA_VERSION=11.8.0",))
    for tag in ("3.9", "latest"):
        push_image(registry, "versions/model", tag)
    row = configure(registry.address)

    found = settled(alice, "/images/versions/", source=row.pk, repository="versions/model", list=1)

    assert re.findall(r'name="chosen" value="([^"]*)"', found) == ["latest", "3.12", "3.9"]
    assert f'data-reference="{registry.host}/versions/model:3.12" data-digest="{pushed}"' in found
    assert "linux/amd64" in found
    assert "11.8.0" in found
    assert "3 versions" in found


def test_a_dead_registry_says_so_within_three_seconds_and_slows_nothing(
    alice: Client, configure: Configure, registry: RealRegistry, odd: OddRegistry
) -> None:
    push_image(registry, "alive/model", "1")
    odd.on("/v2/_catalog", Said(then="silence"))
    dead = configure(odd.address, title="dead")
    alive = configure(registry.address, prefix="alive")
    started, began = time.monotonic(), timezone.now()

    first = page(alice, "/images/tab/", tab=Tab.SHARED, namespace="vision")
    at_once = time.monotonic() - started
    healthy = settled(alice, f"/images/registry/{alive.pk}/")
    healthy_after = time.monotonic() - started
    page(alice, "/images/tab/", tab=Tab.OFFICIAL, namespace="vision")
    found = tab(alice, Tab.SHARED)
    given_up = Answer.objects.get(registry=dead).tried_at - began

    assert ASKING in first
    assert at_once < 2
    assert names_in(healthy) == ["alive/model"]
    assert healthy_after < given_up.total_seconds()  # before the dead one is given up
    assert "The registry does not answer." in found
    assert given_up < timedelta(seconds=3)  # bench/registries.py measures it up to the message
    assert len([asked for asked in odd.asked if "_catalog" in asked.path]) == 1


def test_what_a_registry_said_last_is_shown_with_its_age_while_it_is_down(alice: Client, configure: Configure) -> None:
    with running_registry() as registry:
        push_image(registry, "team/model", "1")
        row = configure(registry.address)
        tab(alice, Tab.SHARED)
    Answer.objects.update(fetched_at=timezone.now() - timedelta(hours=3), tried_at=timezone.now() - timedelta(hours=3))

    found = settled(alice, f"/images/registry/{row.pk}/")

    assert names_in(found) == ["team/model"]
    assert "The registry cannot be reached." in found
    assert "Shown is what it said 3 hours ago." in found


def test_refresh_asks_again_but_not_over_and_over(alice: Client, configure: Configure, odd: OddRegistry) -> None:
    odd.on("/v2/_catalog", Said(body={"repositories": ["one"]}))
    row = configure(odd.address)
    settled(alice, f"/images/registry/{row.pk}/")
    odd.on("/v2/_catalog", Said(body={"repositories": ["one", "two"]}))

    again = settled(alice, f"/images/registry/{row.pk}/", insist=1)
    Answer.objects.update(tried_at=timezone.now() - timedelta(seconds=3))
    later = settled(alice, f"/images/registry/{row.pk}/", insist=1)

    assert names_in(again) == ["one"]
    assert names_in(later) == ["one", "two"]


def test_one_that_limits_requests_is_left_alone_until_it_said(
    alice: Client, configure: Configure, odd: OddRegistry
) -> None:
    odd.on("/v2/_catalog", Said(429, headers={"Retry-After": "120"}))
    row = configure(odd.address)

    found = settled(alice, f"/images/registry/{row.pk}/")
    Answer.objects.update(tried_at=timezone.now() - timedelta(seconds=60))
    settled(alice, f"/images/registry/{row.pk}/", insist=1)

    assert re.search(r"It can be asked again in 1[12]\d s\.", found)
    assert len(odd.asked) == 1


@pytest.fixture
def private(configure: Configure, guarded: RealRegistry, cluster: ClusterWithSecrets) -> Registry:
    """A registry of vision; its credentials are in a Secret there."""
    push_image(guarded, "vault/model", "1")
    cluster.secrets["robot"] = pull_secret("robot", **{guarded.host: (USERNAME, PASSWORD)})
    return configure(guarded.address, namespace="vision", pull_secret="robot", prefix="vault")


def test_my_images_are_asked_for_with_the_secret_as_the_person(
    alice: Client, private: Registry, cluster: ClusterWithSecrets
) -> None:
    found = tab(alice, Tab.MINE)
    versions = settled(alice, "/images/versions/", source=private.pk, repository="vault/model")

    assert names_in(found) == ["vault/model"]
    assert 'data-image-secret="robot"' in versions
    reading = [asked for asked in cluster.recorded if asked.path.endswith("/secrets/robot")]
    assert {asked.header("Impersonate-User")[0] for asked in reading} == {"alice"}
    assert PASSWORD not in found + versions
    assert PASSWORD not in str(list(Answer.objects.values())) + str(list(Registry.objects.values()))


def test_what_came_with_a_secret_is_for_those_who_may_read_it(alice: Client, carol: Client, private: Registry) -> None:
    tab(alice, Tab.MINE)

    found = tab(carol, Tab.MINE)
    query = {"source": private.pk, "repository": "vault/model", "tag": "1"}

    assert names_in(found) == []
    assert "listed for people who may read the Secret robot" in found
    assert carol.get("/images/versions/", query).status_code == 404
    assert carol.get("/images/version/", query).status_code == 404
    assert not Answer.objects.filter(trouble="secret_denied").exists()  # which others would read


def test_another_namespaces_registry_does_not_exist(alice: Client, bob: Client, private: Registry) -> None:
    tab(alice, Tab.MINE)
    query = {"source": private.pk, "repository": "vault/model", "tag": "1"}

    assert bob.get(f"/images/registry/{private.pk}/").status_code == 404
    assert bob.get("/images/versions/", query).status_code == 404
    assert bob.get("/images/version/", query).status_code == 404
    assert names_in(page(bob, "/images/tab/", tab=Tab.MINE, namespace="vision")) == []


@pytest.mark.parametrize(
    ("secrets", "words"),
    [
        ({}, "There is no Secret robot in the namespace."),
        ({"robot": pull_secret("robot", **{"quay.io": ("a", "b")})}, "has no credentials for this registry"),
        ({"robot": {"metadata": {"name": "robot"}, "type": "Opaque"}}, "has no credentials for this registry"),
    ],
)
def test_a_secret_that_does_not_do_says_why(
    alice: Client, private: Registry, cluster: ClusterWithSecrets, secrets: dict[str, Any], words: str
) -> None:
    cluster.secrets = secrets

    assert words in tab(alice, Tab.MINE)


def test_only_what_a_row_is_about_can_be_asked_for(alice: Client, configure: Configure, odd: OddRegistry) -> None:
    row = configure(odd.address, prefix="team-a")
    named = configure(odd.address, repositories=["team-b/model"], title="named")

    for pk, repository in (
        (row.pk, "team-b/model"),
        (row.pk, "team-ab/x"),
        (named.pk, "team-b/other"),
        (row.pk, "../x"),
    ):
        answer = alice.get("/images/versions/", {"source": pk, "repository": repository})
        assert answer.status_code == 404, repository
    assert odd.asked == []


def test_official_images_need_no_registry_and_no_network(alice: Client, cluster: ClusterWithSecrets) -> None:
    found = page(alice, "/images/", namespace="vision", field="id_image")
    versions = page(alice, "/images/versions/", repository="library/python")

    assert "library/python" in names_in(found)
    assert 'data-image-field="id_image"' in found
    assert 'data-reference="python:3.11-slim"' in versions
    assert "Suggested versions, not looked up." in versions
    assert "No registry for Docker Hub is configured" in versions
    assert names_in(page(alice, "/images/tab/", tab=Tab.OFFICIAL, q="pytorch")) == ["pytorch/pytorch"]


def test_official_images_are_described_in_both_languages(alice: Client, cluster: ClusterWithSecrets) -> None:
    alice.cookies["language"] = "zh-hans"

    found = page(alice, "/images/tab/", tab=Tab.OFFICIAL)

    assert "基于 Debian 的 Python 运行环境" in found
    assert "使用该镜像" in found


def test_docker_hub_that_does_not_answer_leaves_the_suggestions(
    alice: Client, configure: Configure, odd: OddRegistry
) -> None:
    odd.on("/v2/library/python/tags/list", Said(502))
    configure(odd.address, kind="hub", tab=Tab.OFFICIAL)

    found = settled(alice, "/images/versions/", repository="library/python", list=1)

    assert "The registry failed (HTTP 502)." in found
    assert 'data-reference="python:3.11-slim"' in found


def test_a_mirror_of_docker_hub_lists_versions_and_is_asked_for_details_one_by_one(
    alice: Client, configure: Configure, registry: RealRegistry
) -> None:
    pushed = push_image(registry, "library/python", "3.13")
    row = configure(registry.address, kind="hub", tab=Tab.OFFICIAL)

    versions = settled(alice, "/images/versions/", repository="library/python", list=1)
    line = settled(alice, "/images/version/", source=row.pk, repository="library/python", tag="3.13")

    assert 'data-reference="python:3.13" data-digest=""' in versions
    assert f'data-digest="{pushed}"' in line


def test_pull_secrets_of_the_image_come_first(alice: Client, carol: Client, cluster: ClusterWithSecrets) -> None:
    cluster.secrets["a"] = pull_secret("a", **{"quay.io": ("x", "y")})
    cluster.secrets["b"] = pull_secret("b", **{"https://index.docker.io/v1/": ("x", "s3cret-value")})

    found = page(alice, "/images/pull-secrets/", namespace="vision", image="python:3.11")
    unknown = page(carol, "/images/pull-secrets/", namespace="vision", image="python:3.11")

    assert re.findall(r'value="(\w)"', found) == ["b", "a"]
    assert found.count("for this image") == 1
    assert "docker.io" in found
    assert "s3cret-value" not in found
    assert "cannot be looked up; type the name" in unknown


HOSTILE = [
    "",
    "0",
    "-1",
    "9" * 30,
    "１",
    "x",
    "\0",
    "%00",
    "'",
    "<script>",
    "../..",
    "é" * 300,
    "\ud800".encode("utf-16", "surrogatepass").hex(),
]


@pytest.mark.parametrize("value", HOSTILE)
def test_no_query_is_a_server_error(alice: Client, configure: Configure, value: str) -> None:
    row = configure("http://127.0.0.1:9", repositories=["team/model"])
    names = ("namespace", "field", "tab", "q", "page", "source", "repository", "tag", "image", "chosen")
    paths = (
        "/images/",
        "/images/tab/",
        f"/images/registry/{row.pk}/",
        "/images/versions/",
        "/images/version/",
        "/images/pull-secrets/",
    )

    statuses = {
        alice.get(
            path, {"source": row.pk, "repository": "team/model", "tag": "1", "tab": "shared"} | {name: value}
        ).status_code
        for path in paths
        for name in names
    }

    assert statuses <= {200, 404}


def test_the_picker_is_for_people_who_are_signed_in(cluster: ClusterWithSecrets) -> None:
    for path in ("/images/", "/images/tab/", "/images/registry/1/", "/images/versions/", "/images/version/"):
        assert Client().get(path).status_code == 302
