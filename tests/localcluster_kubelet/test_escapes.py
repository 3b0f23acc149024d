"""What a manifest or a container might try in order to reach the machine's own files: none of it may work."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from console.localcluster.kubelet.launcher import Isolation
from console.localcluster.kubelet.shim.rootfs import open_below
from console.localcluster.machinery.kinds import CLAIM, SECRET
from tests.localcluster_kubelet.conftest import Node, state

pytestmark = [pytest.mark.slow, pytest.mark.enable_socket]

_CLAIM = {"accessModes": ["ReadWriteMany"], "resources": {"requests": {"storage": "1Gi"}}}
_OUT = [{"name": "out", "persistentVolumeClaim": {"claimName": "outputs"}}]
_UP = "/".join([".."] * 24)


def _claim(node: Node) -> Path:
    node.api.create(CLAIM, "vision", {"metadata": {"name": "outputs"}, "spec": _CLAIM})
    return node.folder / "cluster" / "volumes" / "vision" / "outputs"


async def _link_to(node: Node, target: Path) -> None:
    mounts = [{"name": "out", "mountPath": "/data"}]
    node.create("links", "ln", "-s", str(target), "/data/way", volumes=_OUT, volumeMounts=mounts)
    await node.ended("links")


def _mounted_at(path: str) -> dict[str, Any]:
    volumes = [*_OUT, {"name": "own", "emptyDir": {}}]
    return {
        "volumes": volumes,
        "volumeMounts": [{"name": "out", "mountPath": "/data"}, {"name": "own", "mountPath": path}],
    }


async def test_a_key_that_climbs_is_not_written(node: Node, tmp_path: Path) -> None:
    data = {f"{_UP}{tmp_path}/climbed": "eA=="}
    # Straight into the store, as objects of an older version may be: the API refuses such a key.
    node.api.store.put(SECRET.key, {"metadata": {"name": "s", "namespace": "vision", "uid": "1"}, "data": data})
    volumes = [{"name": "s", "secret": {"secretName": "s"}}]

    node.create("climbs", "true", volumes=volumes, volumeMounts=[{"name": "s", "mountPath": "/s"}])
    await node.until("climbs", lambda _: node.events("climbs"))

    assert any("leads out of the volume" in message for _, message in node.events("climbs"))
    assert not (tmp_path / "climbed").exists()


@pytest.mark.parametrize("path", ["/proc/self/root{}", "/data/way", f"/{_UP}{{}}"])
async def test_a_mount_path_makes_nothing_outside(node: Node, tmp_path: Path, path: str) -> None:
    _claim(node)
    outside = tmp_path / "outside"
    await _link_to(node, outside)

    node.create("mounts", "true", **_mounted_at(path.format(outside)))
    await node.ended("mounts")

    assert not outside.exists()


async def test_a_termination_message_makes_nothing_outside(node: Node, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    container = {"name": "main", "image": "busybox:1.36", "command": ["true"]}
    container["terminationMessagePath"] = f"/{_UP}{outside}"

    node.create("ends", containers=[container])
    await node.ended("ends")

    assert not outside.exists()


async def test_a_sub_path_makes_nothing_behind_a_link(node: Node, tmp_path: Path) -> None:
    _claim(node)
    outside = tmp_path / "outside"
    outside.mkdir()
    await _link_to(node, outside)

    mount = {"name": "out", "mountPath": "/host", "subPath": "way/made"}
    node.create("mounts", "true", volumes=_OUT, volumeMounts=[mount])
    await node.until("mounts", lambda pod: state(pod).get("waiting", {}).get("reason") == "CreateContainerConfigError")

    assert list(outside.iterdir()) == []


def test_a_link_put_into_a_sub_path_at_the_last_moment_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b").symlink_to("/etc")

    for path in ("a/b", "a/b/ssl"):
        with pytest.raises(OSError, match="leads out of the volume|Not a directory"):
            os.close(open_below(str(tmp_path), path))


async def test_a_device_made_in_a_volume_stays_closed(node: Node) -> None:
    if node.kubelet.launcher.isolation is not Isolation.ROOT:
        pytest.skip("in a user namespace nobody makes devices")
    claim = _claim(node)
    script = "for f in /data/null /tmp/null; do mknod $f c 1 3; echo x > $f; done"
    mounts = [{"name": "out", "mountPath": "/data"}]
    node.create("makes", "sh", "-c", script, volumes=_OUT, volumeMounts=mounts)

    await node.ended("makes")

    assert (await node.log("makes")).count("Permission denied") == 2
    assert os.path.exists(claim / "null")
