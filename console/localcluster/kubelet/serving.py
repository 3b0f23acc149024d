"""What the HTTP layer asks of the kubelet: logs, terminals, ports and figures of the pods it runs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from console.localcluster.kubelet.exec_session import ExecHandle, ExecRefused
from console.localcluster.kubelet.logs import LogOptions, LogReader, LogRefused, since_text
from console.localcluster.kubelet.pod_worker import PodWorker
from console.localcluster.kubelet.sandbox import ContainerGone, StartFailed
from console.localcluster.kubelet.usage import Figures, MachineUsage, UsageBook

Object = dict[str, Any]
_EXEC_FAILED = (
    "Internal error occurred: error executing command in container: failed to exec in container: failed to start exec: "
    "OCI runtime exec failed: exec failed: unable to start container process: {}: unknown"
)


class Serving:
    """`find` returns the worker of a pod by namespace and name, or None."""

    def __init__(self, find: Callable[[str, str], PodWorker | None], usage: UsageBook, machine: MachineUsage) -> None:
        self._find, self._usage, self._machine = find, usage, machine

    async def read_log(
        self, namespace: str, name: str, container: str, *, previous: bool, options: LogOptions
    ) -> AsyncIterator[bytes]:
        """Raises LogRefused."""
        worker = self._find(namespace, name)
        if worker is None:
            raise LogRefused(400, f'container "{container}" in pod "{name}" is waiting to start: ContainerCreating')
        attempt = _attempt_of(worker, name, container, previous=previous)

        def running() -> bool:
            state = worker.state_of(container)
            return state is not None and state.running and state.restarts == attempt

        reader = LogReader(str(worker.folder / "containers" / container / "log"), attempt, options, running)
        return _counted(worker, reader)

    async def exec(self, namespace: str, name: str, container: str, command: Sequence[str], *, tty: bool) -> ExecHandle:
        """Raises ExecRefused."""
        worker = self._find(namespace, name)
        state = worker.state_of(container) if worker is not None else None
        if worker is None or state is None or not state.running:
            raise ExecRefused(500, f'unable to upgrade connection: container not found ("{container}")')
        try:
            return await worker.execute(container, list(command), tty=tty)
        except StartFailed as error:
            raise ExecRefused(500, _EXEC_FAILED.format(error)) from error
        except ContainerGone as error:
            raise ExecRefused(500, f'unable to upgrade connection: container not found ("{container}")') from error

    async def connect(self, namespace: str, name: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Raises OSError."""
        worker = self._find(namespace, name)
        if worker is None or worker.sandbox is None:
            raise ConnectionRefusedError("the pod does not run")
        return await worker.open(port)

    def pod_figures(self, worker: PodWorker) -> Object | None:
        """Return one pod's entry for metrics.k8s.io; None while a container has none yet, or when it has ended."""
        if worker.finished:
            return None
        found: list[tuple[str, Figures]] = []
        for container in worker.pod["spec"]["containers"]:
            figures = self._usage.figures.get((worker.uid, container["name"]))
            if figures is not None:
                found.append((container["name"], figures))
        if not found:
            return None
        metadata = worker.pod["metadata"]
        return {
            "namespace": metadata["namespace"],
            "name": metadata["name"],
            "labels": metadata.get("labels") or {},
            "timestamp": datetime.fromtimestamp(found[0][1].at, UTC),
            "window_seconds": found[0][1].window_seconds,
            "containers": [
                {"name": name, "cpu_nanocores": figures.cpu_nanocores, "memory_bytes": figures.memory_bytes}
                for name, figures in found
            ],
        }

    def machine_figures(self, node: Object) -> Object | None:
        """Return the node's entry, or None before the first window is over."""
        figures = self._machine.figures
        if figures is None:
            return None
        return {
            "name": node["metadata"]["name"],
            "labels": node["metadata"].get("labels") or {},
            "timestamp": datetime.fromtimestamp(figures.at, UTC),
            "window_seconds": figures.window_seconds,
            "cpu_nanocores": figures.cpu_nanocores,
            "memory_bytes": figures.memory_bytes,
        }


async def _counted(worker: PodWorker, reader: LogReader) -> AsyncIterator[bytes]:
    """Pass the log on; the pod's files stay while somebody reads."""
    with worker.being_read():
        async for block in reader.read():
            yield block


def _attempt_of(worker: PodWorker, name: str, container: str, *, previous: bool) -> int:
    """Return the number of the run whose log is asked for, in the kubelet's order of choice. Raises LogRefused."""
    state = worker.state_of(container)
    if state is None:
        raise LogRefused(400, f"container {container} is not valid for pod {name}")
    if previous:
        if "terminated" not in state.last:
            raise LogRefused(400, f'previous terminated container "{container}" in pod "{name}" not found')
        return state.restarts if "waiting" in state.state else state.restarts - 1
    if "waiting" in state.state and "terminated" not in state.last:
        reason = state.state["waiting"].get("reason", "ContainerCreating")
        if reason in ("ErrImagePull", "ImagePullBackOff"):
            reason = "trying and failing to pull image"
        raise LogRefused(400, f'container "{container}" in pod "{name}" is waiting to start: {reason}')
    return state.restarts


def log_options(
    *,
    follow: bool,
    tail_lines: int | None,
    since_seconds: int | None,
    since_time: datetime | str | None,
    timestamps: bool,
    limit_bytes: int | None,
) -> LogOptions:
    """Return the options as one value. Raises LogRefused."""
    if isinstance(since_time, datetime):
        since_time = since_time.astimezone(UTC).isoformat()
    return LogOptions(
        follow=follow,
        tail_lines=tail_lines,
        since=since_text(since_time, since_seconds),
        timestamps=timestamps,
        limit_bytes=limit_bytes,
    )
