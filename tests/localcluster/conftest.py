"""One local cluster for the whole session, in a process of its own, on a free port, with an empty state folder."""

import os
import secrets
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.verification.credentials import Credentials

SECONDS_TO_START = 60.0
Object = dict[str, Any]


@dataclass(slots=True)
class Program:
    """A running `python -m console.localcluster`."""

    state: Path
    process: subprocess.Popen[bytes]
    url: str

    @classmethod
    def start(cls, state: Path, *arguments: str) -> "Program":
        command = [sys.executable, "-m", "console.localcluster", "--state", str(state), "--port", "0"]
        command += ["--owner-pid", str(os.getpid()), *arguments]
        with (state / "stderr").open("ab") as log:
            process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, start_new_session=True)
        assert process.stdout is not None
        readable, _, _ = select.select([process.stdout], [], [], SECONDS_TO_START)
        line = process.stdout.readline().decode() if readable else ""
        assert line.startswith("ready https://127.0.0.1:"), (state / "stderr").read_text()
        return cls(state, process, line.split()[1])

    def stop(self, number: int = signal.SIGTERM) -> None:
        self.process.send_signal(number)
        self.process.wait(timeout=20)
        assert self.process.stdout is not None
        self.process.stdout.close()

    def client(self, person: str = "admin") -> httpx.Client:
        credentials = Credentials.of(self.state / "kubeconfig" / f"{person}.yaml")
        return httpx.Client(
            base_url=credentials.server,
            verify=credentials.tls,
            headers=credentials.headers,
            timeout=20,
            trust_env=False,
        )


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    running = Program.start(tmp_path_factory.mktemp("cluster"))
    try:
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="session")
def admin(program: Program) -> Iterator[httpx.Client]:
    with program.client() as client:
        yield client


@pytest.fixture
def namespace(admin: httpx.Client) -> Iterator[str]:
    """A namespace of this test's own."""
    name = f"api-{secrets.token_hex(4)}"
    made(admin.post("/api/v1/namespaces", json={"metadata": {"name": name}}))
    yield name
    admin.delete(f"/api/v1/namespaces/{name}")


def made(answer: httpx.Response) -> Object:
    """The object of a 200 or 201."""
    assert answer.status_code in (200, 201), answer.text
    body: Object = answer.json()
    return body


def gone(client: httpx.Client, path: str, *, within: float = 10.0) -> bool:
    """True as soon as there is nothing at `path`, False when there still is after `within` seconds."""
    end = time.monotonic() + within
    while client.get(path).status_code != 404:
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True
