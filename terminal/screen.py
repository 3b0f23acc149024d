"""What a session is shown on."""

import contextlib
from typing import Protocol

from terminal import protocol
from terminal.ending import Ending


class Screen(Protocol):
    """One open websocket. `send` waits for a slow one and raises OSError once it is gone."""

    async def send(self, frame: bytes) -> None: ...
    async def close(self, code: int) -> None: ...


async def dismiss(screen: Screen, why: Ending) -> None:
    """Say why, and close; a screen that is gone needs no words."""
    with contextlib.suppress(OSError):
        await screen.send(protocol.status(why.status()))
        await screen.close(why.close_code)
