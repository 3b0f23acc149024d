"""The pre-flight on the last step of the wizard."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from tasks.models import Draft
from tasks.preflight import CHECKS
from tests.cluster.api_server import Answer, ApiServer, status
from tests.tasks.drafts import draft
from tests.tasks.people import person
from tests.tasks.preflight_subject import AWAY, JOBS, alice, reviewer
from tests.tasks.reviews import REVIEWS

__all__ = ["alice", "reviewer"]
pytestmark = pytest.mark.django_db(databases=["default", "index"])


def test_the_page_asks_for_each_line_by_itself(client: Client, alice: User, reviewer: ApiServer) -> None:
    client.force_login(alice)
    begun = draft(alice)
    refusal = "admission webhook denied the request: <path>"
    reviewer.on("POST", JOBS, Answer(403, status(403, "Forbidden", refusal)))

    page = client.get(reverse("wizard-step", args=[begun.key, "confirm"])).content.decode()
    line = client.get(reverse("wizard-preflight-line", args=[begun.key, "task"])).content.decode()

    for check in CHECKS:
        assert reverse("wizard-preflight-line", args=[begun.key, check.key]) in page
    assert "admission webhook denied the request: &lt;path&gt;" in line
    assert f"{reverse('wizard-step', args=[begun.key, 'basics'])}#id_name" in line


@pytest.mark.django_db(databases=["default", "index"], transaction=True)
def test_without_scripts_one_link_asks_for_all(client: Client, alice: User, reviewer: ApiServer) -> None:
    client.force_login(alice)
    begun = draft(alice)
    reviewer.on("POST", JOBS, AWAY)

    page = client.get(reverse("wizard-preflight", args=[begun.key])).content.decode()

    assert "The cluster does not answer." in page
    assert 'hx-trigger="load"' not in page


def test_an_unknown_check_and_somebody_elses_draft_are_not_found(client: Client, alice: User) -> None:
    begun = draft(alice)
    client.force_login(alice)
    assert client.get(reverse("wizard-preflight-line", args=[begun.key, "weather"])).status_code == 404

    client.force_login(person("mallory"))
    assert client.get(reverse("wizard-preflight-line", args=[begun.key, "task"])).status_code == 404


def test_a_blocked_draft_asks_nobody(client: Client, alice: User, reviewer: ApiServer) -> None:
    client.force_login(alice)
    begun = draft(alice, name="")
    before = len(reviewer.recorded)

    line = client.get(reverse("wizard-preflight-line", args=[begun.key, "task"])).content.decode()

    assert "still missing in an earlier step" in line
    assert not [call for call in reviewer.recorded[before:] if call.path != REVIEWS]


def test_the_manifest_is_downloaded_as_it_is_shown(client: Client, alice: User) -> None:
    client.force_login(alice)
    begun = draft(alice)

    answer = client.get(reverse("wizard-manifest", args=[begun.key]))
    Draft.objects.filter(pk=begun.pk).update(entries={})
    blocked = client.get(reverse("wizard-manifest", args=[begun.key]))

    assert answer["Content-Disposition"] == 'attachment; filename="mnist.yaml"'
    assert answer.content.startswith(b"apiVersion: kubeflow.org/v1\nkind: PyTorchJob\n")
    assert blocked.status_code == 409
