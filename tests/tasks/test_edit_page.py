"""The manifest by hand: what is written becomes the draft, or is refused by its line, and nothing is lost."""

import pytest
import yaml
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from tasks.models import Draft
from tasks.queries.checked import checked_draft
from tasks.specification import ConfigMapKey
from tests.cluster.api_server import ApiServer
from tests.tasks import rows
from tests.tasks.drafts import draft
from tests.tasks.people import person
from tests.tasks.reviews import reviewer

__all__ = ["reviewer"]
pytestmark = pytest.mark.django_db(databases=["default", "index"])


@pytest.fixture
def as_alice(reviewer: ApiServer, client: Client, db: None) -> Client:
    rows.namespace("vision")
    client.force_login(person("alice", "team-vision"))
    return client


@pytest.fixture
def begun(as_alice: Client) -> Draft:
    return draft(User.objects.get(username="alice"))


def address(of: Draft) -> str:
    return reverse("wizard-manifest-edit", args=[of.key])


def written(client: Client, of: Draft) -> dict:  # type: ignore[type-arg]
    return yaml.safe_load(client.get(reverse("wizard-manifest", args=[of.key])).content)  # type: ignore[no-any-return]


def test_what_is_written_there_goes_into_the_fields(as_alice: Client, begun: Draft) -> None:
    manifest = written(as_alice, begun)
    worker = manifest["spec"]["pytorchReplicaSpecs"]["Worker"]
    worker["replicas"] = 3
    reference = {"configMapKeyRef": {"name": "settings", "key": "rate"}}
    worker["template"]["spec"]["containers"][0]["env"] = [{"name": "RATE", "valueFrom": reference}]
    manifest["metadata"]["name"] = "other"

    answer = as_alice.post(address(begun), {"version": begun.version, "manifest": yaml.safe_dump(manifest)})

    begun.refresh_from_db()
    spec = checked_draft(begun).spec
    assert answer.url == reverse("wizard-step", args=[begun.key, "confirm"])
    assert (spec.name, [role.replicas for role in spec.roles]) == ("other", [1, 3])
    assert spec.roles[1].env[0].source == ConfigMapKey("settings", "rate")
    assert written(as_alice, begun) == manifest


def test_what_harms_nobody_is_kept_as_it_is(as_alice: Client, begun: Draft) -> None:
    manifest = written(as_alice, begun)
    pod = manifest["spec"]["pytorchReplicaSpecs"]["Worker"]["template"]["spec"]
    pod["terminationGracePeriodSeconds"] = 90

    as_alice.post(address(begun), {"version": begun.version, "manifest": yaml.safe_dump(manifest)})

    begun.refresh_from_db()
    assert list(checked_draft(begun).spec.roles[1].kept.values()) == [90]
    assert written(as_alice, begun) == manifest


def test_what_could_harm_is_refused_by_its_line_and_the_text_stays(as_alice: Client, begun: Draft) -> None:
    manifest = written(as_alice, begun)
    manifest["spec"]["pytorchReplicaSpecs"]["Worker"]["template"]["spec"]["hostNetwork"] = True
    text = yaml.safe_dump(manifest, sort_keys=False)
    line = 1 + text.splitlines().index("          hostNetwork: true")

    answer = as_alice.post(address(begun), {"version": begun.version, "manifest": text})

    page = answer.content.decode()
    begun.refresh_from_db()
    assert answer.status_code == 422
    assert f"Line {line}, column" in page
    assert "hostNetwork: true" in page
    assert begun.version == 1


def test_what_the_fields_would_refuse_is_mended_there_too(as_alice: Client, begun: Draft) -> None:
    manifest = written(as_alice, begun)
    manifest["metadata"]["name"] = "x" * 56
    manifest["spec"]["pytorchReplicaSpecs"]["Worker"]["replicas"] = -2

    answer = as_alice.post(address(begun), {"version": begun.version, "manifest": yaml.safe_dump(manifest)})

    begun.refresh_from_db()
    assert answer.status_code == 422
    assert [refusal.words for refusal in answer.context["refusals"]] == [
        "Task name: At most 24 characters; these are 56.",
        "Worker · Number of pods: At least 1.",
    ]
    assert "replicas: -2" in answer.content.decode()
    assert begun.version == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "Line 1"),
        ("a: &a [1]\nb: *a\n", "Line 1"),
        ("kind: TFJob\napiVersion: kubeflow.org/v1\n", "stays one"),
        ("kind: Pod\n---\nkind: Pod\n", "one object"),
        ("kind: [", "column"),
        ("\x00", "Line 1"),
        ("]" * 100, "Line 1"),
    ],
)
def test_a_text_that_is_no_such_manifest_is_refused_whole(
    as_alice: Client, begun: Draft, text: str, words: str
) -> None:
    answer = as_alice.post(address(begun), {"version": begun.version, "manifest": text})

    assert answer.status_code == 422
    assert words in answer.content.decode()


def test_a_draft_that_was_changed_elsewhere_keeps_both_texts(as_alice: Client, begun: Draft) -> None:
    manifest = written(as_alice, begun)
    manifest["metadata"]["name"] = "mine"
    Draft.objects.filter(pk=begun.pk).update(version=7)

    answer = as_alice.post(address(begun), {"version": 1, "manifest": yaml.safe_dump(manifest)})

    begun.refresh_from_db()
    assert answer.status_code == 409
    assert "name: mine" in answer.content.decode()
    assert begun.name == "mnist"


def test_a_draft_with_a_wrong_field_has_no_manifest_to_edit(as_alice: Client, begun: Draft) -> None:
    begun.entries["basics"]["name"] = ""
    begun.save()

    assert as_alice.get(address(begun)).url == reverse("wizard-step", args=[begun.key, "confirm"])
