"""Debian's docker-registry on loopback, in a folder of its own: what the client talks to in these tests."""

import base64
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpcore

USERNAME, PASSWORD = "robot", "s3cret of the robot"
# bcrypt of PASSWORD, cost 5: the only kind of hash that it reads.
_HTPASSWD = "robot:$2b$05$CuIHQaAYAqLkV/YYfjifNOoKGIk8POzfaVpJoEw8x7YsFcYXX13cu"
_START_SECONDS = 20


@dataclass(frozen=True, slots=True)
class RealRegistry:
    port: int
    authorization: str  # "" or the header that opens it

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def address(self) -> str:
        return f"http://{self.host}"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running_registry(*, guarded: bool = False, tls: tuple[Path, Path] | None = None) -> Iterator[RealRegistry]:
    """`guarded`: by name and password (htpasswd). `tls`: certificate and key."""
    program = shutil.which("docker-registry")
    assert program, "docker-registry is not installed: tests/install-system-packages.sh installs it"
    folder, port = Path(tempfile.mkdtemp(prefix="trainyard-registry-")), free_port()
    (folder / "htpasswd").write_text(f"{_HTPASSWD}\n")
    (folder / "config.yml").write_text(_config(folder, port, guarded=guarded, tls=tls))
    log = (folder / "log").open("wb")
    # A test run that is killed takes its registries along.
    tied = ["setpriv", "--pdeathsig", "KILL"] if shutil.which("setpriv") else []
    command = [*tied, program, "serve", str(folder / "config.yml")]
    process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder)
    try:
        _await(port, process, folder / "log")
        pair = base64.b64encode(f"{USERNAME}:{PASSWORD}".encode()).decode()
        yield RealRegistry(port, f"Basic {pair}" if guarded else "")
    finally:
        process.kill()
        process.wait()
        log.close()
        shutil.rmtree(folder, ignore_errors=True)


def _config(folder: Path, port: int, *, guarded: bool, tls: tuple[Path, Path] | None) -> str:
    lines = [
        "version: 0.1",
        "log: {level: warn}",
        "storage:",
        f"  filesystem: {{rootdirectory: {folder}/data}}",
        "  delete: {enabled: true}",
        "http:",
        f"  addr: 127.0.0.1:{port}",
    ]
    if tls:
        lines.append(f"  tls: {{certificate: {tls[0]}, key: {tls[1]}}}")
    if guarded:
        lines.append(f"auth: {{htpasswd: {{realm: test, path: {folder}/htpasswd}}}}")
    return "\n".join(lines) + "\n"


def _await(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"docker-registry did not start: {log.read_text(errors='replace')[-2000:]}")


def request(
    registry: RealRegistry, method: str, target: str, *, body: bytes = b"", headers: dict[str, str] | None = None
) -> httpcore.Response:
    """For tests that put things into the registry."""
    sent = dict(headers or {}) | ({"Authorization": registry.authorization} if registry.authorization else {})
    url = target if target.startswith("http") else f"{registry.address}{target}"
    return httpcore.request(method, url, headers=list(sent.items()), content=body)
