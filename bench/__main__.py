"""`make bench`: every promise of docs/benchmarks.md, measured against one running console."""

import asyncio
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.table import Row, percentile, print_table
from bench.tree import SETTLE_SECONDS, MakeRun
from tests.browser.console_process import Console, running_console

# The administrator's kubeconfig of a real cluster to compare with; without one its row is left out.
REAL_CLUSTER = Path(os.environ.get("TRAINYARD_BENCH_KUBECONFIG") or "no-cluster")


def main() -> int:
    os.environ["TRAINYARD_REGISTRY_HOSTS"] = "127.0.0.1"  # the console may ask the registries of bench/registries.py
    with tempfile.TemporaryDirectory(prefix="trainyard-bench-") as folder:
        state = Path(folder)
        rows = list(_tree(state))
        with running_console(state=state) as console:
            _use_databases_of(console)
            rows += [*_storm(console), *_console(console)]
    return 0 if print_table(rows) else 1


def _tree(state: Path) -> Iterator[Row]:
    first = MakeRun(state)  # makes certificates, databases and the seeded tasks
    first.seconds_to_first_page()
    first.stop()
    again = MakeRun(state)
    yield Row(name="make run again to first page", unit="s", limit=5, measured=again.seconds_to_first_page())
    again.settle(SETTLE_SECONDS)
    memory = again.memory_mib()
    again.stop()
    for process, mib in memory.items():
        print(f"    {mib:6.1f} MiB  {process}")
    yield Row(name="memory of the tree, idle", unit="MiB (PSS)", limit=450, measured=sum(memory.values()))


def _use_databases_of(console: Console) -> None:
    """Let this process read and write the running console's databases."""
    os.environ["TRAINYARD_STATE"] = str(console.state)
    os.environ["PORT"] = console.url.rsplit(":", 1)[1]
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings")
    import django

    django.setup()


def _storm(console: Console) -> Iterator[Row]:
    from bench.pod_storm import storm

    name, unit = "1,000 pods created under 50 watches", "x a real API server"
    if not REAL_CLUSTER.exists():
        yield Row(name=name, unit=unit, limit=2, measured=None, note="no real cluster runs here")
        return
    ours, real = [], []
    for _ in range(3):
        ours.append(asyncio.run(storm(console.state / "kubeconfig" / "admin.yaml")))
        real.append(asyncio.run(storm(REAL_CLUSTER)))
    note = f"{min(ours):.2f} s, real {min(real):.2f} s (best of 3, in turns)"
    yield Row(name=name, unit=unit, limit=2, measured=min(ours) / min(real), note=note)


def _console(console: Console) -> Iterator[Row]:
    from bench import importing, live, pages, preflight, registries, submit, terminal, validation, wizard, world
    from bench.person import signed_in

    admin = console.state / "kubeconfig" / "admin.yaml"
    http = signed_in(console)
    yield terminal.row(console)
    yield from importing.rows()
    through, direct = submit.milliseconds_above_direct(http, admin)
    yield Row(
        name="submit to pod, above the manifest posted directly",
        unit="ms",
        limit=150,
        measured=through - direct,
        note=f"medians: {through:.0f} ms, directly {direct:.0f} ms",
    )
    waiting = world.unschedulable_task(admin)
    times = asyncio.run(live.change_to_page(http, admin, namespace="vision", task_uid=waiting.uid, pod=waiting.pod))
    yield Row(
        name="a pod's change to the open page, p95",
        unit="ms",
        limit=500,
        measured=percentile(times, 0.95),
        note=f"p50 {percentile(times, 0.5):.0f} ms",
    )
    yield preflight.row(http)
    yield validation.row()
    yield wizard.row(http)
    yield from registries.rows(http)
    world.thousand_tasks(admin)
    for name, path in (("list", "/n/vision/tasks/"), ("detail", f"/n/vision/tasks/{waiting.uid}/")):
        page, alone, ratio = pages.page_ratio(http, path)
        note = f"{page:.1f} ms, render only {alone:.1f} ms"
        yield Row(name=f"{name} page with 1,000 tasks, p95", unit="x render only", limit=2, measured=ratio, note=note)


if __name__ == "__main__":
    sys.exit(main())
