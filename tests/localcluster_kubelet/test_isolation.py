from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from console.localcluster.machinery.kinds import CLAIM, CONFIG_MAP, POD, SERVICE
from tests.localcluster_kubelet.conftest import Node, leftovers, state

pytestmark = [pytest.mark.slow, pytest.mark.enable_socket]

_SERVER = "import socketserver as s; s.TCPServer(('', 80), type('H', (s.BaseRequestHandler,), {{'handle': lambda self: self.request.sendall(b'{}')}})).serve_forever()"  # noqa: E501
_CLAIM = {"accessModes": ["ReadWriteMany"], "resources": {"requests": {"storage": "1Gi"}}}
_LOOK_UP = """
nslookup master
until nslookup master; do sleep 0.05; done
while nslookup master; do sleep 0.05; done
"""
_ASK = """
import socket, time
for name in {names!r}:
    while True:
        try:
            print(name, socket.create_connection((name, 80)).recv(9).decode()); break
        except OSError:
            time.sleep(0.05)
"""


def _service(name: str) -> dict[str, Any]:
    return {"metadata": {"name": name}, "spec": {"clusterIP": "None", "selector": {"app": name}}}


async def _two_servers_and_a_client(node: Node) -> str:
    for name in ("a", "b"):
        node.api.create(SERVICE, "vision", _service(name))
        node.create(name, "python", "-c", _SERVER.format(name))
    node.create(
        "client", "python", "-c", _ASK.format(names=["a", "b.vision", "b.vision.svc", "a.vision.svc.cluster.local"])
    )
    await node.ended("client")
    return await node.log("client")


async def test_two_pods_listen_on_the_same_port_and_are_found_by_name(node: Node) -> None:
    assert await _two_servers_and_a_client(node) == "a a\nb.vision b\nb.vision.svc b\na.vision.svc.cluster.local a\n"


async def test_so_it_is_inside_a_user_namespace(user_node: Node) -> None:
    assert (await _two_servers_and_a_client(user_node)).startswith("a a\nb.vision b\n")


async def test_a_name_is_known_once_its_pod_is_ready_and_no_longer_than_that(node: Node) -> None:
    probe = {"exec": {"command": ["test", "-e", "/tmp/ready"]}, "periodSeconds": 1}
    node.api.create(SERVICE, "vision", _service("master"))
    node.create(
        "master",
        "sh",
        "-c",
        "sleep 0.5; touch /tmp/ready; sleep 60",
        readinessProbe=probe,
        terminationGracePeriodSeconds=0,
    )
    node.create("worker", "sh", "-c", _LOOK_UP,
                image="alpine:3.10")  # fmt: skip
    await node.printed("worker", "Address 1: 10.244.")

    node.api.delete(POD, "vision", "master")
    pod = await node.ended("worker")

    assert pod["status"]["phase"] == "Succeeded"
    assert (await node.log("worker")).startswith("nslookup: can't resolve 'master'")


async def test_a_pod_sees_its_own_root_host_name_and_processes(node: Node) -> None:
    (node.folder / "secret").write_text("not for pods")
    script = f"""
hostname; cat /etc/hostname; ls -d /home/* {node.folder} 2>/dev/null; id -u; ls /proc | grep -c '^[0-9]'
touch /usr/x
"""
    node.create("alone", "sh", "-c", script)

    await node.ended("alone")

    *lines, refused = (await node.log("alone")).splitlines()
    assert lines == ["alone", "alone", "0", "3"]
    assert "Read-only file system" in refused


async def test_a_container_cannot_do_what_the_machines_root_can(node: Node) -> None:
    script = """
mount -t tmpfs x /mnt
hostname evil
echo 1 > /proc/sys/kernel/panic
echo b > /proc/sysrq-trigger
echo $(wc -c < /proc/kcore)
"""
    node.create("weak", "sh", "-c", script)

    await node.ended("weak")

    text = await node.log("weak")
    assert "permission denied" in text
    assert "you must be root to change the host name" in text
    assert "cannot create /proc/sys/kernel/panic: Read-only file system" in text
    assert "sysrq-trigger" in text
    assert text.endswith("\n\n")


