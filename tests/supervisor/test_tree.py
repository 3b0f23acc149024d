import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from console.supervisor import ProcessTree, Service, ServiceFailed
from console.supervisor.local import hold_state_folder, require_free_ports

PROGRAM = Path(__file__).with_name("program.py")
ROOT = PROGRAM.parents[2]


@pytest.fixture
def program(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, str(PROGRAM), str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "DJANGO_SETTINGS_MODULE": "console.settings"},
    ) as process:
        yield process
        process.kill()


def sleepers_of(program: subprocess.Popen[str]) -> list[int]:
    assert program.stdout is not None
    return [int(word) for word in program.stdout.readline().split()]


def wait_until_gone(pids: list[int], seconds: float = 5) -> list[int]:
    deadline = time.monotonic() + seconds
    while (alive := [pid for pid in pids if Path(f"/proc/{pid}").exists()]) and time.monotonic() < deadline:
        time.sleep(0.02)
    return alive


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_nothing_is_left_however_the_supervisor_ends(program: subprocess.Popen[str], number: signal.Signals) -> None:
    sleepers = sleepers_of(program)

    program.send_signal(number)

    program.wait(timeout=10)
    assert len(sleepers) == 2
    assert wait_until_gone(sleepers) == []


def test_a_service_that_dies_is_started_again_and_said_so(program: subprocess.Popen[str]) -> None:
    assert program.stdout is not None
    first, second = sleepers_of(program)

    os.kill(first, signal.SIGKILL)

    assert "one killed by SIGKILL; starting it again" in program.stdout.readline()
    assert Path(f"/proc/{second}").exists()


def test_a_service_that_never_gets_ready_is_a_clear_error(tmp_path: Path) -> None:
    tree = ProcessTree(tmp_path, print)
    service = Service(name="mute", command=["true"])
    reader = tree.start_announced(service)

    with pytest.raises(ServiceFailed, match=r"mute did not start.*mute\.log"):
        tree.await_line(reader, service, "ready", seconds=5)
    tree.stop()


def test_a_taken_port_is_named() -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        with pytest.raises(ServiceFailed, match=f"Port {port} is taken.*the console needs it"):
            require_free_ports({port: "the console"})


def test_a_state_folder_has_one_holder(tmp_path: Path) -> None:
    lock = hold_state_folder(tmp_path)

    with pytest.raises(ServiceFailed, match=f"already runs from .* \\(process {os.getpid()}\\)"):
        hold_state_folder(tmp_path)
    os.close(lock)
