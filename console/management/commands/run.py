import gc
import os
import sys
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections

from console.index.models import Namespace
from console.supervisor import ProcessTree, Service, ServiceFailed
from console.supervisor.local import (
    console_services,
    follow_parent,
    hold_state_folder,
    local_cluster,
    require_free_ports,
    valkey,
)

START_SECONDS = 60  # the local cluster makes its certificates and its world at the first start
INDEX_SECONDS = 20  # a real cluster may be slow, or away: then the pages say so


class Command(BaseCommand):
    help = "Run all of Trainyard on this machine, on loopback, as one process tree; Ctrl-C ends it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--real-cluster", action="store_true", help="the kubeconfigs name one: start no local cluster"
        )
        parser.add_argument("--gpus", type=int, default=0, help="simulated GPUs of the local cluster's node")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            follow_parent()
            lock = hold_state_folder(settings.STATE_DIR)
            self._run(gpus=options["gpus"], real_cluster=options["real_cluster"])
            os.close(lock)
        except ServiceFailed as failure:
            raise CommandError(str(failure)) from None
        except KeyboardInterrupt:
            return

    def _run(self, *, gpus: int, real_cluster: bool) -> None:
        state: Path = settings.STATE_DIR
        ports = {settings.WEB_PORT: "the console", settings.TERMINAL_PORT: "the terminal"}
        if not real_cluster:
            ports[settings.WEB_PORT + 2] = "the local cluster"
        require_free_ports(ports)
        tree = ProcessTree(state / "logs", self._say)
        try:
            tree.start(valkey(state))
            cluster = local_cluster(state, port=settings.WEB_PORT + 2, gpus=gpus) if not real_cluster else None
            reader = tree.start_announced(cluster) if cluster else -1
            self._prepare_databases()
            if cluster:
                tree.await_line(reader, cluster, "ready", seconds=START_SECONDS)
            self._start_console(tree, seed=cluster is not None)
        except BaseException:
            tree.stop()
            raise
        tree.run()

    def _prepare_databases(self) -> None:
        call_command("prepare", verbosity=0)
        call_command("seed_people", verbosity=0)

    def _start_console(self, tree: ProcessTree, *, seed: bool) -> None:
        connections.close_all()  # SQLite's must not cross a fork
        gc.collect()
        gc.freeze()  # what is loaded now stays shared with the forks
        for service in console_services():
            tree.start(service)
        self._await_index()
        marker = settings.STATE_DIR / "run" / "tasks-seeded"
        if seed and not marker.exists():
            tree.start_once(Service(name="seed", call=lambda: call_command("seed_tasks", marker=marker)))
        password = settings.STATE_DIR / "secrets" / "demo-password"
        self._say(
            f"Trainyard runs at http://127.0.0.1:{settings.WEB_PORT}/ - sign in as alice, bob, carol, mallory or admin,"
            f" password {os.environ.get('TRAINYARD_DEMO_PASSWORD') or password.read_text().strip()}"
        )

    def _await_index(self) -> None:
        """Wait until the watcher has seen the namespaces once: before that nobody could go anywhere."""
        deadline = time.monotonic() + INDEX_SECONDS
        while time.monotonic() < deadline and not Namespace.objects.exists():
            time.sleep(0.05)
        connections.close_all()  # a service that is started again is forked from here

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        sys.stdout.flush()
