from __future__ import annotations

import pytest

from console.localcluster.machinery.kinds import CONFIG_MAP, POD, SECRET
from tests.localcluster_kubelet.conftest import Node, state

pytestmark = [pytest.mark.slow, pytest.mark.enable_socket]


@pytest.mark.parametrize(("code", "phase", "reason"), [(0, "Succeeded", "Completed"), (3, "Failed", "Error")])
async def test_the_exit_code_decides_the_phase(node: Node, code: int, phase: str, reason: str) -> None:
    node.create("short", "sh", "-c", f"exit {code}")

    pod = await node.ended("short")

    assert pod["status"]["phase"] == phase
    ended = state(pod)["terminated"]
    assert (ended["exitCode"], ended["reason"]) == (code, reason)
    assert [reason for reason, _ in node.events("short")] == ["Pulled", "Created", "Started"]


async def test_a_process_killed_by_a_signal_counts_128_and_more(node: Node) -> None:
    node.create("hit", "sh", "-c", "sleep 60 & kill -TERM $!; wait $!; exit $?")

    pod = await node.ended("hit")

    assert state(pod)["terminated"]["exitCode"] == 143


async def test_a_command_that_does_not_exist_is_a_start_error(node: Node) -> None:
    node.create("lost", "nosuch")

    pod = await node.ended("lost")

    ended = state(pod)["terminated"]
    assert (ended["exitCode"], ended["reason"]) == (128, "StartError")
    assert 'exec: "nosuch": executable file not found in $PATH: unknown' in ended["message"]
    assert await node.log("lost") == ""


async def test_conditions_follow_the_pod_to_ready_and_to_its_end(node: Node) -> None:
    node.create("steps", "sh", "-c", "sleep 0.3")

    ready = await node.until("steps", lambda pod: _conditions(pod).get("Ready") == "True")
    ended = await node.ended("steps")

    assert set(_conditions(ready).values()) == {"True"}
    assert _conditions(ended)["Ready"] == "False"
    reasons = {entry["type"]: entry.get("reason") for entry in ended["status"]["conditions"]}
    assert reasons["Ready"] == reasons["Initialized"] == "PodCompleted"


def _conditions(pod: dict[str, object]) -> dict[str, str]:
    status: dict[str, list[dict[str, str]]] = pod.get("status") or {}  # type: ignore[assignment]
    return {entry["type"]: entry["status"] for entry in status.get("conditions") or []}


async def test_an_image_outside_the_catalogue_cannot_be_pulled(node: Node) -> None:
    node.create("foreign", "true", image="registry.invalid/team/train:1")

    first = await node.until("foreign", lambda pod: state(pod).get("waiting", {}).get("reason") == "ErrImagePull")
    later = await node.until("foreign", lambda pod: state(pod).get("waiting", {}).get("reason") == "ImagePullBackOff")

    assert 'Head "https://registry.invalid/v2/team/train/manifests/1"' in state(first)["waiting"]["message"]
    assert later["status"]["phase"] == "Pending"
    told = {reason for reason, _ in node.events("foreign")}
    assert {"Pulling", "Failed", "BackOff"} <= told


async def test_an_image_that_is_no_name_says_so(node: Node) -> None:
    node.create("odd", "true", image="BAD IMAGE")

    pod = await node.until("odd", lambda pod: state(pod).get("waiting", {}).get("reason") == "InvalidImageName")

    assert "must be lowercase" in state(pod)["waiting"]["message"]


async def test_a_failing_container_comes_back_with_growing_pauses(node: Node) -> None:
    node.create("loop", "sh", "-c", "exit 1", restartPolicy="OnFailure")

    pod = await node.until(
        "loop",
        lambda pod: state(pod).get("waiting", {}).get("reason") == "CrashLoopBackOff" and _restarts(pod) == 2,
    )

    entry = pod["status"]["containerStatuses"][0]
    assert pod["status"]["phase"] == "Running"
    assert entry["lastState"]["terminated"]["exitCode"] == 1
    assert "restarting failed container=main pod=loop_vision(" in entry["state"]["waiting"]["message"]


async def test_always_restarts_a_success_and_onfailure_does_not(node: Node) -> None:
    node.create("again", "true", restartPolicy="Always")
    node.create("once", "true", restartPolicy="OnFailure")

    again = await node.until("again", lambda pod: _restarts(pod) >= 2)
    once = await node.ended("once")

    assert again["status"]["phase"] == "Running"
    assert (once["status"]["phase"], _restarts(once)) == ("Succeeded", 0)


def _restarts(pod: dict[str, dict[str, list[dict[str, int]]]]) -> int:
    statuses = pod.get("status", {}).get("containerStatuses")
    return statuses[0]["restartCount"] if statuses else 0


async def test_init_containers_come_first_and_a_failed_one_ends_the_pod(node: Node) -> None:
    first = {"name": "first", "image": "busybox:1.36", "command": ["sh", "-c", "echo one > /shared/seen"]}
    share = [{"name": "shared", "emptyDir": {}}]
    mount = [{"name": "shared", "mountPath": "/shared"}]
    node.create(
        "good",
        "cat",
        "/shared/seen",
        initContainers=[{**first, "volumeMounts": mount}],
        volumeMounts=mount,
        volumes=share,
    )
    bad = {"name": "bad", "image": "busybox:1.36", "command": ["sh", "-c", "exit 4"]}
    node.create("never", "true", initContainers=[bad])

    good, never = await node.ended("good"), await node.ended("never")

    assert good["status"]["phase"] == "Succeeded"
    assert await node.log("good") == "one\n"
    assert never["status"]["phase"] == "Failed"
    assert never["status"]["initContainerStatuses"][0]["state"]["terminated"]["exitCode"] == 4
    assert state(never) == {"waiting": {"reason": "PodInitializing"}}


