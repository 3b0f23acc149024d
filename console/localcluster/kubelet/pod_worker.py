"""One pod of this node, from its binding to its removal."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from console.localcluster.images import Image
from console.localcluster.kubelet.environment import (
    API_ADDRESS,
    Environment,
    Lookup,
)
from console.localcluster.kubelet.exec_session import ExecHandle, collect
from console.localcluster.kubelet.launcher import Launcher, LaunchRefused, PodPlan
from console.localcluster.kubelet.lines import ShimGone
from console.localcluster.kubelet.orders import container_order
from console.localcluster.kubelet.runner import ContainerRunner, Pace
from console.localcluster.kubelet.sandbox import ContainerGone, Run, Sandbox, StartFailed, recorded_run
from console.localcluster.kubelet.status import ContainerState, pod_status, restored
from console.localcluster.kubelet.volumes import MountFailed, TokenSource, Volumes

Object = dict[str, Any]
_LONGEST_MOUNT_PAUSE = 122.0  # of the kubelet's volume manager: 0.5 s, doubled
_TELL_SECONDS = 0.01
_READERS_SECONDS = 2.0  # how long the log of a deleted pod is kept for those who are reading it
_MESSAGE_BYTES = 4096  # of a termination message
_UNKNOWN = {
    "exitCode": 137,
    "reason": "ContainerStatusUnknown",
    "message": "The container could not be located when the pod was terminated",
    "startedAt": None,
    "finishedAt": None,
}


class Node:
    """What a worker needs of its node; the kubelet makes one."""

    def __init__(self, launcher: Launcher, claims: Path, *, pace: Pace, capacity: dict[str, Decimal]) -> None:
        self.launcher, self.claims, self.pace, self.capacity = launcher, claims, pace, capacity
        self.publish: Callable[[Object, Object], None] = lambda pod, status: None
        self.tell: Callable[[Object, str, str, str, str], None] = lambda pod, type, reason, message, field: None
        self.lookup: Callable[[str], Lookup] = lambda namespace: lambda plural, name: None
        self.token: Callable[[Object], TokenSource] = lambda pod: lambda: ""
        self.write_hosts: Callable[[PodWorker], None] = lambda worker: None
        self.names_changed: Callable[[], None] = lambda: None
        self.finished: Callable[[Object], None] = lambda pod: None
        self.forgotten: Callable[[Object], None] = lambda pod: None


class PodWorker:
    """Runs one pod. `pod` is replaced by newer versions of the same uid through `update`."""

    def __init__(self, pod: Object, node: Node) -> None:
        self.pod, self.node, self.pace = pod, node, node.pace
        self.uid: str = pod["metadata"]["uid"]
        self.ip = ""
        spec, status = pod["spec"], pod.get("status") or {}
        self.grace_seconds = float(spec.get("terminationGracePeriodSeconds", 30))
        known = {
            entry["name"]: entry
            for key in ("initContainerStatuses", "containerStatuses")
            for entry in status.get(key) or []
        }
        self._init = [
            restored(container, known.get(container["name"])) for container in spec.get("initContainers") or []
        ]
        self._main = [restored(container, known.get(container["name"])) for container in spec["containers"]]
        if self._init:
            for state in (*self._init, *self._main):
                if state.state == {"waiting": {"reason": "ContainerCreating"}}:
                    state.state = {"waiting": {"reason": "PodInitializing"}}
        self.runners: dict[str, ContainerRunner] = {}
        self.sandbox: Sandbox | None = None
        self.folder = node.launcher.pod_folder(self.uid)
        self._started_at = time.time()
        self._stop = asyncio.Event()
        self._ending: asyncio.Task[None] | None = None
        self._work: asyncio.Task[None] | None = None
        self._final_phase = ""
        self._readers = 0  # of logs, at this moment
        self._unread = asyncio.Event()
        self._unread.set()
        self._telling: asyncio.TimerHandle | None = None
        self._published: Object | None = None
        metadata = pod["metadata"]
        self._volumes = Volumes(pod, self.folder, node.claims, node.lookup(metadata["namespace"]), node.token(pod))

    # life

    def begin(self) -> None:
        self._work = asyncio.create_task(self._live(), name=f"pod {self.title}")

    @property
    def finished(self) -> bool:
        """The pod's containers have ended for good (it may still be there, with its logs)."""
        return (self.pod.get("status") or {}).get("phase") in ("Succeeded", "Failed")

    async def _live(self) -> None:
        self.sandbox = await self.node.launcher.find_pod(self.uid)
        if self.finished:
            await self._end_sandbox()
            return
        if self.sandbox is None:
            self.changed()
            if not await self._prepare():
                return
        else:
            self._volumes.set_up()
        self._listen()
        self.changed()
        self.node.names_changed()
        if await self._initialize():
            await asyncio.gather(
                *(self._runner(c, s).run() for c, s in zip(self.pod["spec"]["containers"], self._main, strict=True))
            )
        if not self.stopping:
            await self._end_sandbox()
            self.changed()
            self.node.names_changed()

    async def _prepare(self) -> bool:
        """Make volumes and sandbox; False when the pod is being stopped first."""
        pause = 0.5
        while not self.stopping:
            try:
                self._volumes.set_up()
                metadata = self.pod["metadata"]
                hostname = (self.pod["spec"].get("hostname") or metadata["name"])[:63].rstrip("-.")
                plan = PodPlan(uid=self.uid, hostname=hostname, memory_volumes=self._volumes.memory_volumes())
                self.sandbox = await self.node.launcher.make_pod(plan)
            except MountFailed as error:
                self.node.tell(self.pod, "Warning", "FailedMount", str(error), "")
            except (LaunchRefused, ShimGone) as error:
                text = f"Failed to create pod sandbox: {error}"
                self.node.tell(self.pod, "Warning", "FailedCreatePodSandBox", text, "")
            else:
                return True
            await self.pause(pause)
            pause = min(pause * 2, _LONGEST_MOUNT_PAUSE)
        return False

    def _listen(self) -> None:
        assert self.sandbox is not None
        self.ip = self.sandbox.ip
        self.sandbox.on_end = self._heard_of_end
        self.sandbox.on_loss = self._sandbox_lost

    def _heard_of_end(self, run: Run) -> None:
        if run.name in self.runners:
            self.runners[run.name].heard_of_end(run)

    def _sandbox_lost(self) -> None:
        for runner in self.runners.values():
            runner.shim_lost()

    async def _initialize(self) -> bool:
        """Run the init containers one after another; False when they did not all succeed."""
        for container, state in zip(self.pod["spec"].get("initContainers") or [], self._init, strict=True):
            if state.exit_code != 0:
                await self._runner(container, state, init=True).run()
            if state.exit_code != 0:
                return False
        return True

    def _runner(self, container: Object, state: ContainerState, *, init: bool = False) -> ContainerRunner:
        self.runners[state.name] = ContainerRunner(self, container, state, init=init)
        return self.runners[state.name]

    async def _end_sandbox(self) -> None:
        if self.sandbox is not None:
            sandbox, self.sandbox = self.sandbox, None
            await sandbox.stop()

    def update(self, pod: Object) -> None:
        """Take a newer version of the object."""
        self.pod = pod
        if pod["metadata"].get("deletionTimestamp"):
            self.end(float(pod["metadata"].get("deletionGracePeriodSeconds") or 0))

    def end(self, grace_seconds: float) -> None:
        """Begin (or hurry) the pod's end; its object is released at last."""
        if self._ending is not None and grace_seconds >= self.grace_seconds:
            return
        hurry, self.grace_seconds = self._ending is not None, grace_seconds
        self._stop.set()
        for runner in self.runners.values():
            if runner.state.running:
                runner.begin_to_kill(f"Stopping container {runner.name}", grace_seconds)
        if not hurry:
            self._ending = asyncio.create_task(self._end(), name=f"end of pod {self.title}")

    async def _end(self) -> None:
        if self._work is not None:
            await asyncio.gather(self._work, return_exceptions=True)
        # Started while the order to stop was on its way: nobody has told it yet.
        for runner in self.runners.values():
            if runner.state.running:
                await runner.begin_to_kill(f"Stopping container {runner.name}", self.grace_seconds)
        await self._end_sandbox()
        if not self.finished:
            for state in (*self._init, *self._main):
                if "terminated" not in state.state:
                    state.state = {"terminated": dict(_UNKNOWN)}
                state.ready = state.started = False
            self._final_phase = "Succeeded" if all(state.exit_code == 0 for state in self._main) else "Failed"
        self._publish()
        self.node.finished(self.pod)
        self.node.names_changed()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_READERS_SECONDS):
                await self._unread.wait()
        await asyncio.to_thread(self.node.launcher.forget_pod, self.uid)
        self.node.forgotten(self.pod)

    async def leave(self) -> None:
        """Let go of the pod without touching it: this program ends, the pod goes on."""
        self._publish()
        for task in (self._work, self._ending):
            if task is not None:
                task.cancel()
        if self.sandbox is not None:
            self.sandbox.close()

    # what runners ask for

    @property
    def stopping(self) -> bool:
        return self._stop.is_set()

    @property
    def title(self) -> str:
        metadata = self.pod["metadata"]
        return f"{metadata['name']}_{metadata['namespace']}({self.uid})"

    @property
    def restart_policy(self) -> str:
        return str(self.pod["spec"].get("restartPolicy", "Always"))

    async def pause(self, seconds: float) -> bool:
        """Sleep; True, and sooner, when the pod is being stopped."""
        try:
            async with asyncio.timeout(seconds):
                await self._stop.wait()
        except TimeoutError:
            return False
        return True

    def state_of(self, container: str) -> ContainerState | None:
        """Return what is known of a container, or None when the pod has none of that name."""
        return next((state for state in (*self._init, *self._main) if state.name == container), None)

    @contextlib.contextmanager
    def being_read(self) -> Iterator[None]:
        """While this lasts (and not much longer than the pod) the logs are kept."""
        self._readers += 1
        self._unread.clear()
        try:
            yield
        finally:
            self._readers -= 1
            if not self._readers:
                self._unread.set()

    def refresh_volumes(self) -> None:
        """A ConfigMap or Secret of the namespace changed."""
        if self.sandbox is not None and not self.stopping:
            self._volumes.refresh()

    def changed(self) -> None:
        """Publish the status soon: what changes together is told at once."""
        if self._telling is None:
            self._telling = asyncio.get_running_loop().call_later(_TELL_SECONDS, self._publish)

    def _publish(self) -> None:
        """Publish the status if it differs from the last one."""
        if self._telling is not None:
            self._telling.cancel()
            self._telling = None
        status = pod_status(
            self.pod,
            self._init,
            self._main,
            now=time.time(),
            started_at=self._started_at,
            ip=self.ip,
            host_ip=self.node.launcher.host_address(),
            sandbox=self.sandbox is not None,
            final_phase=self._final_phase,
        )
        old = self.pod.get("status") or {}
        status["startTime"] = old.get("startTime") or status["startTime"]
        if status != self._published:
            self._published = status
            self.node.publish(self.pod, status)

    def tell(self, type: str, reason: str, message: str, container: str, *, init: bool) -> None:
        field = f"spec.{'initContainers' if init else 'containers'}{{{container}}}"
        self.node.tell(self.pod, type, reason, message, field)

    def found_run(self, name: str, attempt: int) -> Run | None:
        if self.sandbox is not None and name in self.sandbox.runs:
            return self.sandbox.runs[name]
        return recorded_run(self.folder, name, attempt)

    def _facts(self) -> dict[str, str]:
        return {
            "status.podIP": self.ip,
            "status.podIPs": self.ip,
            "status.hostIP": self.node.launcher.host_address(),
            "status.hostIPs": self.node.launcher.host_address(),
            "hostname": self.pod["spec"].get("hostname") or self.pod["metadata"]["name"],
        }

    def order_for(self, container: Object, image: Image, attempt: int) -> Object:
        """Return what the shim needs to start a container. Raises ConfigProblem."""
        assert self.sandbox is not None
        builder = Environment(self.pod, image, self.node.lookup(self.pod["metadata"]["namespace"]), self.node.capacity)
        environment = builder.build(container, self._facts(), api_reachable=self.sandbox.isolated)
        self.node.write_hosts(self)
        return container_order(
            self.pod,
            container,
            image,
            attempt,
            folder=self.folder,
            environment=environment,
            mounts=self._volumes.mounts(container, environment),
        )

    async def start(self, order: Object) -> Run:
        if self.sandbox is None or self.sandbox.gone:
            await self._end_sandbox()
            if not await self._prepare():
                raise StartFailed("the pod is being stopped")
            self._listen()
        assert self.sandbox is not None
        return await self.sandbox.start(order)

    async def signal(self, name: str, number: int) -> None:
        if self.sandbox is not None:
            await self.sandbox.signal(name, number)

    def last_words(self, container: Object, attempt: int, *, failed: bool) -> str:
        """Return the termination message, or with FallbackToLogsOnError the end of the log of a failed run."""
        own = self.folder / "containers" / container["name"]
        with contextlib.suppress(OSError):
            if words := (own / f"{attempt}.message").read_bytes()[:_MESSAGE_BYTES]:
                return str(words, errors="replace")
        if failed and container.get("terminationMessagePolicy") == "FallbackToLogsOnError":
            with contextlib.suppress(OSError, IndexError):
                newest = sorted((own / "log").glob(f"{attempt}.*.log"))[-1].read_bytes()[-_MESSAGE_BYTES:]
                lines = [line.split(b" ", 3)[-1] for line in newest.splitlines()]
                return b"\n".join(lines[-80:]).decode(errors="replace")
        return ""

    async def execute(self, name: str, command: list[str], *, tty: bool, cols: int = 0, rows: int = 0) -> ExecHandle:
        """Start a program in a running container. Raises StartFailed, ContainerGone."""
        if self.sandbox is None:
            raise ContainerGone
        environment = {"TERM": "xterm"} if tty else {}  # beside the container's own
        order = {"name": name, "argv": command, "env": environment, "tty": tty, "cols": cols, "rows": rows}
        lines, descriptors, pid = await self.sandbox.execute(order)
        return ExecHandle(lines, descriptors, pid, tty=tty)

    async def run_in(self, name: str, command: list[str], timeout_seconds: float) -> tuple[int, str]:
        try:
            handle = await self.execute(name, command, tty=False)
        except (StartFailed, ContainerGone) as error:
            return 1, str(error)
        async with asyncio.timeout(timeout_seconds):
            return await collect(handle)

    async def open(self, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Connect to a port of the pod. Raises OSError."""
        try:
            fresh = await self.node.launcher.tcp_socket()
        except ShimGone as error:
            raise ConnectionRefusedError(str(error)) from error
        try:
            await asyncio.get_running_loop().sock_connect(fresh, (self.ip or "127.0.0.1", port))
        except BaseException:
            fresh.close()
            raise
        return await asyncio.open_connection(sock=fresh)


__all__ = ["API_ADDRESS", "Node", "PodWorker"]
