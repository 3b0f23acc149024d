"""Runs the whole console, as `make run` does, for browser tests, screenshots and measurements."""

import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class Console:
    """A running console; `pid` is its supervisor's."""

    url: str
    password: str
    pid: int
    state: Path
    seconds_to_ready: float
    real_cluster: bool


def free_port() -> int:
    """A port that is free together with its two neighbours: web, terminal, local cluster."""
    for _ in range(100):
        with socket.socket() as first:
            first.bind(("127.0.0.1", 0))
            port: int = first.getsockname()[1]
            if port < 65000 and all(_is_free(port + offset) for offset in (1, 2)):
                return port
    raise RuntimeError("no three free ports in a row")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


@contextmanager
def running_console(*, kubeconfigs: Path | None = None, state: Path | None = None, gpus: int = 0) -> Iterator[Console]:
    """The console on free ports, in a state folder that goes away unless it is given.

    `kubeconfigs` is a folder with those of a real cluster; without it the local cluster is started.
    """
    folder = state or Path(tempfile.mkdtemp(prefix="trainyard-console-"))
    port, password = free_port(), secrets.token_hex(8)
    environment = {k: v for k, v in os.environ.items() if k not in {"KUBECONFIG", "DJANGO_SETTINGS_MODULE"}}
    environment |= {"TRAINYARD_STATE": str(folder), "PORT": str(port), "TRAINYARD_DEMO_PASSWORD": password}
    command = [sys.executable, "manage.py", "run", "--gpus", str(gpus)]
    if kubeconfigs:
        command.append("--real-cluster")
        environment["TRAINYARD_PROXY_KUBECONFIG"] = str(kubeconfigs / "console-proxy.yaml")
        environment["TRAINYARD_WATCH_KUBECONFIG"] = str(kubeconfigs / "console-watch.yaml")
    started = time.monotonic()
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        url = _await_address(process)
        yield Console(
            url=url,
            password=password,
            pid=process.pid,
            state=folder,
            seconds_to_ready=time.monotonic() - started,
            real_cluster=kubeconfigs is not None,
        )
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        finally:
            assert process.stdout is not None
            process.stdout.close()
            if state is None:
                rmtree(folder, ignore_errors=True)


def _await_address(process: subprocess.Popen[str]) -> str:
    """Read until the line with the address; the web process may need a moment more to listen."""
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("Trainyard runs at "):
            url = line.split()[3].rstrip("/")
            _await_listening(int(url.rsplit(":", 1)[1]))
            return url
    raise RuntimeError(f"the console did not start: it ended with {process.wait()}")


def _await_listening(port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise RuntimeError(f"nothing listens on port {port}")
