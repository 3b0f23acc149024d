"""Step 2 by plain GET and POST: every field of a role, and what its buttons do without scripts."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tasks.wizard.role_tab import as_run
from tests.tasks.drafts import draft
from tests.tasks.reviews import reviewer
from tests.tasks.wizard_steps import advanced, alice, as_alice, roles, step

__all__ = ["alice", "as_alice", "reviewer"]
pytestmark = pytest.mark.django_db(databases=["default", "index"])


PROBES = {
    "Worker-liveness-kind": "http",
    "Worker-liveness-path": "/healthz",
    "Worker-liveness-port": "8080",
    "Worker-liveness-scheme": "HTTPS",
    "Worker-liveness-initial_delay_seconds": "5",
    "Worker-liveness-timeout_seconds": "2",
    "Worker-liveness-period_seconds": "20",
    "Worker-liveness-success_threshold": "1",
    "Worker-liveness-failure_threshold": "4",
    "Worker-readiness-kind": "command",
    "Worker-readiness-command": "cat\n/ready",
}


REST = {
    "Worker-post_start": "touch\n/started",
    "Worker-pre_stop": "sleep\n5",
    "Worker-shared_memory": "on",
    "Worker-mounts-0-source": "config_map",
    "Worker-mounts-0-name": "settings",
    "Worker-mounts-0-mount_path": "/config",
    "Worker-mounts-0-keys": "a.yaml\nb.yaml",
    "Worker-mounts-3-source": "secret",
    "Worker-mounts-3-name": "creds",
    "Worker-mounts-3-mount_path": "/creds",
}


def test_every_field_of_a_role_is_kept_and_shown_again(as_alice: Client, alice: User) -> None:
    begun = draft(alice)

    response = as_alice.post(step(begun, "roles"), roles(begun, **PROBES, **REST))

    begun.refresh_from_db()
    worker = begun.entries["roles"]["Worker"]
    assert response.url == step(begun, "advanced")
    assert worker["liveness"] | {"kind": "http", "port": "8080", "failure_threshold": "4"} == worker["liveness"]
    assert worker["readiness"]["command"] == "cat\n/ready"
    assert [row["name"] for row in worker["mounts"]] == ["settings", "creds"]
    page = as_alice.get(step(begun, "roles")).content.decode()
    for shown in ('value="/healthz"', "touch\n/started", "sleep\n5", "a.yaml\nb.yaml", 'value="/creds"'):
        assert shown in page


@pytest.mark.parametrize(
    ("field", "value", "anchor"),
    [
        ("Worker-liveness-port", "70000", "id_Worker-liveness-port"),
        ("Worker-liveness-period_seconds", "often", "id_Worker-liveness-period_seconds"),
        ("Worker-readiness-command", "", "id_Worker-readiness-command"),
        ("Worker-mounts-0-mount_path", "relative", "id_Worker-mounts-0-mount_path"),
        ("Worker-mounts-3-name", "No Name", "id_Worker-mounts-1-name"),  # the second row, once it is saved
        ("Worker-replicas", "0", "id_Worker-replicas"),
    ],
)
def test_each_is_judged_beside_its_field(as_alice: Client, alice: User, field: str, value: str, anchor: str) -> None:
    begun = draft(alice)

    response = as_alice.post(step(begun, "roles"), roles(begun, **{**PROBES, **REST, field: value}))

    page = response.content.decode()
    assert response.status_code == 422
    assert [problem.anchor for problem in response.context["problems"]] == [anchor]
    assert f'id="{anchor}_error"' in page
    assert '<details class="role-advanced" id="advanced-Worker" open>' in page


@pytest.mark.parametrize("value", ["0", "-1", "65", "1.5", "1e3", "1_0", "\uff12", "9" * 5000])
def test_a_wrong_number_of_pods(as_alice: Client, alice: User, value: str) -> None:
    begun = draft(alice)

    response = as_alice.post(step(begun, "roles"), roles(begun, **{"Worker-replicas": value}))

    begun.refresh_from_db()
    assert response.status_code == 422
    assert begun.entries["roles"]["Worker"]["replicas"] == value
    assert [problem.anchor for problem in response.context["problems"]] == ["id_Worker-replicas"]


def test_a_forged_flavor_and_policy_are_refused(as_alice: Client, alice: User) -> None:
    begun = draft(alice)
    forged = {"Worker-flavor": "rdma-4-32Gi", "Master-flavor": "huge", "Worker-restart_policy": "Sometimes"}

    response = as_alice.post(step(begun, "roles"), roles(begun, **forged))

    assert [problem.anchor for problem in response.context["problems"]] == [
        "field-Master-flavor",
        "field-Worker-restart_policy",
        "field-Worker-flavor",
    ]


def test_a_wrong_variable_is_named(as_alice: Client, alice: User) -> None:
    begun = draft(alice)
    row = {"Worker-env-0-name": "RANK", "Worker-env-0-source": "value", "Worker-env-0-value": "1"}

    response = as_alice.post(step(begun, "roles"), roles(begun, **row))

    assert [problem.anchor for problem in response.context["problems"]] == ["id_Worker-env-0-name"]


def test_environment_rows_are_added_and_removed_without_scripts(as_alice: Client, alice: User) -> None:
    begun = draft(alice)
    two = {
        **{"Worker-env-0-name": "A", "Worker-env-0-source": "value", "Worker-env-0-value": "1"},
        **{"Worker-env-7-name": "B", "Worker-env-7-source": "field", "Worker-env-7-field": "status.podIP"},
    }

    added = as_alice.post(step(begun, "roles"), roles(begun, **two, **{"add-env": "Worker"}))
    begun.refresh_from_db()
    assert [row["name"] for row in begun.entries["roles"]["Worker"]["env"]] == ["A", "B", ""]
    removed = as_alice.post(step(begun, "roles"), roles(begun, **two, **{"remove-env": "Worker:0"}))
    begun.refresh_from_db()

    assert (added.status_code, removed.status_code) == (200, 200)
    assert [row["name"] for row in begun.entries["roles"]["Worker"]["env"]] == ["B"]


def test_the_row_that_is_removed_is_the_one_whose_button_was_pressed(as_alice: Client, alice: User) -> None:
    begun = draft(alice)
    rows = {f"Worker-env-{index}-name": name for index, name in enumerate(["", "B", "C"])}

    as_alice.post(step(begun, "roles"), roles(begun, **rows, **{"remove-env": "Worker:0"}))
    begun.refresh_from_db()
    assert [row["name"] for row in begun.entries["roles"]["Worker"]["env"]] == ["B", "C"]
    as_alice.post(step(begun, "roles"), roles(begun, **rows, **{"remove-env": "Worker:1"}))
    begun.refresh_from_db()

    assert [row["name"] for row in begun.entries["roles"]["Worker"]["env"]] == ["C"]


def test_rows_of_mounts_come_and_go_without_scripts(as_alice: Client, alice: User) -> None:
    begun = draft(alice)

    as_alice.post(step(begun, "roles"), roles(begun, **REST, **{"add-mounts": "Worker"}))
    begun.refresh_from_db()
    added = [row["name"] for row in begun.entries["roles"]["Worker"]["mounts"]]
    as_alice.post(step(begun, "roles"), roles(begun, **REST, **{"remove-mounts": "Worker:0"}))
    begun.refresh_from_db()

    assert added == ["settings", "creds", ""]
    assert [row["name"] for row in begun.entries["roles"]["Worker"]["mounts"]] == ["creds"]


@pytest.mark.parametrize("pressed", ["add-env=Nobody", "remove-mounts=Worker:x", "copy-to=Nobody", "drop-kept=Nobody"])
def test_a_forged_button_changes_nothing(as_alice: Client, alice: User, pressed: str) -> None:
    begun = draft(alice)
    name, _, value = pressed.partition("=")

    response = as_alice.post(step(begun, "roles"), roles(begun, **{name: value}))

    assert response.status_code == 200


def test_what_is_worth_knowing_of_an_imported_role_is_no_error(as_alice: Client, alice: User) -> None:
    begun = draft(alice)
    size = {"template.spec.containers[0].resources": {"limits": {"cpu": "1", "memory": "1Gi"}}}
    begun.entries["roles"]["Worker"] |= {"kept": size, "flavor": ""}
    begun.save()

    page = as_alice.get(step(begun, "roles"))

    worker = next(tab for tab in page.context["tabs"] if tab.shape.name == "Worker")
    assert worker.errors == []
    assert worker.warnings == ["This size is no flavor of the catalogue. It is kept as it is and has no price."]


def test_what_an_import_kept_survives_each_post_until_it_is_removed(as_alice: Client, alice: User) -> None:
    begun = draft(alice)
    begun.entries["roles"]["Worker"] |= {"kept": {"template.spec.hostname": "w"}, "image": "busybox:1.36"}
    begun.entries["kept"] = {"spec.elasticPolicy": {"maxRestarts": 3}}
    begun.save()
    own = {"Worker-image": "busybox:1.36"}

    page = as_alice.get(step(begun, "roles")).content.decode()
    as_alice.post(step(begun, "roles"), roles(begun, **own))
    begun.refresh_from_db()
    kept = begun.entries["roles"]["Worker"]["kept"]
    as_alice.post(step(begun, "roles"), roles(begun, **own, **{"drop-kept": "Worker"}))
    begun.refresh_from_db()
    as_alice.post(step(begun, "roles"), roles(begun, **own, **{"drop-image": "Worker"}))
    begun.refresh_from_db()

    assert "template.spec.hostname" in page
    assert kept == {"template.spec.hostname": "w"}
    assert begun.entries["roles"]["Worker"]["kept"] == {}
    assert begun.entries["roles"]["Worker"]["image"] == ""
    assert b"spec.elasticPolicy" in as_alice.get(step(begun, "advanced")).content
    as_alice.post(step(begun, "advanced"), advanced(begun, **{"drop-kept": "task"}))
    begun.refresh_from_db()
    assert begun.entries["kept"] == {}


def test_a_role_gets_an_image_of_its_own_without_scripts_too(as_alice: Client, alice: User) -> None:
    begun = draft(alice)

    page = as_alice.post(step(begun, "roles"), roles(begun, **{"own-image": "Worker"}), follow=True).content.decode()
    begun.refresh_from_db()
    own = begun.entries["roles"]["Worker"]["image"]
    as_alice.post(step(begun, "roles"), roles(begun, **{"Worker-image": "busybox:1.36"}))
    begun.refresh_from_db()

    assert own == begun.entries["basics"]["image"] != ""
    assert 'id="id_Worker-image"' in page
    assert f"/images/?field=id_Worker-image&amp;namespace={begun.namespace}" in page
    assert begun.entries["roles"]["Worker"]["image"] == "busybox:1.36"


def test_settings_are_copied_part_by_part_and_a_fixed_number_of_pods_stays(as_alice: Client, alice: User) -> None:
    begun = draft(alice)
    typed = {**PROBES, **REST, "Worker-replicas": "5", "Worker-command": "train", "Master-command": "lead"}
    copy = {"copy-to": "Master", "Master-copy-from": "Worker"}

    response = as_alice.post(
        step(begun, "roles"), {**roles(begun, **typed, **copy), "Master-copy-parts": ["replicas", "checks", "mounts"]}
    )

    begun.refresh_from_db()
    master, worker = (begun.entries["roles"][name] for name in ("Master", "Worker"))
    assert response.status_code == 200
    assert (master["replicas"], master["command"]) == ("1", "lead")
    assert (master["liveness"], master["mounts"]) == (worker["liveness"], worker["mounts"])
    assert master["pre_stop"] == ""


def test_an_rdma_flavor_is_not_copied_to_a_role_that_computes(as_alice: Client, alice: User) -> None:
    begun = draft(alice)
    typed = {"Master-flavor": "rdma-4-32Gi", "Worker-flavor": "cpu-100m-128Mi"}
    copy = {"copy-to": "Worker", "Worker-copy-from": "Master", "Worker-copy-parts": "flavor"}

    as_alice.post(step(begun, "roles"), roles(begun, **typed, **copy))

    begun.refresh_from_db()
    assert begun.entries["roles"]["Worker"]["flavor"] == "cpu-100m-128Mi"


@pytest.mark.parametrize(
    ("typed", "run"),
    [
        ({"command": "sh\n-c\necho 'a  b'"}, """sh -c 'echo '"'"'a  b'"'"''"""),
        ({"command": "python", "args": "train.py\n--name\n训练"}, "python train.py --name '训练'"),
        ({"command": 'printf\n"two\\nlines"'}, "printf 'two\nlines'"),
        ({}, ""),
    ],
)
def test_what_will_be_run_is_shown_as_a_shell_would_need_it(typed: dict[str, str], run: str) -> None:
    assert as_run(typed) == run


def test_switching_the_mode_keeps_what_each_role_has(as_alice: Client, alice: User) -> None:
    begun = draft(alice, "tensorflow", "ps-worker")
    typed = roles(begun, "PS", "Worker", "Evaluator", **{"PS-replicas": "3", "Worker-replicas": "4"})

    as_alice.post(step(begun, "roles"), typed | {"mode": "single"})
    begun.refresh_from_db()
    single = (begun.mode, begun.entries["roles"]["Worker"]["replicas"], begun.entries["roles"]["PS"]["replicas"])
    as_alice.post(
        step(begun, "roles"),
        roles(begun, "Worker", "Evaluator", **{"Worker-replicas": "4"}) | {"mode": "ps-chief-worker"},
    )
    begun.refresh_from_db()
    page = as_alice.get(step(begun, "roles"))

    assert single == ("single", "4", "3")
    assert begun.mode == "ps-chief-worker"
    assert [tab.shape.name for tab in page.context["tabs"]] == ["PS", "Chief", "Worker", "Evaluator"]
    assert page.context["tabs"][0].form["replicas"].value() == "3"


def test_a_role_that_is_off_is_never_written(as_alice: Client, alice: User) -> None:
    begun = draft(alice, "tensorflow", "single")

    page = as_alice.get(step(begun, "confirm"))

    assert "Evaluator" not in page.context["manifest"]
    assert "PS" not in page.context["manifest"]
    states = [tab.state for tab in as_alice.get(step(begun, "roles")).context["tabs"]]
    assert states == ["complete", "off"]
