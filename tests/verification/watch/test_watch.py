"""Watches: the streamed list, its mark, versions to go on from, and what ends a stream."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from typing import Any

import httpx
import pytest
from pytest_django import Settings

from console.cluster import (
    NODE,
    POD,
    TFJOB,
    Added,
    Deleted,
    Listed,
    Modified,
    NotServed,
    Opened,
    Relisting,
    Resource,
    shapes,
)
from console.cluster.watching import Patience, watch
from tests.verification.conftest import ContractCluster
from tests.verification.places import config_map, created, shell_pod

pytestmark = pytest.mark.contract
STREAMED = {"watch": "1", "allowWatchBookmarks": "true", "sendInitialEvents": "true"}
STREAMED |= {"resourceVersionMatch": "NotOlderThan", "timeoutSeconds": "2"}


@pytest.fixture(scope="module")
def path(admin: httpx.Client, place: str) -> str:
    path = f"/api/v1/namespaces/{place}/configmaps"
    for name in ("w-1", "w-2"):
        created(admin.post(path, json=config_map(name, watched="yes")))
    return path


def _lines(admin: httpx.Client, path: str, **query: str) -> Iterator[dict[str, Any]]:
    with admin.stream("GET", path, params={"watch": "1", "labelSelector": "watched=yes", **query}) as response:
        assert response.status_code == 200, response.read()
        yield from (json.loads(line) for line in response.iter_lines())


def _named(line: dict[str, Any]) -> tuple[str, str]:
    return line["type"], line["object"]["metadata"].get("name", "")


def test_a_streamed_list_ends_with_a_mark(admin: httpx.Client, path: str) -> None:
    lines = []
    for line in _lines(admin, path, **STREAMED):
        lines.append(line)
        if line["type"] == "BOOKMARK":
            break

    assert sorted(_named(line) for line in lines[:-1]) == [("ADDED", "w-1"), ("ADDED", "w-2")]
    assert lines[-1]["object"]["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}
    assert lines[-1]["object"]["metadata"]["resourceVersion"].isdecimal()


def test_a_streamed_list_needs_its_match(admin: httpx.Client, path: str) -> None:
    answer = admin.get(path, params={key: value for key, value in STREAMED.items() if key != "resourceVersionMatch"})

    assert answer.status_code == 422
    assert answer.json()["reason"] == "Invalid"


def test_a_watch_goes_on_from_a_version_and_misses_nothing(admin: httpx.Client, path: str) -> None:
    before = admin.get(path).json()["metadata"]["resourceVersion"]
    created(admin.post(path, json=config_map("w-3", watched="yes")))
    created(admin.patch(f"{path}/w-3", json={"data": {"a": "2"}}, headers=_MERGE))
    admin.delete(f"{path}/w-3")
    lines = list(_lines(admin, path, resourceVersion=before, timeoutSeconds="1"))

    assert [_named(line) for line in lines if line["type"] != "BOOKMARK"] == [
        ("ADDED", "w-3"),
        ("MODIFIED", "w-3"),
        ("DELETED", "w-3"),
    ]
    versions = [int(line["object"]["metadata"]["resourceVersion"]) for line in lines]
    assert versions == sorted(set(versions))


def test_what_leaves_the_selection_is_deleted_and_what_enters_is_added(admin: httpx.Client, path: str) -> None:
    created(admin.post(path, json=config_map("w-4", watched="no")))
    before = admin.get(path).json()["metadata"]["resourceVersion"]
    for value in ("yes", "no"):
        created(admin.patch(f"{path}/w-4", json={"metadata": {"labels": {"watched": value}}}, headers=_MERGE))
    lines = list(_lines(admin, path, resourceVersion=before, timeoutSeconds="1"))

    assert [_named(line) for line in lines if line["type"] != "BOOKMARK"] == [("ADDED", "w-4"), ("DELETED", "w-4")]


def test_the_server_ends_a_stream_in_time(admin: httpx.Client, path: str) -> None:
    version = admin.get(path).json()["metadata"]["resourceVersion"]
    began = time.monotonic()
    list(_lines(admin, path, resourceVersion=version, timeoutSeconds="1"))

    assert 0.5 < time.monotonic() - began < 5


def test_a_version_that_is_too_old_is_an_error_in_the_stream(admin: httpx.Client, path: str) -> None:
    """HTTP 200 and one line; never HTTP 410."""
    lines = list(_lines(admin, path, resourceVersion="1", timeoutSeconds="2"))

    [line] = lines
    assert line["type"] == "ERROR"
    assert (line["object"]["code"], line["object"]["reason"]) == (410, "Expired")


def test_a_version_of_the_future_is_silent(admin: httpx.Client, path: str) -> None:
    assert list(_lines(admin, path, resourceVersion="99999999999", timeoutSeconds="1")) == []


def test_metrics_cannot_be_watched(admin: httpx.Client) -> None:
    assert admin.get("/apis/metrics.k8s.io/v1beta1/pods", params={"watch": "1"}).status_code == 405


_MERGE = {"Content-Type": "application/merge-patch+json"}


async def _until(happenings: AsyncIterator[Any], kind: type[Any], name: str = "") -> Any:
    async with asyncio.timeout(20):
        async for happening in happenings:
            if isinstance(happening, kind) and (not name or happening.object.metadata.name == name):
                return happening
    raise AssertionError


@pytest.mark.parametrize(
    ("resource", "decoder"),
    [(POD, shapes.Pod), (TFJOB, shapes.Job), (NODE, shapes.Node)],
    ids=["pods", "jobs", "nodes"],
)
async def test_the_console_lists_and_marks(resource: Resource, decoder: type[shapes.Watched]) -> None:
    async with aclosing(watch(resource, decoder=decoder)) as happenings:
        assert isinstance(await anext(happenings), Relisting)
        listed = await _until(happenings, Listed)

    assert listed.resource_version.isdecimal()


async def test_the_console_sees_a_pod_come_change_and_go(admin: httpx.Client, place: str) -> None:
    pods = f"/api/v1/namespaces/{place}/pods"
    async with aclosing(watch(POD, decoder=shapes.Pod)) as happenings:
        await _until(happenings, Listed)
        await asyncio.to_thread(admin.post, pods, json=shell_pod("seen", "sleep 60"))
        added = await _until(happenings, Added, "seen")
        modified = await _until(happenings, Modified, "seen")
        await asyncio.to_thread(admin.delete, f"{pods}/seen")
        deleted = await _until(happenings, Deleted, "seen")

    assert added.object.metadata.namespace == place
    assert added.object.spec.containers[0].image == "busybox:1.36"
    assert added.object.metadata.uid == modified.object.metadata.uid == deleted.object.metadata.uid
    assert json.loads(added.raw)["metadata"]["uid"] == added.object.metadata.uid


async def test_the_console_resumes_where_it_stopped(admin: httpx.Client, place: str) -> None:
    pods = f"/api/v1/namespaces/{place}/pods"
    async with aclosing(watch(POD, decoder=shapes.Pod)) as happenings:
        version = (await _until(happenings, Listed)).resource_version
    await asyncio.to_thread(admin.post, pods, json=shell_pod("missed", "true"))
    async with aclosing(watch(POD, decoder=shapes.Pod, start=version)) as happenings:
        first = await anext(happenings)
        await _until(happenings, Added, "missed")

    assert isinstance(first, Opened)


async def test_the_console_lists_again_from_a_version_that_is_gone() -> None:
    async with aclosing(watch(POD, decoder=shapes.Pod, start="1")) as happenings:
        await _until(happenings, Relisting)
        await _until(happenings, Listed)


async def test_the_console_lists_again_from_a_version_of_the_future(contract_cluster: ContractCluster) -> None:
    patience = Patience(silence=1, pause=0.1)
    async with aclosing(watch(POD, decoder=shapes.Pod, start="99999999999", patience=patience)) as happenings:
        await _until(happenings, Listed)


async def test_the_console_says_that_a_kind_is_not_served(
    contract_cluster: ContractCluster, settings: Settings
) -> None:
    """Asked by somebody who may watch everything: rights are judged first, and 403 says nothing about the kind."""
    settings.CLUSTER_WATCH_KUBECONFIG = str(contract_cluster.admin)
    absent = Resource("kubeflow.org", "v1", "nojobs", "NoJob")
    async with aclosing(watch(absent, decoder=shapes.Job)) as happenings:
        await _until(happenings, NotServed)
