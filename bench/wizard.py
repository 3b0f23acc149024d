"""A step of the wizard, there and back: what was typed is sent, kept and judged, and the next page is drawn."""

import re
import time

import httpx
from django.contrib.auth.models import User
from django.utils import timezone

from bench.person import hidden_fields
from bench.table import Row, percentile
from console.index.models import Claim
from console.registries.models import Answer, Registry
from tasks.models import Draft
from tests.tasks.drafts import ADVANCED, BASICS, draft

CLAIMS = 200
IMAGES = 500
ROUNDS = 40
ROLES = ("PS", "Chief", "Worker", "Evaluator")


def row(http: httpx.Client) -> Row:
    """Claims are written into the index, where the watcher's next full list would take them out again."""
    registry = _surroundings()
    begun = draft(User.objects.get(username="alice"), "tensorflow", "ps-chief-worker", name="bench-wizard")
    try:
        for step in ("basics", "roles", "advanced"):  # the first of each fill the caches
            _milliseconds(http, begun, step)
        times = [_milliseconds(http, begun, step) for _ in range(ROUNDS) for step in ("basics", "roles", "advanced")]
    finally:
        begun.delete()
        registry.delete()
        Claim.objects.filter(uid__startswith="bench-").delete()
    return Row(
        name=f"a step there and back with {CLAIMS} claims and {IMAGES} images, p95",
        unit="ms",
        limit=60,
        measured=percentile(times, 0.95),
        note=f"p50 {percentile(times, 0.5):.0f} ms; three steps in turns, kept, judged, the next page drawn",
    )


def _surroundings() -> Registry:
    Claim.objects.bulk_create(
        Claim(
            uid=f"bench-{number}",
            namespace="vision",
            name=f"bench-{number}",
            phase="Bound",
            storage_class="shared",
            capacity="10Gi",
            access_modes=["ReadWriteMany"],
        )
        for number in range(CLAIMS)
    )
    registry = Registry.objects.create(title="bench", address="http://127.0.0.1:1")
    images = [f"team/image-{number}" for number in range(IMAGES)]
    now = timezone.now()
    Answer.objects.create(registry=registry, question="images", value=images, fetched_at=now, tried_at=now)
    return registry


def _milliseconds(http: httpx.Client, begun: Draft, step: str) -> float:
    """From the click on "next" to the whole next page; the page before, which has the form, is not counted."""
    address = f"/wizard/{begun.key}/{step}/"
    form = hidden_fields(http.get(address).text)
    sent = {**form, **_typed(step), "go": "next"}
    started = time.perf_counter()
    answer = http.post(address, data=sent)
    milliseconds = (time.perf_counter() - started) * 1000
    answer.raise_for_status()
    if not re.search(r"/(roles|advanced|confirm)/$", str(answer.url)) or answer.url.path == address:
        raise RuntimeError(f"{step}: the step was not left")
    return milliseconds


def _typed(step: str) -> dict[str, str]:
    if step == "basics":
        return {**BASICS, "name": "bench-wizard", "data_claim": "bench-7", "data_mount_path": "/data"}
    if step == "advanced":
        return ADVANCED
    typed = {"Evaluator-enabled": "on"}
    for role in ROLES:
        typed |= {f"{role}-replicas": "1", f"{role}-flavor": "cpu-100m-128Mi", f"{role}-restart_policy": "Never"}
    return typed
