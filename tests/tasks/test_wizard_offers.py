"""What the wizard offers from the cluster while somebody fills it in."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from console.index.models import Claim
from tests.cluster.api_server import Answer, ApiServer, status
from tests.tasks.drafts import draft
from tests.tasks.people import person
from tests.tasks.reviews import reviewer, says
from tests.tasks.wizard_steps import alice, as_alice

__all__ = ["alice", "as_alice", "reviewer"]
pytestmark = pytest.mark.django_db(databases=["default", "index"])


NAMESPACE = "/api/v1/namespaces/vision"


def claim(name: str, **more: Any) -> Claim:
    values = {"uid": f"uid-of-{name}", "namespace": "vision", "phase": "Bound", "storage_class": "nfs", **more}
    return Claim.objects.create(name=name, **{"capacity": "10Gi", "access_modes": ["ReadWriteMany"], **values})


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


@pytest.mark.parametrize("page", ["claims", "priority-classes", "references"])
def test_what_is_offered_to_somebody_elses_draft_does_not_exist(client: Client, alice: User, page: str) -> None:
    begun = draft(alice)
    client.force_login(person("mallory"))

    assert client.get(reverse(f"wizard-{page}", args=[begun.key]), {"purpose": "data"}).status_code == 404
