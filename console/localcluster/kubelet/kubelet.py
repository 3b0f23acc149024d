"""The node's agent: takes the pods bound to it, runs them, and serves their logs, terminals, ports and figures."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from console.localcluster.kubelet import node_object
from console.localcluster.kubelet.api_gate import serve_api
from console.localcluster.kubelet.environment import API_ADDRESS, ConfigProblem, Lookup
from console.localcluster.kubelet.exec_session import ExecHandle
from console.localcluster.kubelet.launcher import Isolation, Launcher
from console.localcluster.kubelet.names import hosts_text, names_of, write_in_place
from console.localcluster.kubelet.pod_worker import Node, PodWorker
from console.localcluster.kubelet.runner import Pace
from console.localcluster.kubelet.serving import Serving, log_options
from console.localcluster.kubelet.status import text_of
from console.localcluster.kubelet.usage import WINDOW_SECONDS, MachineUsage, UsageBook
from console.localcluster.kubelet.volumes import TokenSource
from console.localcluster.machinery.api import Api, ApiError
from console.localcluster.machinery.kinds import (
    CLAIM,
    CONFIG_MAP,
    LEASE,
    NODE,
    POD,
    SECRET,
    SERVICE,
    Kind,
)

Object = dict[str, Any]
_LOOKED_UP = {kind.plural: kind for kind in (CONFIG_MAP, SECRET, CLAIM)}
_HEARTBEAT_SECONDS = 60.0  # nothing here watches the heartbeat; it tells people that the node lives
_NAMES_PAUSE_SECONDS = 0.02


class Kubelet:
    """`run` until cancelled: pods then go on, and the next kubelet of the same folder adopts them.

    Every pod dies with the process `owner_pid` (by default this one).
    """

    def __init__(
        self,
        api: Api,
        state_dir: Path,
        node_name: str,
        gpus: int = 0,
        owner_pid: int | None = None,
        *,
        api_address: tuple[str, int] | None = None,
        pace: Pace | None = None,
        isolation: Isolation | None = None,
    ) -> None:
        self._api, self._node_name, self._gpus = api, node_name, gpus
        self._folder = Path(state_dir).absolute() / "cluster"
        self._api_address = api_address
        self.launcher = Launcher(self._folder, owner_pid or os.getpid(), isolation=isolation)
        self._folder.mkdir(parents=True, exist_ok=True)
        capacity: dict[str, Decimal] = node_object.plain_capacity(gpus, str(self._folder))
        self._node = Node(self.launcher, self._folder / "volumes", pace=pace or Pace(), capacity=capacity)
        self._node.publish, self._node.tell = self._publish, self._tell
        self._node.lookup, self._node.token = self._lookup, self._token
        self._node.forgotten = self._forgotten
        self._node.write_hosts = self._write_hosts
        self._node.names_changed, self._node.finished = self._names_changed, self._finished
        self._workers: dict[str, PodWorker] = {}
        self._usage, self._machine = UsageBook(), MachineUsage()
        self._serving = Serving(self._find, self._usage, self._machine)
        self._names_due: asyncio.TimerHandle | None = None
        self.ready = asyncio.Event()

    async def run(self) -> None:
        await self.launcher.start()
        self._register()
        pods = self._api.watch(POD)
        others = [self._api.watch(kind) for kind in (SERVICE, CONFIG_MAP, SECRET)]
        listener = await self.launcher.api_listener() if self._api_address else None
        await self._sweep()
        self.ready.set()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._follow(pods))
                group.create_task(self._follow_services(others[0]))
                for configuration in others[1:]:
                    group.create_task(self._follow_configuration(configuration))
                group.create_task(self._beat())
                group.create_task(self._measure())
                if listener is not None and self._api_address is not None:
                    group.create_task(serve_api(listener, self._api_address))
        finally:
            for subscription in (pods, *others):
                subscription.close()
            await asyncio.gather(*(worker.leave() for worker in self._workers.values()))
            self.launcher.close()

    # the node

    def _register(self) -> None:
        wanted = node_object.node_object(
            self._node_name,
            gpus=self._gpus,
            folder=str(self._folder),
            address=self.launcher.host_address(),
            isolation=self.launcher.isolation,
            problem=self.launcher.problem,
        )
        try:
            held = self._api.get(NODE, "", self._node_name)
            labels = {**(held["metadata"].get("labels") or {}), **wanted["metadata"]["labels"]}
            if self._gpus == 0:
                labels.pop(node_object.SIMULATED_GPUS, None)
            kept = {**held["metadata"], "labels": labels, "annotations": wanted["metadata"]["annotations"]}
            self._api.update(NODE, {**held, "metadata": kept})
        except ApiError:
            self._api.create(NODE, "", {"metadata": wanted["metadata"], "spec": wanted["spec"]})
        self._heartbeat(wanted["status"])
        if self.launcher.problem:
            limits = node_object.limits_text(self.launcher.isolation, self.launcher.problem)
            self._tell(self._api.get(NODE, "", self._node_name), "Warning", "PodsNotIsolated", limits, "")

    def _heartbeat(self, status: Object | None = None) -> None:
        held = self._api.get(NODE, "", self._node_name)
        known = {**(held.get("status") or {}), **(status or {})}
        now = text_of(time.time())
        known["conditions"] = node_object.conditions(
            self.launcher.isolation, self.launcher.problem, known.get("conditions") or [], now
        )
        self._api.update_status(NODE, {"metadata": {"name": self._node_name}, "status": known})

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(_HEARTBEAT_SECONDS)
            self._heartbeat()
            self._renew_lease()

    def _renew_lease(self) -> None:
        moment = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        spec = {"holderIdentity": self._node_name, "leaseDurationSeconds": 120, "renewTime": moment}
        lease: Object = {"metadata": {"name": self._node_name, "namespace": "kube-node-lease"}, "spec": spec}
        with contextlib.suppress(ApiError):
            try:
                self._api.update(LEASE, lease)
            except ApiError:
                self._api.create(LEASE, "kube-node-lease", lease)

    # pods

    async def _sweep(self) -> None:
        """Remove what pods left that are no longer in the store."""
        known = {pod["metadata"]["uid"] for pod in self._api.list(POD)}
        for uid in self.launcher.known_pods():
            if uid not in known:
                sandbox = await self.launcher.find_pod(uid)
                if sandbox is not None:
                    await sandbox.stop()
                self.launcher.forget_pod(uid)

    async def _follow(self, pods: AsyncIterator[tuple[str, Object]]) -> None:
        async for kind, pod in pods:
            uid = pod["metadata"]["uid"]
            if pod["spec"].get("nodeName") != self._node_name:
                continue
            worker = self._workers.get(uid)
            if kind == "DELETED":
                if worker is not None:
                    worker.end(0)
            elif worker is not None:
                worker.update(pod)
            else:
                worker = self._workers[uid] = PodWorker(pod, self._node)
                worker.begin()
                if pod["metadata"].get("deletionTimestamp"):
                    worker.update(pod)

    def _publish(self, pod: Object, status: Object) -> None:
        metadata = pod["metadata"]
        named = {"name": metadata["name"], "namespace": metadata["namespace"], "uid": metadata["uid"]}
        with contextlib.suppress(ApiError):  # gone, or another of that name: nobody is left to tell
            self._api.update_status(POD, {"metadata": named, "status": status})
        self._names_changed()

    def _tell(self, involved: Object, type: str, reason: str, message: str, field: str) -> None:
        self._api.emit_event(
            involved,
            type=type,
            reason=reason,
            message=message,
            component="kubelet",
            host=self._node_name,
            field_path=field,
        )

    def _finished(self, pod: Object) -> None:
        metadata = pod["metadata"]
        self._api.finish_pod_deletion(metadata["namespace"], metadata["name"], metadata["uid"])

    def _forgotten(self, pod: Object) -> None:
        self._workers.pop(pod["metadata"]["uid"], None)

    def _lookup(self, namespace: str) -> Lookup:
        def look(plural: str, name: str) -> Object | None:
            kind: Kind = _LOOKED_UP[plural]
            try:
                return self._api.get(kind, namespace, name)
            except ApiError:
                return None

        return look

    def _token(self, pod: Object) -> TokenSource:
        def token() -> str:
            account = pod["spec"].get("serviceAccountName") or "default"
            try:
                metadata = pod["metadata"]
                return self._api.service_account_token(metadata["namespace"], account, metadata["name"])
            except (ApiError, LookupError) as error:
                raise ConfigProblem(f"failed to fetch token: {error}") from error

        return token

    # names, configuration and figures

    def _names_changed(self) -> None:
        if self._names_due is None:
            self._names_due = asyncio.get_running_loop().call_later(_NAMES_PAUSE_SECONDS, self._write_names)

    def _write_names(self) -> None:
        self._names_due = None
        known = names_of(self._api.list(SERVICE), self._api.list(POD))
        for worker in self._workers.values():
            if worker.sandbox is not None and not worker.finished:
                self._write_hosts_of(worker, known)

    def _write_hosts(self, worker: PodWorker) -> None:
        self._write_hosts_of(worker, names_of(self._api.list(SERVICE), self._api.list(POD)))

    def _write_hosts_of(self, worker: PodWorker, known: list[tuple[str, str, str]]) -> None:
        api = API_ADDRESS if self.launcher.isolation is not Isolation.NONE else ""
        metadata = worker.pod["metadata"]
        hostname = worker.pod["spec"].get("hostname") or metadata["name"]
        text = hosts_text(known, metadata["namespace"], worker.ip, hostname, api)
        with contextlib.suppress(OSError):
            write_in_place(worker.folder / "hosts", text)

    async def _follow_services(self, services: AsyncIterator[tuple[str, Object]]) -> None:
        async for _ in services:
            self._names_changed()

    async def _follow_configuration(self, objects: AsyncIterator[tuple[str, Object]]) -> None:
        async for kind, changed in objects:
            if kind == "MODIFIED":
                for worker in self._workers.values():
                    if worker.pod["metadata"]["namespace"] == changed["metadata"]["namespace"]:
                        worker.refresh_volumes()

    async def _measure(self) -> None:
        while True:
            running = [
                (worker.uid, run)
                for worker in self._workers.values()
                if worker.sandbox is not None
                for run in worker.sandbox.runs.values()
                if run.exit_code is None
            ]
            self._usage.look(running)
            self._machine.look()
            await asyncio.sleep(WINDOW_SECONDS)

    # for the HTTP layer

    def _find(self, namespace: str, name: str) -> PodWorker | None:
        try:
            pod = self._api.get(POD, namespace, name)
        except ApiError:
            return None
        return self._workers.get(pod["metadata"]["uid"])

    async def read_log(
        self,
        namespace: str,
        name: str,
        *,
        container: str = "",
        follow: bool = False,
        tail_lines: int | None = None,
        since_seconds: int | None = None,
        since_time: datetime | str | None = None,
        timestamps: bool = False,
        previous: bool = False,
        limit_bytes: int | None = None,
    ) -> AsyncIterator[bytes]:
        """Return the log's bytes as they come. Raises LogRefused."""
        options = log_options(
            follow=follow,
            tail_lines=tail_lines,
            since_seconds=since_seconds,
            since_time=since_time,
            timestamps=timestamps,
            limit_bytes=limit_bytes,
        )
        return await self._serving.read_log(namespace, name, container, previous=previous, options=options)

    async def exec(
        self,
        namespace: str,
        name: str,
        *,
        container: str = "",
        command: Sequence[str],
        tty: bool,
        stdin: bool,
        stdout: bool = True,
        stderr: bool = True,
    ) -> ExecHandle:
        """Start a program in a container. Raises ExecRefused."""
        handle = await self._serving.exec(namespace, name, container, command, tty=tty)
        if not stdin:
            await handle.close_stdin()
        return handle

    def metrics(self) -> list[Object]:
        """Return an entry for each pod that has figures."""
        found = (self._serving.pod_figures(worker) for worker in self._workers.values())
        return [entry for entry in found if entry is not None]

    def node_metrics(self) -> Object | None:
        return self._serving.machine_figures(self._api.get(NODE, "", self._node_name))

    async def connect_pod(
        self, namespace: str, name: str, port: int
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Connect to a port of a pod. Raises OSError."""
        return await self._serving.connect(namespace, name, port)
