"""Which namespaces a draft may be for, and what another one clears."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from console.registries.models import Registry
from tasks.models import Draft
from tests.cluster.api_server import ApiServer
from tests.tasks import rows
from tests.tasks.drafts import draft
from tests.tasks.reviews import reviewer
from tests.tasks.wizard_steps import VOLUMES, alice, as_alice, basics, step

__all__ = ["alice", "as_alice", "reviewer"]
pytestmark = pytest.mark.django_db(databases=["default", "index"])


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


def test_what_an_import_kept_goes_with_its_namespace_too(as_alice: Client, alice: User) -> None:
    begun = draft(alice)
    container = "template.spec.containers[0]"
    stays = {"template.spec.hostname": "w", f"{container}.env[1]": {"name": "E", "value": "1"}}
    stays |= {"template.spec.volumes[1]": {"name": "tmp", "emptyDir": {}}}
    begun.entries["roles"]["Worker"]["kept"] = {
        **stays,
        "template.spec.imagePullSecrets": [{"name": "robot"}],
        "template.spec.volumes[0]": {"name": "scratch", "persistentVolumeClaim": {"claimName": "scratch-disk"}},
        "template.spec.volumes[2]": {"name": "all", "projected": {"sources": [{"secret": {"name": "cert"}}]}},
        f"{container}.volumeMounts[0]": {"name": "scratch", "mountPath": "/scratch"},
        f"{container}.env[0]": {
            "name": "KEY",
            "valueFrom": {"secretKeyRef": {"name": "creds", "key": "k", "optional": True}},
        },
        f"{container}.envFrom": [{"configMapRef": {"name": "common"}}, {"secretRef": {"name": "more"}}],
    }
    begun.save()

    asked = as_alice.post(step(begun, "basics"), basics(begun, namespace="nlp", go="stay"))
    begun.refresh_from_db()
    as_alice.post(step(begun, "basics"), basics(begun, switch="nlp"))

    begun.refresh_from_db()
    lost = {str(loss.where): loss.value for loss in asked.context["losses"]}
    assert lost["Worker · Kept as it is · volumes[0]"] == "scratch-disk"
    assert set(lost.values()) == {"robot", "scratch-disk", "cert", "creds", "common, more"}
    assert begun.namespace == "nlp"
    assert begun.entries["roles"]["Worker"]["kept"] == stays


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

    assert '<option value="vision" selected>vision · normal</option>' in page
    assert '<option value="old" disabled>old · being deleted</option>' in page
    assert 'value="web"' not in page


def test_a_forged_source_of_a_mount_is_no_error_of_the_page_that_asks(as_alice: Client, alice: User) -> None:
    begun = draft(alice)
    begun.entries["roles"]["Worker"]["mounts"] = [{"source": "host", "name": "etc", "mount_path": "/x", "keys": ""}]
    begun.save()

    asked = as_alice.post(step(begun, "basics"), basics(begun, namespace="nlp", go="stay"))

    assert [str(loss.value) for loss in asked.context["losses"]] == ["etc"]
