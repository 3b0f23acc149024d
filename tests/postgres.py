"""A PostgreSQL of the test run's own: in a temporary folder, on a unix socket, gone afterwards."""

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

_DEBIAN = Path("/usr/lib/postgresql")


def binaries() -> Path:
    """The folder of initdb and pg_ctl. Skips the test, with the reason, where PostgreSQL is not installed."""
    found = sorted(_DEBIAN.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3])) if _DEBIAN.exists() else []
    on_path = shutil.which("initdb")
    if not found and not on_path:
        pytest.skip("PostgreSQL is not installed (no initdb): `apt-get install postgresql` to run these")
    return found[-1].parent if found else Path(str(on_path)).parent


@contextlib.contextmanager
def server() -> Iterator[dict[str, Any]]:
    """A running server, as Django database settings. As root it runs as user postgres: it refuses to be root."""
    programs = binaries()
    folder = Path(tempfile.mkdtemp(prefix="trainyard-postgres-"))
    owner = "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
    shutil.chown(folder, owner)
    as_owner = ["runuser", "-u", owner, "--"] if os.geteuid() == 0 else []

    def run(*command: str) -> None:
        subprocess.run([*as_owner, *command], check=True, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    run(str(programs / "initdb"), "-D", f"{folder}/data", "-A", "trust", "-U", "trainyard", "--no-sync", "-E", "UTF8")
    options = f"-k {folder} -c listen_addresses= -c fsync=off -c max_connections=40"
    run(str(programs / "pg_ctl"), "-D", f"{folder}/data", "-w", "-o", options, "-l", f"{folder}/log", "start")
    try:
        yield {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": "postgres",
            "USER": "trainyard",
            "HOST": str(folder),
            "PORT": "5432",
        }
    finally:
        run(str(programs / "pg_ctl"), "-D", f"{folder}/data", "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)