async def test_environment_comes_from_everywhere_it_can(node: Node) -> None:
    node.api.create(CONFIG_MAP, "vision", {"metadata": {"name": "settings"}, "data": {"rate": "0.1", "name": "x"}})
    node.api.create(SECRET, "vision", {"metadata": {"name": "keys"}, "data": {"token": "c2VjcmV0"}})
    env = [
        {"name": "PLAIN", "value": "a $(HOME) $$(HOME) $(NOPE)"},
        {"name": "RATE", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "rate"}}},
        {"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "keys", "key": "token"}}},
        {"name": "IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
        {"name": "LIMIT", "valueFrom": {"resourceFieldRef": {"resource": "limits.memory"}}},
    ]
    node.create("env", "sh", "-c", "echo $PLAIN,$RATE,$TOKEN,$IP,$LIMIT,$HOSTNAME", env=env,
                resources={"limits": {"memory": "64Mi"}})  # fmt: skip

    pod = await node.ended("env")

    ip = pod["status"]["podIP"]
    assert await node.log("env") == f"a /root $(HOME) $(NOPE),0.1,secret,{ip},{64 << 20},env\n"


async def test_a_missing_configmap_is_waited_for(node: Node) -> None:
    env = [{"name": "A", "valueFrom": {"configMapKeyRef": {"name": "later", "key": "k"}}}]
    node.create("waits", "sh", "-c", "echo $A", env=env)
    waiting = await node.until(
        "waits", lambda pod: state(pod).get("waiting", {}).get("reason") == "CreateContainerConfigError"
    )

    node.api.create(CONFIG_MAP, "vision", {"metadata": {"name": "later"}, "data": {"k": "here"}})
    await node.ended("waits")

    assert state(waiting)["waiting"]["message"] == 'configmap "later" not found'
    assert await node.log("waits") == "here\n"


async def test_a_readiness_probe_decides_ready_and_a_liveness_probe_restarts(node: Node) -> None:
    ready = {"exec": {"command": ["test", "-e", "/tmp/ready"]}, "periodSeconds": 1}
    node.create("slow", "sh", "-c", "sleep 0.3; touch /tmp/ready; sleep 60", readinessProbe=ready)
    alive = {"exec": {"command": ["sh", "-c", "echo no; exit 1"]}, "periodSeconds": 1, "failureThreshold": 1}
    node.create("sick", "sleep", "60", livenessProbe=alive, restartPolicy="Always", terminationGracePeriodSeconds=0)

    slow = await node.until("slow", lambda pod: _conditions(pod).get("Ready") == "True")
    sick = await node.until("sick", lambda pod: _restarts(pod) >= 1)

    assert state(slow)["running"]
    assert ("Unhealthy", "Liveness probe failed: no\n") in node.events("sick")
    assert ("Killing", "Container main failed liveness probe, will be restarted") in node.events("sick")
    assert sick["status"]["phase"] == "Running"


async def test_http_probes_reach_the_pod_through_its_own_network(node: Node) -> None:
    probe = {"httpGet": {"port": "web", "path": "/"}, "periodSeconds": 1}
    node.create(
        "web", "python", "-m", "http.server", "80", readinessProbe=probe, ports=[{"name": "web", "containerPort": 80}]
    )

    pod = await node.until("web", lambda pod: _conditions(pod).get("Ready") == "True")
    reader, writer = await node.kubelet.connect_pod("vision", "web", 80)
    writer.write(b"GET /etc/hostname HTTP/1.0\r\n\r\n")
    answer = await reader.read()
    writer.close()

    assert pod["status"]["podIP"].startswith("10.244.")
    assert answer.startswith(b"HTTP/1.0 200 OK")
    assert answer.endswith(b"\r\n\r\nweb\n")


async def test_hooks_run_after_the_start_and_before_the_end(node: Node) -> None:
    lifecycle = {
        "postStart": {"exec": {"command": ["sh", "-c", "echo after > /proc/1/fd/1"]}},
        "preStop": {"exec": {"command": ["sh", "-c", "echo before > /proc/1/fd/1"]}},
    }
    node.create("hooks", "sh", "-c", "trap 'echo term; exit 0' TERM; while :; do sleep 0.05; done", lifecycle=lifecycle)
    await node.printed("hooks", "after")

    followed = await node.kubelet.read_log("vision", "hooks", container="main", follow=True)
    node.api.delete(POD, "vision", "hooks")
    text = b"".join([block async for block in followed])
    await node.gone("hooks")

    assert text == b"after\nbefore\nterm\n"


async def test_a_failed_post_start_hook_ends_the_container(node: Node) -> None:
    lifecycle = {"postStart": {"exec": {"command": ["false"]}}}
    node.create("hooked", "sleep", "60", lifecycle=lifecycle, terminationGracePeriodSeconds=0)

    pod = await node.ended("hooked")

    assert state(pod)["terminated"]["exitCode"] == 137
    assert ("FailedPostStartHook", "PostStartHook failed") in node.events("hooked")
