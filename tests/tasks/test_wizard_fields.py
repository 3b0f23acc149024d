"""Every field of the wizard by plain GET and POST: what is kept, what is offered, what buttons do without scripts."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from console.index.models import Claim
from console.registries.models import Registry
from tasks.flavors import catalogue
from tasks.frameworks import FRAMEWORKS
from tasks.models import Draft
from tasks.specification.entries import spec_of
from tasks.wizard.role_tab import as_run
from tests.cluster.api_server import Answer, ApiServer, status
from tests.tasks import rows
from tests.tasks.drafts import draft
from tests.tasks.people import person
from tests.tasks.reviews import reviewer, says
from tests.tasks.test_wizard import advanced, basics, roles, step

__all__ = ["reviewer"]
pytestmark = pytest.mark.django_db(databases=["default", "index"])
NAMESPACE = "/api/v1/namespaces/vision"


@pytest.fixture
def alice(reviewer: ApiServer, db: None) -> User:
    rows.namespace("vision")
    rows.namespace("nlp")
    return person("alice", "team-vision")


@pytest.fixture
def as_alice(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


def claim(name: str, **more: Any) -> Claim:
    values = {"uid": f"uid-of-{name}", "namespace": "vision", "phase": "Bound", "storage_class": "nfs", **more}
    return Claim.objects.create(name=name, **{"capacity": "10Gi", "access_modes": ["ReadWriteMany"], **values})


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


VOLUMES = {
    "data_claim": "datasets",
    "data_sub_path": "mnist",
    "data_mount_path": "/data",
    "output_claim": "outputs",
    "output_mount_path": "/output",
    "log_claim": "outputs",
    "log_sub_path": "logs",
    "log_mount_path": "/logs",
    "pull_secrets": "registry-one\nregistry-two",
}


def test_three_volumes_and_pull_secrets_reach_the_specification(as_alice: Client, alice: User) -> None:
    begun = draft(alice)

    as_alice.post(step(begun, "basics"), basics(begun, **VOLUMES))

    begun.refresh_from_db()
    framework = FRAMEWORKS["pytorch"]
    spec = spec_of(begun.entries, framework=framework, mode=framework.modes[0], flavors=catalogue()).spec
    assert [(one.claim, one.sub_path, one.mount_path) for one in spec.volumes] == [
        ("datasets", "mnist", "/data"),
        ("outputs", "", "/output"),
        ("outputs", "logs", "/logs"),
    ]
    assert spec.pull_secrets == ("registry-one", "registry-two")


def _with_losses(alice: User) -> Draft:
    begun = draft(alice)
    begun.entries["roles"]["Worker"]["env"] = [
        {"name": "MODE", "source": "value", "value": "fast"},
        {"name": "TOKEN", "source": "secret", "reference": "creds", "key": "token"},
    ]
    begun.entries["roles"]["PS"]["mounts"] = [  # of another mode: it may come back
        {"source": "config_map", "name": "settings", "mount_path": "/config", "keys": "a"}
    ]
    begun.save()
    return begun


def test_another_namespace_is_asked_for_first_and_the_question_lists_what_it_clears(
    as_alice: Client, alice: User
) -> None:
    begun = _with_losses(alice)

    response = as_alice.post(step(begun, "basics"), basics(begun, **VOLUMES, namespace="nlp", name="typed", go="stay"))

    begun.refresh_from_db()
    assert response.status_code == 200
    assert [str(loss.value) for loss in response.context["losses"]] == [
        "datasets/mnist",
        "outputs",
        "outputs/logs",
        "registry-one, registry-two",
        "creds/token",
        "settings",
    ]
    assert b'<dialog open class="dialog ask"' in response.content
    assert (begun.namespace, begun.name, begun.entries["basics"]["data_claim"]) == ("vision", "typed", "datasets")


def test_once_it_is_answered_exactly_that_is_cleared(as_alice: Client, alice: User) -> None:
    begun = _with_losses(alice)

    response = as_alice.post(step(begun, "basics"), basics(begun, **VOLUMES, switch="nlp"))

    begun.refresh_from_db()
    entries = begun.entries
    assert response.url == step(begun, "basics")
    assert entries["basics"] == {
        **begun.entries["basics"],
        "namespace": "nlp",
        "name": "mnist",
        "image": "python:3.11-slim",
        "data_claim": "",
        "data_sub_path": "",
        "data_mount_path": "/data",
        "output_claim": "",
        "log_claim": "",
        "log_sub_path": "",
        "pull_secrets": [],
    }
    assert entries["roles"]["Worker"]["env"] == [
        {"name": "MODE", "source": "value", "value": "fast"},
        {"name": "TOKEN", "source": "secret", "reference": "", "key": ""},
    ]
    assert entries["roles"]["PS"]["mounts"] == [
        {"source": "config_map", "name": "", "mount_path": "/config", "keys": ""}
    ]
    assert "roles" not in begun.steps_done


@pytest.mark.parametrize(
    ("image", "is_lost"),
    [
        ("harbor.example/team-a/model:1", True),
        ("harbor.example/team-b/model:1", False),  # nobody's registry here
        ("harbor.example/shared/base:1", False),  # the console's, too
        ("python:3.11-slim", False),
    ],
)
def test_an_image_that_only_the_old_namespace_has_is_cleared_with_it(
    as_alice: Client, alice: User, image: str, is_lost: bool
) -> None:
    for namespace, prefix in (("vision", "team-a"), ("vision", "shared"), ("", "shared")):
        Registry.objects.create(namespace=namespace, title=prefix, address="https://harbor.example", prefix=prefix)
    begun = draft(alice, image=image)
    begun.entries["roles"]["Worker"]["image"] = image
    begun.save()

    asked = as_alice.post(step(begun, "basics"), basics(begun, image=image, namespace="nlp", go="stay"))
    begun.refresh_from_db()
    as_alice.post(step(begun, "basics"), basics(begun, image=image, switch="nlp"))

    begun.refresh_from_db()
    left = [begun.entries["basics"]["image"], begun.entries["roles"]["Worker"]["image"]]
    assert [str(loss.value) for loss in asked.context.get("losses", [])] == ([image, image] if is_lost else [])
    assert left == (["", ""] if is_lost else [image, image])


def test_where_nothing_depends_on_it_the_namespace_changes_at_once(as_alice: Client, alice: User) -> None:
    begun = draft(alice)

    response = as_alice.post(step(begun, "basics"), basics(begun, namespace="nlp", go="stay"))

    begun.refresh_from_db()
    assert begun.namespace == "nlp"
    assert "losses" not in response.context


def test_namespaces_of_another_class_are_not_offered_and_those_to_look_at_are_marked(
    as_alice: Client, alice: User, reviewer: ApiServer
) -> None:
    rows.namespace("web", class_name="general")
    rows.namespace("old", phase="Terminating")
    begun = draft(alice)

    page = as_alice.get(step(begun, "basics")).content.decode()

    assert '<option value="vision" selected>vision · active</option>' in page
    assert '<option value="old" disabled>old · being deleted</option>' in page
    assert 'value="web"' not in page


def test_claims_are_searched_sorted_and_shown_with_their_id(as_alice: Client, alice: User) -> None:
    claim("datasets", capacity="900Mi")
    claim("models", capacity="2Gi", phase="Pending")
    claim("elsewhere", namespace="nlp")
    begun = draft(alice)
    address = reverse("wizard-claims", args=[begun.key])

    def shown(**asked: str) -> list[str]:
        response = as_alice.get(address, {"purpose": "log", **asked})
        return [line["claim"].name for line in response.context["claims"]]

    page = as_alice.get(address, {"purpose": "log", "log_claim": "models", "log_sub_path": "runs"}).content.decode()
    assert shown() == ["datasets", "models"]
    assert shown(sort="-capacity") == ["models", "datasets"]
    assert shown(q="MODEL") == ["models"]
    assert shown(q="uid-of-data") == ["datasets"]
    assert "uid-of-models" in page
    assert 'value="runs"' in page
    assert "not bound yet" in page
    assert as_alice.get(address, {"purpose": "nothing"}).status_code == 404


def test_claims_of_a_namespace_that_one_does_not_see_are_not_told(
    as_alice: Client, alice: User, reviewer: ApiServer
) -> None:
    claim("datasets")
    begun = draft(alice)
    says(reviewer, allowed=False)

    page = as_alice.get(reverse("wizard-claims", args=[begun.key]), {"purpose": "data"}).content

    assert b"datasets" not in page


def test_names_and_keys_are_offered_with_the_rights_of_the_person_and_never_a_value(
    as_alice: Client, alice: User, reviewer: ApiServer
) -> None:
    begun = draft(alice)
    address = reverse("wizard-references", args=[begun.key])
    secret = {"metadata": {"name": "creds"}, "type": "Opaque", "data": {"token": "c2VjcmV0LXZhbHVl"}}
    reviewer.on("GET", f"{NAMESPACE}/secrets", Answer(200, {"kind": "SecretList", "metadata": {}, "items": [secret]}))
    reviewer.on("GET", f"{NAMESPACE}/secrets/creds", Answer(200, {"kind": "Secret", **secret}))

    names = as_alice.get(address, {"source": "secret"}).content.decode()
    keys = as_alice.get(address, {"source": "secret", "of": "creds"}).content.decode()

    assert '<option value="creds">' in names
    assert '<option value="token">' in keys
    assert "c2VjcmV0" not in names + keys
    assert "secret-value" not in names + keys
    assert reviewer.recorded[-1].header("Impersonate-User") == ["alice"]


def test_what_may_not_be_listed_is_just_not_offered(as_alice: Client, alice: User, reviewer: ApiServer) -> None:
    begun = draft(alice)
    for path in (f"{NAMESPACE}/secrets", f"{NAMESPACE}/configmaps", "/apis/scheduling.k8s.io/v1/priorityclasses"):
        reviewer.on("GET", path, Answer(403, status(403, "Forbidden", "no")))

    answers = [
        as_alice.get(reverse("wizard-references", args=[begun.key]), {"source": "config_map"}),
        as_alice.get(reverse("wizard-priority-classes", args=[begun.key])),
    ]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert not any(b"<option" in answer.content or b"<button" in answer.content for answer in answers)


@pytest.mark.parametrize(
    ("framework", "mode", "offered"), [("pytorch", "distributed", True), ("mpi", "allreduce", False)]
)
def test_tensorboard_is_offered_where_there_is_one(
    as_alice: Client, alice: User, framework: str, mode: str, offered: bool
) -> None:
    begun = draft(alice, framework, mode)

    page = as_alice.get(step(begun, "advanced")).content
    as_alice.post(step(begun, "advanced"), advanced(begun, tensorboard="on"))

    begun.refresh_from_db()
    assert (b'name="tensorboard"' in page) is offered
    assert begun.entries["advanced"]["tensorboard"] == ("on" if offered else "")


def test_the_priority_class_and_seconds_in_words(as_alice: Client, alice: User) -> None:
    begun = draft(alice)

    as_alice.post(step(begun, "advanced"), advanced(begun, priority_class="Nicht gut", active_deadline_seconds="7200"))

    begun.refresh_from_db()
    page = as_alice.get(f"{step(begun, 'advanced')}?show=errors")
    assert [problem.anchor for problem in page.context["problems"]] == ["id_priority_class"]
    assert 'data-echo="2 h 00 min"' in page.content.decode()


@pytest.mark.parametrize("page", ["claims", "priority-classes", "references"])
def test_what_is_offered_to_somebody_elses_draft_does_not_exist(client: Client, alice: User, page: str) -> None:
    begun = draft(alice)
    client.force_login(person("mallory"))

    assert client.get(reverse(f"wizard-{page}", args=[begun.key]), {"purpose": "data"}).status_code == 404
