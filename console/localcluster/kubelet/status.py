"""A pod's status from the states of its containers: phase, conditions, containerStatuses. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

Object = dict[str, Any]

CONDITION_ORDER = ("PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled")


def text_of(seconds: float) -> str:
    """Return a moment as the API writes it."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(slots=True)
class ContainerState:
    """What is known of one container. `state` and `last` have the API's shape: {waiting|running|terminated: {...}}."""

    name: str
    image: str
    state: Object = field(default_factory=lambda: {"waiting": {"reason": "ContainerCreating"}})
    last: Object = field(default_factory=dict)
    restarts: int = 0
    started: bool = False
    ready: bool = False
    image_name: str = ""  # complete, once there is a container
    image_id: str = ""
    container_id: str = ""

    @property
    def exit_code(self) -> int | None:
        terminated = self.state.get("terminated")
        return None if terminated is None else int(terminated["exitCode"])

    @property
    def running(self) -> bool:
        return "running" in self.state

    def shown(self, container: Object) -> Object:
        """Return the entry of containerStatuses."""
        entry: Object = {
            "name": self.name,
            "state": self.state,
            "lastState": self.last,
            "ready": self.ready,
            "restartCount": self.restarts,
            "image": self.image_name or self.image,
            "imageID": self.image_id,
        }
        if self.container_id:
            entry["containerID"] = self.container_id
        entry["started"] = self.started
        if self.container_id:
            resources = container.get("resources") or {}
            if resources.get("requests"):
                entry["allocatedResources"] = resources["requests"]
            entry["resources"] = resources
        mounts = [
            {key: mount[key] for key in ("name", "mountPath", "readOnly") if mount.get(key)}
            | ({"recursiveReadOnly": "Disabled"} if mount.get("readOnly") else {})
            for mount in container.get("volumeMounts") or []
        ]
        if mounts:
            entry["volumeMounts"] = mounts
        return entry


def restored(container: Object, entry: Object | None) -> ContainerState:
    """Return the state that an earlier status shows, for a kubelet that starts again."""
    known = ContainerState(container["name"], container["image"])
    if entry is not None:
        known.state, known.last = entry.get("state") or known.state, entry.get("lastState") or {}
        known.restarts = entry.get("restartCount", 0)
        known.image_id, known.container_id = entry.get("imageID", ""), entry.get("containerID", "")
        known.image_name = entry.get("image", "") if known.container_id else ""
    return known


def phase_of(pod: Object, init: list[ContainerState], main: list[ContainerState]) -> str:
    """Return Pending, Running, Succeeded or Failed, by the kubelet's rules."""
    policy = pod["spec"].get("restartPolicy", "Always")
    for state in init:
        if state.exit_code == 0:
            continue
        if state.exit_code is not None and policy == "Never":
            return "Failed"
        return "Pending"
    codes = [state.exit_code for state in main]
    if any(code is None and not state.running and not state.last for code, state in zip(codes, main, strict=True)):
        return "Pending"
    if all(code is not None for code in codes) and policy != "Always":
        if all(code == 0 for code in codes):
            return "Succeeded"
        if policy == "Never":
            return "Failed"
    return "Running"


def _condition(kind: str, true: bool, reason: str = "", message: str = "") -> Object:
    built: Object = {"type": kind, "status": "True" if true else "False"}
    if reason:
        built["reason"] = reason
    if message:
        built["message"] = message
    return built


def _conditions(
    phase: str, init: list[ContainerState], main: list[ContainerState], *, sandbox: bool, ended: str
) -> list[Object]:
    incomplete = [state.name for state in init if state.exit_code != 0]
    if incomplete:
        text = f"containers with incomplete status: [{' '.join(incomplete)}]"
        initialized = _condition("Initialized", False, "ContainersNotInitialized", text)
    else:
        initialized = _condition("Initialized", True, "PodCompleted" if phase == "Succeeded" else "")
    if ended:
        ready = [_condition(kind, False, ended) for kind in ("Ready", "ContainersReady")]
    else:
        unready = [state.name for state in main if not state.ready]
        text = f"containers with unready status: [{' '.join(unready)}]"
        ready = [
            _condition(kind, False, "ContainersNotReady", text) if unready else _condition(kind, True)
            for kind in ("Ready", "ContainersReady")
        ]
    return [_condition("PodReadyToStartContainers", sandbox), initialized, *ready]


def pod_status(
    pod: Object,
    init: list[ContainerState],
    main: list[ContainerState],
    *,
    now: float,
    started_at: float,
    ip: str,
    host_ip: str,
    sandbox: bool,
    final_phase: str = "",
) -> Object:
    """Return the whole status. Times of conditions that did not change are kept from the pod's own.

    `final_phase` overrides the phase of a pod whose containers were all ended for good (its deletion).
    """
    phase = final_phase or phase_of(pod, init, main)
    ended = {"Succeeded": "PodCompleted", "Failed": "PodFailed"}.get(phase, "")
    old = pod.get("status") or {}
    before = {condition["type"]: condition for condition in old.get("conditions") or []}
    generation = pod["metadata"].get("generation", 1)
    conditions = []
    for condition in [
        *_conditions(phase, init, main, sandbox=sandbox and not ended, ended=ended),
        before.get("PodScheduled") or _condition("PodScheduled", True),
    ]:
        earlier = before.get(condition["type"], {})
        same = earlier.get("status") == condition["status"] and earlier.get("lastTransitionTime")
        timed = {**condition, "observedGeneration": generation, "lastProbeTime": None}
        timed["lastTransitionTime"] = earlier["lastTransitionTime"] if same else text_of(now)
        conditions.append(timed)
    status: Object = {
        "observedGeneration": generation,
        "phase": phase,
        "conditions": conditions,
        "hostIP": host_ip,
        "hostIPs": [{"ip": host_ip}],
    }
    if ip:
        status |= {"podIP": ip, "podIPs": [{"ip": ip}]}
    status["startTime"] = text_of(started_at)
    spec = pod["spec"]
    if init:
        status["initContainerStatuses"] = [
            state.shown(container) for state, container in zip(init, spec["initContainers"], strict=True)
        ]
    status["containerStatuses"] = [
        state.shown(container) for state, container in zip(main, spec["containers"], strict=True)
    ]
    status["qosClass"] = old.get("qosClass") or quality_of(pod)
    return status


def quality_of(pod: Object) -> str:
    """Return the pod's class of service: Guaranteed, Burstable or BestEffort."""
    guaranteed, any_set = True, False
    for container in [*(pod["spec"].get("initContainers") or []), *pod["spec"]["containers"]]:
        resources = container.get("resources") or {}
        limits, requests = resources.get("limits") or {}, resources.get("requests") or {}
        for name in ("cpu", "memory"):
            any_set = any_set or name in limits or name in requests
            guaranteed = guaranteed and name in limits and requests.get(name, limits[name]) == limits[name]
    if not any_set:
        return "BestEffort"
    return "Guaranteed" if guaranteed else "Burstable"
