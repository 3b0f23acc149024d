"""The cluster the contract is checked against: a real one, or the local one started for the occasion.

`TRAINYARD_CONTRACT_KUBECONFIG` names a real cluster's administrator (`make test-cluster` sets it); the kubeconfigs of
the other people, of `console-proxy` and of `console-watch` are the files beside it. Without it
`python -m console.localcluster` is started once a session in a temporary folder, and ended.
"""

import asyncio
import os
import secrets
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from tests.verification.credentials import Credentials
from tests.verification.side_by_side import SideBySide

SECONDS_TO_START = 60
ABANDONED_AFTER = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class ContractCluster:
    """What every contract test gets: the kubeconfig files, and whether a real cluster is behind them."""

    folder: Path
    real: bool

    @property
    def admin(self) -> Path:
        """May do everything; for fixtures and for judging."""
        return self.folder / "admin.yaml"

    @property
    def proxy(self) -> Path:
        """May impersonate the console's people, and nothing else. `make test-cluster` may put it elsewhere."""
        return Path(os.environ.get("TRAINYARD_PROXY_KUBECONFIG") or self.folder / "console-proxy.yaml")

    @property
    def watch(self) -> Path:
        """May list and watch what the console indexes."""
        return Path(os.environ.get("TRAINYARD_WATCH_KUBECONFIG") or self.folder / "console-watch.yaml")

    def kubeconfig_of(self, person: str) -> Path:
        """`alice`, `bob`, `carol` or `mallory`."""
        return self.folder / f"{person}.yaml"

    def client(self, person: str = "admin") -> httpx.Client:
        """A plain HTTP client that is this person (also "proxy" and "watch"); the caller closes it."""
        places = {"admin": self.admin, "proxy": self.proxy, "watch": self.watch}
        credentials = Credentials.of(places.get(person) or self.kubeconfig_of(person))
        return httpx.Client(
            base_url=credentials.server,
            verify=credentials.tls,
            headers=credentials.headers,
            timeout=30,
            trust_env=False,
        )


@pytest.fixture(scope="session")
def contract_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ContractCluster]:
    """The real cluster when the environment names one, else a local cluster of this session's own."""
    real = os.environ.get("TRAINYARD_CONTRACT_KUBECONFIG")
    if real:
        found = ContractCluster(folder=Path(real).parent, real=True)
        _sweep(found)
        yield found
        return
    state = tmp_path_factory.mktemp("local-cluster")
    stderr = state / "stderr"
    command = [sys.executable, "-m", "console.localcluster", "--state", str(state)]
    command += ["--port", str(_free_port()), "--owner-pid", str(os.getpid())]
    with (
        stderr.open("wb") as log,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, start_new_session=True) as program,
    ):
        try:
            _wait_until_ready(program, stderr)
            yield ContractCluster(folder=state / "kubeconfig", real=False)
        finally:
            program.send_signal(signal.SIGTERM)
            try:
                program.wait(timeout=15)
            except subprocess.TimeoutExpired:
                program.kill()


@pytest.fixture
def contract_namespace(contract_cluster: ContractCluster) -> Iterator[str]:
    """A namespace of this test's own, with its default service account; deleted afterwards."""
    name = f"contract-{secrets.token_hex(4)}"
    with contract_cluster.client() as admin:
        made = admin.post("/api/v1/namespaces", json={"metadata": {"name": name}})
        made.raise_for_status()
        end = time.monotonic() + 30
        # A pod is refused until the namespace's service account exists; a controller makes it a moment later.
        while admin.get(f"/api/v1/namespaces/{name}/serviceaccounts/default").status_code != 200:
            assert time.monotonic() < end, f"namespace {name} got no default service account"
            time.sleep(0.05)
        try:
            yield name
        finally:
            admin.delete(f"/api/v1/namespaces/{name}")


@pytest.fixture(scope="session")
def side_by_side_runs(contract_cluster: ContractCluster, request: pytest.FixtureRequest) -> Iterator[SideBySide]:
    """Runs the session's `@side_by_side` cases together, on an event loop in a thread of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="contract cases", daemon=True)
    thread.start()
    runs = SideBySide(loop=loop, credentials=Credentials.of(contract_cluster.admin), real=contract_cluster.real)
    try:
        alone = "PYTEST_XDIST_WORKER" not in os.environ
        runs.start(request.session.items, together=alone or bool(getattr(request.config.option, "loadgroup", False)))
        yield runs
    finally:
        runs.stop()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def _sweep(cluster: ContractCluster) -> None:
    """Delete the namespaces of earlier sessions that were killed: some of their jobs restart for ever."""
    oldest = datetime.now(UTC) - ABANDONED_AFTER
    with cluster.client() as admin:
        for namespace in admin.get("/api/v1/namespaces").raise_for_status().json()["items"]:
            meta = namespace["metadata"]
            if meta["name"].startswith("contract-") and datetime.fromisoformat(meta["creationTimestamp"]) < oldest:
                admin.delete(f"/api/v1/namespaces/{meta['name']}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_ready(program: "subprocess.Popen[bytes]", stderr: Path) -> None:
    assert program.stdout is not None
    end = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < end:
        readable, _, _ = select.select([program.stdout], [], [], 0.5)
        line = program.stdout.readline() if readable else b""
        if line.startswith(b"ready "):
            return
        if program.poll() is not None:
            break
    pytest.fail(f"the local cluster did not start: {stderr.read_text()[-2000:]}")
