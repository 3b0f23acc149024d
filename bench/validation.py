import time
from dataclasses import replace

from bench.table import Row, percentile
from tasks.specification import EnvEntry, TaskSpec, check
from tests.tasks.maximal import maximal
from tests.tasks.specifications import facts

RUNS = 50
ENTRIES = 200
LIMIT_MS = 10


def _largest() -> TaskSpec:
    """The mode with the most roles, four of them, each with everything and 200 environment entries."""
    task = maximal("tensorflow", "ps-chief-worker")
    env = tuple(EnvEntry(f"NAME_{index}", f"the value of entry {index}") for index in range(ENTRIES))
    return replace(task, roles=tuple(replace(role, env=env) for role in task.roles))


def row() -> Row:
    """Checking twice the largest task: eight roles' worth."""
    task, known = _largest(), facts()
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        for _ in range(2):
            check(task, known)
        times.append((time.perf_counter() - start) * 1000)
    return Row(
        name="validation of eight roles with 200 environment entries each, p95",
        unit="ms",
        limit=LIMIT_MS,
        measured=percentile(times, 0.95),
        note=f"p50 {percentile(times, 0.5):.1f} ms",
    )
