"""One container of a pod, over all its runs: image, start, hooks, probes, end, and back again after a pause."""

from __future__ import annotations

import asyncio
import signal
import time
import uuid
from dataclasses import dataclass
from typing import Any, Protocol

from console.localcluster.images import Image, InvalidReference, find_image, pull_failure
from console.localcluster.kubelet.environment import ConfigProblem
from console.localcluster.kubelet.lines import ShimGone
from console.localcluster.kubelet.probes import Prober, run_hook
from console.localcluster.kubelet.sandbox import LOST, Run, StartFailed
from console.localcluster.kubelet.status import ContainerState, text_of

Object = dict[str, Any]

RUNTIME = "trainyard"
_START_ERROR = (
    "failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: "
    "unable to start container process: {}: unknown"
)
_EPOCH = "1970-01-01T00:00:00Z"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """The kubelet's times, in seconds; tests pass shorter ones."""

    restart: float = 1.0  # from an end to the first restart
    back_off: float = 10.0  # doubled at each further restart
    longest: float = 300.0
    forget: float = 600.0  # a run of this length makes the back-off start afresh
    retry: float = 12.0  # between two looks at what keeps a container from being made


class Pod(Protocol):
    """What a runner needs of its pod."""

    pace: Pace
    ip: str
    grace_seconds: float

    def changed(self) -> None: ...
    def tell(self, type: str, reason: str, message: str, container: str, *, init: bool) -> None: ...
    def order_for(self, container: Object, image: Image, attempt: int) -> Object: ...
    def found_run(self, name: str, attempt: int) -> Run | None: ...
    async def start(self, order: Object) -> Run: ...
    async def signal(self, name: str, number: int) -> None: ...
    async def pause(self, seconds: float) -> bool: ...
    async def run_in(self, name: str, command: list[str], timeout_seconds: float) -> tuple[int, str]: ...
    async def open(self, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]: ...
    def last_words(self, container: Object, attempt: int, *, failed: bool) -> str: ...
    @property
    def stopping(self) -> bool: ...
    @property
    def title(self) -> str: ...
    @property
    def restart_policy(self) -> str: ...


