"""Every field of every type and mode, back and forth, other modes, another namespace: and exactly that is created."""

import base64
import json
import re
import secrets
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import full_task
from tests.browser.cluster_api import ClusterApi
from tests.browser.conftest import page_of
from tests.browser.console_process import Console
from tests.browser.wizard import WALKS, Walk
from tests.verification.specification.test_manifests import differences

RBAC = "rbac.authorization.k8s.io"
SEEN = 30_000  # a namespace is new: the watcher hears of it, and whoever asked before is asked again after 15 s
PLURALS = {"tensorflow": "tfjobs", "mxnet": "mxjobs", "pytorch": "pytorchjobs", "mpi": "mpijobs"}
OTHER_MODE = {"single": "ps-chief-worker", "ps-worker": "single", "ps-chief-worker": "ps-worker"}


@pytest.fixture(scope="module")
def cluster(console: Console) -> Iterator[ClusterApi]:
    with ClusterApi(console) as admin:
        yield admin


@pytest.fixture(scope="module")
def namespace(cluster: ClusterApi) -> Iterator[str]:
    """A namespace of alice's team beside vision, with everything that the task names."""
    name = f"every-{secrets.token_hex(3)}"
    here = f"/api/v1/namespaces/{name}"
    cluster.create("/api/v1/namespaces", _object("Namespace", name, labels={"trainyard.io/class": "gpu"}))
    for role in ("edit", "trainyard-training-edit"):
        binding = {
            **_object("RoleBinding", role),
            "apiVersion": f"{RBAC}/v1",
            "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": role},
            "subjects": [{"apiGroup": RBAC, "kind": "Group", "name": "team-vision"}],
        }
        cluster.create(f"/apis/{RBAC}/v1/namespaces/{name}/rolebindings", binding)
    for claim in ("datasets", "outputs"):
        cluster.create(
            f"{here}/persistentvolumeclaims",
            {
                **_object("PersistentVolumeClaim", claim),
                "spec": {
                    "accessModes": ["ReadWriteMany"],
                    "storageClassName": "shared",
                    "resources": {"requests": {"storage": "10Gi"}},
                },
            },
        )
    cluster.create(f"{here}/configmaps", {**_object("ConfigMap", "settings"), "data": {"lr": "0.1", "epochs": "3"}})
    cluster.create(f"{here}/secrets", {**_object("Secret", "creds"), "data": {"token": _base64("t")}})
    for secret in ("registry", "registry-two"):
        body = {**_object("Secret", secret), "type": "kubernetes.io/dockerconfigjson"}
        cluster.create(f"{here}/secrets", {**body, "data": {".dockerconfigjson": _base64(json.dumps({"auths": {}}))}})
    yield name
    cluster.delete(f"/api/v1/namespaces/{name}")


@pytest.fixture(scope="module")
def priority_class(cluster: ClusterApi) -> Iterator[None]:
    path = "/apis/scheduling.k8s.io/v1/priorityclasses"
    body = {**_object("PriorityClass", "every-field"), "apiVersion": "scheduling.k8s.io/v1", "value": 7}
    cluster.create(path, body)
    yield
    cluster.delete(f"{path}/every-field")


