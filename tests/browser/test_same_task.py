"""A task that is exported, deleted, imported and submitted again is the same task."""

import re
import secrets
from collections.abc import Iterator
from copy import deepcopy

import pytest
from playwright.sync_api import Page, expect

from tests.browser import full_task
from tests.browser.cluster_api import JOBS, ClusterApi
from tests.browser.console_process import Console
from tests.browser.test_every_field import PLURALS
from tests.browser.wizard import WALKS, Walk
from tests.verification.specification.test_manifests import differences

SEEN = 30_000


@pytest.fixture
def cluster(console: Console) -> Iterator[ClusterApi]:
    with ClusterApi(console) as admin:
        yield admin


@pytest.mark.parametrize("walk", [WALKS[2], WALKS[5]], ids=lambda walk: walk.key)
def test_exported_deleted_imported_and_submitted_it_is_the_same(walk: Walk, alice: Page, cluster: ClusterApi) -> None:
    name = f"same-{secrets.token_hex(4)}"
    roles = (*walk.roles, *(("Evaluator",) if walk.key == "tensorflow" else ()))
    wanted = full_task.expected(walk, roles, name=name, namespace="vision")
    path = f"{JOBS}/{PLURALS[walk.key]}"
    uid = cluster.create(path, deepcopy(wanted))["metadata"]["uid"]
    alice.goto("/n/vision/tasks/")
    row = alice.locator(f"#task-{uid}")
    expect(row).to_be_visible(timeout=SEEN)

    exported = alice.request.get(f"/n/vision/tasks/{uid}/manifest.yaml?download=1").text()
    cluster.delete(f"{path}/{name}")
    expect(row).not_to_be_visible(timeout=SEEN)
    alice.goto("/wizard/import/?namespace=vision")
    alice.locator("#id_text").fill(exported)
    alice.locator("#import-form button[value=read], #import-form button[value=draft]").first.click()
    alice.locator("#import-form button[value=draft]").click()
    alice.wait_for_url(re.compile("/confirm/"))
    expect(alice.locator(".check-asking")).to_have_count(0, timeout=SEEN)
    for despite in alice.locator("input[name=despite]").all():  # what it mounts is nowhere
        despite.check()
    alice.locator(".wizard-bar button[form=wizard-form]").last.click()
    alice.wait_for_url("**/done/")
    expect(alice.locator("#outcome .outcome-succeeded")).to_be_visible(timeout=SEEN)

    found = cluster.get(f"{path}/{name}")
    cluster.delete(f"{path}/{name}")
    assert found["metadata"]["uid"] != uid
    assert list(differences(full_task.as_sent(found, walk), wanted)) == []
