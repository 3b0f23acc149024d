import pytest

from console.registries.models import Registry
from tests.api.caller import Caller, said

pytestmark = pytest.mark.django_db(databases=["default", "index"])
REGISTRIES = "/api/v1/namespaces/vision/registries"


def test_registries_of_the_namespace_are_listed_and_others_are_not_there(alice: Caller, mallory: Caller) -> None:
    Registry.objects.all().delete()
    ours = Registry.objects.create(title="Ours", address="https://ours.example.com", namespace="vision")
    other = Registry.objects.create(title="Theirs", address="https://theirs.example.com", namespace="nlp")

    found = alice.get(REGISTRIES).json()["registries"]

    assert found == [{"id": ours.pk, "title": "Ours", "host": "ours.example.com", "tab": "shared"}]
    assert alice.get(f"{REGISTRIES}/{other.pk}/images").status_code == 404
    assert mallory.get(REGISTRIES).status_code == 404
    assert said(alice.get(f"{REGISTRIES}/{ours.pk}/images?page=0")) == [("page", "too-small")]
    assert said(alice.get(f"{REGISTRIES}/{ours.pk}/tags")) == [("repository", "required")]