@dataclass(frozen=True, slots=True)
class _Inside:
    """A container as its probes and hooks see it."""

    _pod: Pod
    _name: str

    @property
    def ip(self) -> str:
        return self._pod.ip

    async def run(self, command: list[str], timeout_seconds: float) -> tuple[int, str]:
        return await self._pod.run_in(self._name, command, timeout_seconds)

    async def open(self, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await self._pod.open(port)


class ContainerRunner:
    """`run` returns when the container has ended for good, or the pod is being stopped."""

    def __init__(self, pod: Pod, container: Object, state: ContainerState, *, init: bool = False) -> None:
        self._pod, self._container, self.state, self._init = pod, container, state, init
        self.name: str = container["name"]
        self._inside = _Inside(pod, self.name)
        self._ended: asyncio.Event = asyncio.Event()
        self._run: Run | None = None
        self._delay = 0.0
        self._killing: asyncio.Task[None] | None = None

    async def run(self) -> None:
        found = self._pod.found_run(self.name, self.state.restarts)
        if found is not None:
            await self._resume(found)
            if not self._again():
                return
            await self._back_off()
        while not self._pod.stopping:
            image = await self._image()
            if image is None:
                return
            order = await self._order(image)
            if order is None:
                return
            if await self._start(order):
                await self._until_end()
            if not self._again():
                return
            await self._back_off()

    # before a run

    def _tell(self, type: str, reason: str, message: str) -> None:
        self._pod.tell(type, reason, message, self.name, init=self._init)

    def _wait(self, reason: str, message: str = "") -> None:
        """Show why there is no run; what ended before is shown as the last state."""
        if "terminated" in self.state.state:
            self.state.last = self.state.state
        waiting = {"reason": reason} | ({"message": message} if message else {})
        self.state.state = {"waiting": waiting}
        self._pod.changed()

    async def _image(self) -> Image | None:
        """Return the image once there is one; None when the pod is being stopped first."""
        name, policy = self.state.image, self._container.get("imagePullPolicy", "IfNotPresent")
        delay = self._pod.pace.back_off
        while not self._pod.stopping:
            try:
                image = find_image(name)
            except InvalidReference as error:
                text = f'Failed to apply default image tag "{name}": {error}'
                self._tell("Warning", "InspectFailed", text)
                self._tell("Warning", "Failed", "Error: InvalidImageName")
                self._wait("InvalidImageName", text)
                await self._pod.pause(self._pod.pace.retry)
                continue
            if image is not None and policy != "Always":
                self._tell("Normal", "Pulled", f'Container image "{name}" already present on machine')
                return image
            if policy == "Never":
                text = f'Container image "{name}" is not present with pull policy of Never'
                self._tell("Warning", "ErrImageNeverPull", text)
                self._tell("Warning", "Failed", "Error: ErrImageNeverPull")
                self._wait("ErrImageNeverPull", text)
                await self._pod.pause(self._pod.pace.retry)
                continue
            self._tell("Normal", "Pulling", f'Pulling image "{name}"')
            if image is not None:
                self._tell("Normal", "Pulled", f'Successfully pulled image "{name}" in 0s (0s including waiting)')
                return image
            await self._pull_failed(name, delay)
            delay = min(delay * 2, self._pod.pace.longest)
        return None

    async def _pull_failed(self, name: str, delay: float) -> None:
        text = pull_failure(name)
        self._tell("Warning", "Failed", f'Failed to pull image "{name}": {text}')
        self._tell("Warning", "Failed", "Error: ErrImagePull")
        self._wait("ErrImagePull", text)
        self._tell("Normal", "BackOff", f'Back-off pulling image "{name}"')
        self._tell("Warning", "Failed", "Error: ImagePullBackOff")
        first = min(delay, self._pod.pace.retry)
        if not await self._pod.pause(first):
            self._wait("ImagePullBackOff", f'Back-off pulling image "{name}": ErrImagePull: {text}')
            await self._pod.pause(max(delay - first, self._pod.pace.restart))

    async def _order(self, image: Image) -> Object | None:
        """Return what the shim is to start; None when the pod is being stopped first."""
        while not self._pod.stopping:
            try:
                order = self._pod.order_for(self._container, image, self._attempt)
            except ConfigProblem as problem:
                self._tell("Warning", "Failed", f"Error: {problem}")
                self._wait("CreateContainerConfigError", str(problem))
                await self._pod.pause(self._pod.pace.retry)
                continue
            self.state.image_name, self.state.image_id = self._complete_name(image), image.digest
            return order
        return None

    def _complete_name(self, image: Image) -> str:
        return next((name for name in image.names if name.endswith("/" + self.state.image)), image.names[0])

    @property
    def _attempt(self) -> int:
        return self.state.restarts + (0 if self._fresh else 1)

    @property
    def _fresh(self) -> bool:
        return not self.state.last and "terminated" not in self.state.state

    # a run

    async def _start(self, order: Object) -> bool:
        """Start the container; False when it could not be (it counts as a run that ended with 128)."""
        if self._pod.stopping:
            return False
        if "terminated" in self.state.state:
            self.state.last = self.state.state
        self.state.restarts = order["attempt"]
        self.state.container_id = f"{RUNTIME}://{uuid.uuid4().hex}{uuid.uuid4().hex}"
        self._tell("Normal", "Created", f"Created container: {self.name}")
        self._ended.clear()
        self._run = None
        try:
            self._run = await self._pod.start(order)
        except (StartFailed, ShimGone) as error:
            text = _START_ERROR.format(error)
            self._tell("Warning", "Failed", f"Error: {text}")
            self._terminated(128, "StartError", text, _EPOCH, time.time())
            return False
        self._tell("Normal", "Started", f"Started container {self.name}")
        self.state.state = {"running": {"startedAt": text_of(self._run.started_at)}}
        self._pod.changed()
        if self._pod.stopping:  # the order to stop came while it was being started, and found nothing to end
            self.begin_to_kill(f"Stopping container {self.name}")
        return True

    async def _resume(self, run: Run) -> None:
        """Go on with a run that an earlier kubelet started, or take note of its end."""
        self.state.restarts = run.attempt
        self._run = run
        if run.exit_code is None:
            self.state.state = {"running": {"startedAt": text_of(run.started_at)}}
            self._pod.changed()
            await self._until_end(resumed=True)
        elif "terminated" not in self.state.state:
            self._note_end(run)

    def heard_of_end(self, run: Run) -> None:
        """The shim said so."""
        if self._run is None or run.attempt == self._run.attempt:
            self._run = run
            self._ended.set()

    def shim_lost(self) -> None:
        """The pod's shim is gone: so are its processes."""
        if self._run is not None and self._run.exit_code is None:
            values = {field: getattr(self._run, field) for field in Run.__dataclass_fields__}
            self._run = Run(**(values | {"exit_code": 137, "lost": LOST, "finished_at": time.time()}))
            self._ended.set()

    async def _until_end(self, *, resumed: bool = False) -> None:
        assert self._run is not None
        if self._run.exit_code is not None:
            self._ended.set()
        beside = asyncio.create_task(self._beside(resumed=resumed))
        try:
            await self._ended.wait()
        finally:
            beside.cancel()
            await asyncio.gather(beside, return_exceptions=True)
        if self._killing is not None:
            await asyncio.gather(self._killing, return_exceptions=True)
            self._killing = None
        self._note_end(self._run)

    async def _beside(self, *, resumed: bool) -> None:
        """The postStart hook, then the probes."""
        hook = (self._container.get("lifecycle") or {}).get("postStart")
        if hook and not resumed:
            finding = await run_hook(hook, self._container, self._inside, 3600)
            if not finding.good:
                self._tell("Warning", "FailedPostStartHook", "PostStartHook failed")
                self.begin_to_kill("FailedPostStartHook")
                return
        prober = Prober(
            self._container,
            self._inside,
            on_ready=self._set_ready,
            on_started=self._set_started,
            on_unhealthy=self._unhealthy,
            on_dead=self._found_dead,
        )
        await prober.run()

    def _set_ready(self, ready: bool) -> None:
        if self.state.ready != ready and not self._init:
            self.state.ready = ready
            self._pod.changed()

    def _set_started(self) -> None:
        self.state.started = True
        self._pod.changed()

    def _unhealthy(self, kind: str, message: str) -> None:
        self._tell("Warning", "Unhealthy", f"{kind} probe failed: {message}")

    async def _found_dead(self, kind: str) -> None:
        self.begin_to_kill(f"Container {self.name} failed {kind} probe, will be restarted")

    # the end of a run

    def begin_to_kill(self, message: str, grace_seconds: float | None = None) -> asyncio.Task[None]:
        """Start ending the current run: hook, SIGTERM, patience, SIGKILL. A shorter grace period replaces a longer."""
        if self._killing is not None and grace_seconds is None:
            return self._killing
        if self._killing is not None:
            self._killing.cancel()
        else:
            self._tell("Normal", "Killing", message)
        grace = self._pod.grace_seconds if grace_seconds is None else grace_seconds
        self._killing = asyncio.create_task(self._kill(grace))
        return self._killing

    async def _kill(self, grace_seconds: float) -> None:
        deadline = time.monotonic() + grace_seconds
        hook = (self._container.get("lifecycle") or {}).get("preStop")
        if hook and grace_seconds > 0:
            finding = await run_hook(hook, self._container, self._inside, grace_seconds)
            if not finding.good:
                self._tell("Warning", "FailedPreStopHook", "PreStopHook failed")
        # A hook that used it all up leaves two seconds more, as the kubelet grants.
        left = max(deadline - time.monotonic(), 2.0 if hook else 0.0) if grace_seconds > 0 else 0.0
        if left > 0:
            await self._pod.signal(self.name, signal.SIGTERM)
            try:
                async with asyncio.timeout(left):
                    await self._ended.wait()
                    return
            except TimeoutError:
                pass
        await self._pod.signal(self.name, signal.SIGKILL)

    def _note_end(self, run: Run) -> None:
        code = 137 if run.exit_code is None else run.exit_code
        message = run.lost
        if run.lost:
            reason = "ContainerStatusUnknown"
        elif run.out_of_memory:
            reason = "OOMKilled"
        else:
            reason = "Completed" if code == 0 else "Error"
        if not message:
            message = self._pod.last_words(self._container, run.attempt, failed=code != 0)
        length = (run.finished_at or time.time()) - run.started_at
        if length >= self._pod.pace.forget:
            self._delay = 0.0
        self._terminated(code, reason, message, text_of(run.started_at), run.finished_at or time.time())

    def _terminated(self, code: int, reason: str, message: str, started_at: str, finished_at: float) -> None:
        ended: Object = {"exitCode": code, "reason": reason}
        if message:
            ended["message"] = message
        ended |= {"startedAt": started_at, "finishedAt": text_of(finished_at), "containerID": self.state.container_id}
        self.state.state = {"terminated": ended}
        self.state.ready = self._init and code == 0
        self.state.started = False
        self._run = None
        self._pod.changed()

    def _again(self) -> bool:
        """Tell whether the container is to run once more."""
        if self._pod.stopping:
            return False
        code, policy = self.state.exit_code, self._pod.restart_policy
        if self._init:
            return code != 0 and policy != "Never"
        return policy == "Always" or (policy == "OnFailure" and code != 0)

    async def _back_off(self) -> None:
        """Wait before the next run: 1 s after the first end, then 10, 20, 40 … 300 s, shown as CrashLoopBackOff."""
        pace = self._pod.pace
        delay, self._delay = self._delay, min(max(self._delay * 2, pace.back_off), pace.longest)
        if await self._pod.pause(pace.restart) or delay == 0:
            return
        shown = f"back-off {_duration(delay)} restarting failed container={self.name} pod={self._pod.title}"
        self._tell("Warning", "BackOff", f"Back-off restarting failed container {self.name} in pod {self._pod.title}")
        self._wait("CrashLoopBackOff", shown)
        await self._pod.pause(delay)


def _duration(seconds: float) -> str:
    """Return a duration in Go's words: 10s, 1m20s, 5m0s."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}m{rest}s" if minutes else f"{rest}s"
