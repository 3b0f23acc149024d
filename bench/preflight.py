"""The pre-flight of a task of 64 pods on an index of 1,000 nodes: every check at once, as the page without scripts."""

import time

import httpx
from django.contrib.auth.models import User

from bench.table import Row, percentile
from console.index.models import Node
from tasks.models import Draft
from tests.tasks.drafts import draft

NODES = 1000
PODS = 64
ROUNDS = 20


def row(http: httpx.Client) -> Row:
    """Nodes are written into the index, where the watcher's next full list would take them out again."""
    Node.objects.bulk_create(
        Node(name=f"bench-{number}", ready=True, cpu_millicores=64_000, memory_mib=256 * 1024, pods=110)
        for number in range(NODES)
    )
    begun = draft(User.objects.get(username="alice"), name="bench-preflight")
    begun.entries["roles"]["Worker"]["replicas"] = str(PODS - 1)
    begun.save(update_fields=["entries"])
    try:
        times = [_seconds(http, begun) for _ in range(ROUNDS)]
    finally:
        Node.objects.filter(name__startswith="bench-").delete()
        begun.delete()
    return Row(
        name=f"pre-flight of {PODS} pods on {NODES:,} nodes, p95",
        unit="s",
        limit=1,
        measured=percentile(times, 0.95),
        note=f"p50 {percentile(times, 0.5):.2f} s; all checks, with the page",
    )


def _seconds(http: httpx.Client, begun: Draft) -> float:
    started = time.perf_counter()
    answer = http.get(f"/wizard/{begun.key}/preflight/")
    seconds = time.perf_counter() - started
    answer.raise_for_status()
    if answer.text.count("check-passed") < 3 or "check-asking" in answer.text:
        raise RuntimeError("the checks were not made")
    return seconds