def _object(kind: str, name: str, **metadata: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": name, **metadata}}


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.fixture
def person(
    request: pytest.FixtureRequest, console: Console, browser: Browser, signed_in: dict[str, Any]
) -> Iterator[Page]:
    yield from page_of(browser, console, signed_in, locale=request.param)


TYPED_THROUGHOUT = "ps-chief-worker"  # in the other modes the first role is typed, and copied to the others
CASES = [*((walk, "en-US") for walk in WALKS), (WALKS[4], "zh-CN")]


@pytest.mark.parametrize(
    ("walk", "person"), CASES, indirect=["person"], ids=lambda case: str(getattr(case, "mode", case))
)
@pytest.mark.usefixtures("priority_class")
def test_what_is_typed_is_what_is_created(walk: Walk, person: Page, cluster: ClusterApi, namespace: str) -> None:
    name = f"all-{secrets.token_hex(4)}"
    roles = (*walk.roles, *(("Evaluator",) if walk.key == "tensorflow" else ()))

    _start(person, walk)
    _basics(person, name, namespace)
    _back_and_forth(person, "roles")
    _fill_roles(person, walk, roles)
    if walk.mode in OTHER_MODE:
        _to_another_mode_and_back(person, walk)
    _next(person, "advanced")
    _fill_advanced(person, walk)
    _back_and_forth(person, "advanced")
    _next(person, "confirm")
    _submit(person)

    path = f"/apis/kubeflow.org/v1/namespaces/{namespace}/{PLURALS[walk.key]}/{name}"
    found = cluster.get(path)
    cluster.delete(path)
    wanted = full_task.expected(walk, roles, name=name, namespace=namespace)
    assert list(differences(full_task.as_sent(found, walk), wanted)) == []


def _start(page: Page, walk: Walk) -> None:
    page.goto(f"/wizard/start/?namespace=vision&framework={walk.key}")
    page.locator(f"input[name=mode][value={walk.mode}]").check(force=True)
    page.locator("button[form=wizard-form]").click()
    page.wait_for_url("**/basics/")


def _basics(page: Page, name: str, namespace: str) -> None:
    """Filled in for vision first: the move then clears the claim and the pull secrets, and nothing else."""
    page.locator("#id_name").fill(name)
    page.locator("#id_description").fill(full_task.DESCRIPTION)
    page.locator("#id_image").fill(full_task.IMAGE)
    page.locator("#id_pull_secrets").fill("only-in-vision")
    page.locator("#id_data_claim").select_option("datasets")
    page.locator("#id_data_mount_path").fill("/data")
    page.locator("#id_namespace").select_option(namespace)
    question = page.locator("#namespace-question")
    expect(question.locator("li")).to_contain_text(["datasets", "only-in-vision"])
    question.locator("button[name=switch]").click()
    expect(question).to_have_count(0)
    expect(page.locator("#id_namespace")).to_have_value(namespace)
    expect(page.locator("#id_data_claim")).to_have_value("")
    expect(page.locator("#id_pull_secrets")).to_have_value("")
    expect(page.locator("#id_data_mount_path")).to_have_value("/data")
    for key, (claim, sub_path, mount_path) in full_task.VOLUMES.items():
        page.locator(f"#id_{key}_mount_path").fill(mount_path)
        _choose_claim(page, key, claim, sub_path)
    page.locator("#id_pull_secrets").fill("registry\nregistry-two")
    _next(page, "roles")


def _choose_claim(page: Page, key: str, claim: str, sub_path: str) -> None:
    """From the table, searched first."""
    page.locator(f"#volume-{key} button").click()
    table = page.locator("#claims")
    table.locator("input[type=search]").fill(claim[:4])
    expect(table.locator("tbody tr")).to_have_count(1)
    table.locator(f"input[value={claim}]").check()
    table.locator("#claims-path").fill(sub_path)
    table.locator("[data-claims-ok]").click()
    expect(page.locator(f"#id_{key}_claim")).to_have_value(claim)


def _fill_roles(page: Page, walk: Walk, roles: tuple[str, ...]) -> None:
    for role in roles:
        page.locator(f"#tab-{role}").click()
        if role == "Evaluator":
            page.locator("#id_Evaluator-enabled").check()
        if role == roles[0] or walk.mode == TYPED_THROUGHOUT:
            _fill_role(page, walk, role)
        else:
            _copy_role(page, walk, roles[0], role)


def _fill_role(page: Page, walk: Walk, role: str) -> None:
    panel = page.locator(f"#role-{role}")
    panel.locator(f"input[name={role}-flavor][value=cpu-100m-128Mi]").check(force=True)
    if full_task.pods_of(walk, role) > 1:  # else it cannot be typed
        panel.locator(f"#id_{role}-replicas").fill(str(full_task.pods_of(walk, role)))
    panel.locator(f"#advanced-{role} > summary").click()
    panel.locator(f"input[name={role}-restart_policy][value={full_task.policy_of(walk)}]").check(force=True)
    panel.locator(f"#id_{role}-liveness-kind").select_option("http")
    panel.locator(f"#id_{role}-liveness-scheme").select_option("HTTPS")
    panel.locator(f"#id_{role}-readiness-kind").select_option("command")
    panel.locator(f"#id_{role}-shared_memory").check()
    for field, typed in full_task.TEXTS.items():
        panel.locator(f"#id_{role}-{field}").fill(typed)
    expect(page.locator(f"#run-{role}")).to_contain_text("sh -c")
    for group, rows in (("env", full_task.ENV), ("mounts", full_task.MOUNTS)):
        for index, row in enumerate(rows):
            panel.locator(f"#field-{role}-{group} [data-rows-add]").click()
            _fill_row(page, f"id_{role}-{group}-{index}", row)


def _copy_role(page: Page, walk: Walk, source: str, target: str) -> None:
    panel = page.locator(f"#role-{target}")
    panel.locator(".copy-settings > summary").click()
    panel.locator(f"#id_{target}-copy-from").select_option(source)
    panel.locator("button[name=copy-to]").click()
    expect(panel.locator(f"#id_{target}-mounts-1-name")).to_have_value("creds")
    if full_task.pods_of(walk, target) > 1:  # how many there are is not copied unless one says so
        panel.locator(f"#id_{target}-replicas").fill(str(full_task.pods_of(walk, target)))


def _fill_row(page: Page, prefix: str, row: dict[str, str]) -> None:
    page.locator(f"#{prefix}-source").select_option(row["source"])
    for field, typed in row.items():
        if field == "field":
            page.locator(f"#{prefix}-field").select_option(typed)
        elif field != "source":
            page.locator(f"#{prefix}-{field}").fill(typed)


def _to_another_mode_and_back(page: Page, walk: Walk) -> None:
    """The roles that leave come back as they were."""
    before = _typed(page)
    for mode in (OTHER_MODE[walk.mode], walk.mode):
        page.locator(".mode-switch > summary").click()
        page.locator(f"button[name=mode][value={mode}]").click()
        expect(page.locator(f"button[name=mode][value={mode}]")).to_have_attribute("aria-current", "true")
    assert _typed(page) == before


def _fill_advanced(page: Page, walk: Walk) -> None:
    for field, typed in full_task.ADVANCED.items():
        page.locator(f"#id_{field}").fill(typed)
    expect(page.locator("#field-active_deadline_seconds .counted-seconds")).to_contain_text("2")
    page.locator("#id_clean_pod_policy").select_option("All")
    page.locator("#id_suspend").check()
    if walk.key in full_task.WITH_TENSORBOARD:
        page.locator("#id_tensorboard").check()
    else:
        expect(page.locator("#id_tensorboard")).to_have_count(0)


def _back_and_forth(page: Page, step: str) -> None:
    """To the step before and here again: nothing is lost on either."""
    here = _typed(page)
    page.locator(".wizard-bar button[value=back]").click()
    page.wait_for_url(lambda url: f"/{step}/" not in url)
    before = _typed(page)
    _next(page, step)
    assert _typed(page) == here
    page.locator(".wizard-bar button[value=back]").click()
    page.wait_for_url(lambda url: f"/{step}/" not in url)
    assert _typed(page) == before
    _next(page, step)


def _typed(page: Page) -> list[list[str]]:
    """All that the step's form would send, in its order, without what is new on each page."""
    found: list[list[str]] = page.evaluate(
        "[...new FormData(document.getElementById('wizard-form'))]"
        ".filter(([name]) => !['csrfmiddlewaretoken', 'version'].includes(name))"
    )
    return found


def _next(page: Page, step: str) -> None:
    page.locator(".wizard-bar button[value=next]").click()
    page.wait_for_url(re.compile(rf"/{step}/$"))


def _submit(page: Page) -> None:
    page.locator(".wizard-bar button[form=wizard-form]").last.click()
    page.wait_for_url("**/done/")
    expect(page.locator("#outcome .outcome-succeeded")).to_be_visible(timeout=SEEN)