async def test_volumes_are_where_the_manifest_says(node: Node) -> None:
    node.api.create(CLAIM, "vision", {"metadata": {"name": "outputs"}, "spec": _CLAIM})
    node.api.create(
        CONFIG_MAP,
        "vision",
        {"metadata": {"name": "mpi"}, "data": {"kubexec.sh": "#!/bin/sh\necho ran", "hostfile": "h"}},
    )
    items = [{"key": "kubexec.sh", "path": "kubexec.sh", "mode": 0o555}]
    volumes = [
        {"name": "out", "persistentVolumeClaim": {"claimName": "outputs"}},
        {"name": "mpi", "configMap": {"name": "mpi", "items": items}},
        {"name": "fast", "emptyDir": {"medium": "Memory", "sizeLimit": "1Mi"}},
        {"name": "about", "downwardAPI": {"items": [{"path": "labels", "fieldRef": {"fieldPath": "metadata.labels"}}]}},
    ]
    mounts = [
        {"name": "out", "mountPath": "/data"},
        {"name": "out", "mountPath": "/deep/er", "subPath": "sub/folder"},
        {"name": "mpi", "mountPath": "/etc/mpi"},
        {"name": "fast", "mountPath": "/fast"},
        {"name": "about", "mountPath": "/about"},
    ]
    script = "/etc/mpi/kubexec.sh; ls /etc/mpi; echo kept > /data/file; echo deep > /deep/er/file; cat /about/labels; echo; df /fast | tail -1 | cut -d' ' -f1; echo no > /etc/mpi/x"  # noqa: E501
    node.create("mounts", "sh", "-c", script, volumes=volumes, volumeMounts=mounts)

    await node.ended("mounts")

    *lines, refused = (await node.log("mounts")).splitlines()
    assert lines == ["ran", "kubexec.sh", 'app="mounts"', "tmpfs"]
    assert "Read-only file system" in refused
    claim = node.folder / "cluster" / "volumes" / "vision" / "outputs"
    assert (claim / "file").read_text() == "kept\n"
    assert (claim / "sub" / "folder" / "file").read_text() == "deep\n"


async def test_a_sub_path_cannot_lead_out_of_its_volume(node: Node) -> None:
    node.api.create(CLAIM, "vision", {"metadata": {"name": "outputs"}, "spec": _CLAIM})
    volumes = [{"name": "out", "persistentVolumeClaim": {"claimName": "outputs"}}]
    node.create(
        "first", "ln", "-s", "/", "/data/way", volumes=volumes, volumeMounts=[{"name": "out", "mountPath": "/data"}]
    )
    await node.ended("first")

    mount = {"name": "out", "mountPath": "/host", "subPath": "way/etc"}
    node.create("second", "ls", "/host", volumes=volumes, volumeMounts=[mount])
    pod = await node.until(
        "second", lambda pod: state(pod).get("waiting", {}).get("reason") == "CreateContainerConfigError"
    )

    assert "leads out of the volume" in state(pod)["waiting"]["message"]


async def test_a_volume_that_cannot_be_set_up_is_told_and_waited_for(node: Node) -> None:
    volumes = [{"name": "c", "configMap": {"name": "later"}}]
    node.create("mounts", "cat", "/c/k", volumes=volumes, volumeMounts=[{"name": "c", "mountPath": "/c"}])
    await node.until("mounts", lambda _: node.events("mounts"))

    node.api.create(CONFIG_MAP, "vision", {"metadata": {"name": "later"}, "data": {"k": "here"}})
    await node.ended("mounts")

    expected = 'MountVolume.SetUp failed for volume "c" : configmap "later" not found'
    assert ("FailedMount", expected) in node.events("mounts")
    assert await node.log("mounts") == "here"


async def test_a_changed_configmap_reaches_a_running_pod(node: Node) -> None:
    held = node.api.create(CONFIG_MAP, "vision", {"metadata": {"name": "c"}, "data": {"k": "old\n"}})
    volumes = [{"name": "c", "configMap": {"name": "c"}}]
    node.create("reads", "sh", "-c", "cat /c/k; while ! grep new /c/k; do sleep 0.05; done", volumes=volumes,
                volumeMounts=[{"name": "c", "mountPath": "/c"}])  # fmt: skip
    await node.printed("reads", "old")

    node.api.update(CONFIG_MAP, {**held, "data": {"k": "new\n"}})

    assert (await node.ended("reads"))["status"]["phase"] == "Succeeded"


async def test_busybox_has_sh_and_no_bash(node: Node) -> None:
    node.create(
        "small", "sh", "-c", "command -v bash; command -v python3; echo | awk '{print 6*7}'", image="busybox:1.36"
    )

    await node.ended("small")

    assert await node.log("small") == "42\n"


async def test_without_namespaces_pods_still_run_and_the_node_says_what_does_not_work(plain_node: Node) -> None:
    plain_node.create("plain", "sh", "-c", "sleep 60 & echo $0 $VALUE; exit 4", env=[{"name": "VALUE", "value": "x"}])

    pod = await plain_node.ended("plain")

    assert state(pod)["terminated"]["exitCode"] == 4
    assert await plain_node.log("plain") == "sh x\n"
    from console.localcluster.machinery.kinds import NODE

    conditions = {one["type"]: one for one in plain_node.api.get(NODE, "", "node")["status"]["conditions"]}
    assert conditions["PodsIsolated"]["status"] == "False"
    assert "two pods cannot listen on one port" in conditions["PodsIsolated"]["message"]


async def test_a_deleted_pod_leaves_nothing(node: Node) -> None:
    pod = node.create("brief", "sh", "-c", "sleep 1000 & sleep 1000", terminationGracePeriodSeconds=0)
    await node.running("brief")
    folder = node.folder / "cluster" / "pods" / pod["metadata"]["uid"]
    assert any(str(folder) in line for line in leftovers(node.folder))

    node.api.delete(POD, "vision", "brief")
    async with asyncio.timeout(60):
        while folder.exists() or [line for line in leftovers(node.folder) if str(folder) in line]:
            await asyncio.sleep(0.02)
    assert Path("/proc/net/dev").read_text().count("pods0") == 0
