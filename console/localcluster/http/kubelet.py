"""What HTTP asks of the kubelet (console.localcluster.kubelet.Kubelet fits it)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any, Protocol


class ExecSession(Protocol):
    async def receive(self) -> tuple[int, bytes] | None:
        """(1 or 2, what the process wrote); None when it has ended and all is read."""

    async def send_stdin(self, data: bytes) -> None: ...
    async def close_stdin(self) -> None: ...
    def resize(self, cols: int, rows: int) -> None: ...
    async def exit_code(self) -> int: ...
    def abandon(self) -> None:
        """Nobody listens any more; the process goes on, as under a real container runtime."""


class KubeletRefused(Protocol):
    """The shape of the kubelet's exceptions LogRefused and ExecRefused."""

    code: int
    message: str


class Kubelet(Protocol):
    async def read_log(
        self,
        namespace: str,
        name: str,
        *,
        container: str = "",
        follow: bool = False,
        tail_lines: int | None = None,
        since_seconds: int | None = None,
        since_time: datetime | None = None,
        timestamps: bool = False,
        previous: bool = False,
        limit_bytes: int | None = None,
    ) -> AsyncIterator[bytes]: ...

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
    ) -> ExecSession: ...

    def metrics(self) -> list[dict[str, Any]]:
        """Of each pod: namespace, name, labels, timestamp (a datetime), window_seconds, containers (a list of name,
        cpu_nanocores, memory_bytes)."""

    def node_metrics(self) -> dict[str, Any] | None:
        """name, labels, timestamp, window_seconds, cpu_nanocores, memory_bytes of the one node."""

    async def connect_pod(
        self, namespace: str, name: str, port: int
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]: ...
