from __future__ import annotations

import json
from typing import Any

import pytest
from django.conf import settings

from console.localcluster.images import InvalidReference, find_image, pull_failure
from console.localcluster.machinery.kinds import CLAIM, SERVICE
from tests.localcluster_kubelet.conftest import Node, state


@pytest.mark.parametrize(
    "name",
    ["busybox:1.36", "docker.io/library/busybox:1.36", "index.docker.io/library/busybox:1.36", "python:3.11-slim"],
)
def test_an_image_is_known_by_all_its_names(name: str) -> None:
    assert find_image(name) is not None


def test_the_wizard_names_images_that_are_there() -> None:
    assert settings.LOCAL_IMAGES
    assert all(find_image(name) for name in settings.LOCAL_IMAGES)


@pytest.mark.parametrize(
    "name", ["busybox", "busybox:2", "registry.invalid/busybox:1.36", "localhost:5000/python:3.11-slim"]
)
def test_others_are_not(name: str) -> None:
    assert find_image(name) is None


@pytest.mark.parametrize("name", ["", "BAD", "a b", "busybox:1.36 ", ":tag", "a//b", "x:" + "t" * 129])
def test_what_is_no_reference_is_refused(name: str) -> None:
    with pytest.raises(InvalidReference):
        find_image(name)


def test_a_failed_pull_names_the_registry_it_would_have_asked() -> None:
    text = pull_failure("team/train:1")

    assert (
        'Head "https://registry-1.docker.io/v2/team/train/manifests/1": dial tcp: lookup registry-1.docker.io' in text
    )


def _service(name: str) -> dict[str, Any]:
    return {"metadata": {"name": name}, "spec": {"clusterIP": "None", "selector": {"app": name}}}


async def _train(node: Node, parts: dict[str, dict[str, str]], *args: str, **spec: Any) -> None:
    for name, variables in parts.items():
        node.api.create(SERVICE, "vision", _service(name))
        env = [{"name": key, "value": value} for key, value in variables.items()]
        node.create(name, image="trainyard/train:1", args=["--steps", "4", "--pause", "0", *args], env=env,
                    terminationGracePeriodSeconds=0, **spec)  # fmt: skip


def _norms(log: str) -> list[str]:
    return [line.split()[-1] for line in log.splitlines() if line.startswith("step ")]


@pytest.mark.slow
@pytest.mark.enable_socket
async def test_ranks_exchange_gradients_and_stay_equal(node: Node) -> None:
    parts = {
        f"rank-{rank}": {"MASTER_ADDR": "rank-0", "MASTER_PORT": "23456", "WORLD_SIZE": "3", "RANK": str(rank)}
        for rank in range(3)
    }

    await _train(node, parts)

    norms = []
    for name in parts:
        assert (await node.ended(name))["status"]["phase"] == "Succeeded", await node.log(name)
        norms.append(_norms(await node.log(name)))
    assert len(norms[0]) == 4
    assert norms[0] == norms[1] == norms[2]


@pytest.mark.slow
@pytest.mark.enable_socket
async def test_tensorflow_workers_train_through_parameter_servers(node: Node) -> None:
    cluster = {"ps": ["ps-0:2222", "ps-1:2222"], "worker": ["worker-0:2222", "worker-1:2222"]}
    parts = {
        f"{role}-{index}": {"TF_CONFIG": json.dumps({"cluster": cluster, "task": {"type": role, "index": index}})}
        for role in ("ps", "worker")
        for index in range(2)
    }

    await _train(node, parts)

    for name in ("worker-0", "worker-1"):
        assert (await node.ended(name))["status"]["phase"] == "Succeeded", await node.log(name)
    assert state(await node.running("ps-0")), "a parameter server goes on until it is ended"
    assert "serving 10.244." in await node.log("ps-1")


@pytest.mark.slow
@pytest.mark.enable_socket
async def test_event_files_land_on_the_claim_for_any_user(node: Node) -> None:
    claim = {"accessModes": ["ReadWriteMany"], "resources": {"requests": {"storage": "1Gi"}}}
    node.api.create(CLAIM, "vision", {"metadata": {"name": "outputs"}, "spec": claim})
    volumes = [{"name": "out", "persistentVolumeClaim": {"claimName": "outputs"}}]
    mounts = [{"name": "out", "mountPath": "/data"}]

    await _train(node, {"alone": {}}, "--logdir", "/data/runs", volumes=volumes, volumeMounts=mounts,
                 securityContext={"runAsUser": 1000})  # fmt: skip

    assert (await node.ended("alone"))["status"]["phase"] == "Succeeded", await node.log("alone")
    (events,) = (node.folder / "cluster" / "volumes" / "vision" / "outputs" / "runs").iterdir()  # noqa: ASYNC240
    assert events.name.startswith("events.out.tfevents.")
    assert events.stat().st_uid == 1000
    assert b"accuracy" in events.read_bytes()


@pytest.mark.slow
@pytest.mark.enable_socket
@pytest.mark.parametrize(
    ("args", "code", "reason"),
    [
        (["exit", "9"], 9, "Error"),
        (["memory", "400"], 137, "OOMKilled"),
        (["signal", "15"], 143, "Error"),
        (["ok"], 0, "Completed"),
    ],
)
async def test_the_failing_image_fails_as_asked(node: Node, args: list[str], code: int, reason: str) -> None:
    node.create("fails", image="trainyard/fail:1", args=args, resources={"limits": {"memory": "64Mi"}})

    ended = state(await node.ended("fails"))["terminated"]

    assert (ended["exitCode"], ended["reason"]) == (code, reason)


@pytest.mark.slow
@pytest.mark.enable_socket
async def test_always_pulls_what_the_catalogue_has(node: Node) -> None:
    node.create("pulled", "true", image="busybox:1.36", imagePullPolicy="Always")

    await node.ended("pulled")

    assert [reason for reason, _ in node.events("pulled")][:2] == ["Pulling", "Pulled"]
