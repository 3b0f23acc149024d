"""Where the system's Chromium is, and how it is started: kept from calling home."""

import shutil
from typing import Any

PROGRAM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
LAUNCH: dict[str, Any] = {"executable_path": PROGRAM, "args": ARGUMENTS}
