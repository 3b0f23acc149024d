"""python -m console.localcluster --state DIR --port N"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
from pathlib import Path

from console.localcluster.machinery.kinds import JOB_KINDS
from console.localcluster.program import Options, run
from console.localcluster.store import StoreInUse


def main() -> None:
    kinds = [kind.singular for kind in JOB_KINDS]
    parser = argparse.ArgumentParser(prog="console.localcluster", description="A Kubernetes for development and tests.")
    parser.add_argument("--state", type=Path, required=True, help="folder for its data (cluster/) and kubeconfigs")
    parser.add_argument("--port", type=int, required=True, help="on 127.0.0.1; 0 takes a free one")
    parser.add_argument("--gpus", type=int, default=0, help="simulated GPUs of the node")
    parser.add_argument("--owner-pid", type=int, default=0, help="pods end when this process does")
    parser.add_argument("--kinds", default=",".join(kinds), help="job kinds to serve, by commas")
    given = parser.parse_args()
    served = frozenset(filter(None, given.kinds.split(",")))
    if unknown := served - set(kinds):
        parser.error(f"no such job kind: {', '.join(sorted(unknown))}")
    logging.basicConfig(
        level=os.environ.get("TRAINYARD_LOG_LEVEL", "WARNING"), format="%(levelname)s %(name)s: %(message)s"
    )
    options = Options(
        state=given.state.resolve(), port=given.port, gpus=given.gpus, owner_pid=given.owner_pid, job_kinds=served
    )
    try:
        asyncio.run(run(options))
    except StoreInUse as error:
        raise SystemExit(f"console.localcluster: {error}") from None


main()
