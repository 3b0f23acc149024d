from io import StringIO
from pathlib import Path

import pytest
from django.contrib.auth import get_user
from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import call_command
from django.core.management.base import CommandError
from django.http import HttpRequest
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from console.cluster.identity import Identity
from console.people.identity import identity_of
from console.people.management.commands.seed_people import demo_password
from console.people.models import Person

pytestmark = pytest.mark.django_db


def person(cluster_user: str, groups: list[object]) -> User:
    user = User.objects.create_user("ada")
    Person.objects.create(user=user, cluster_user=cluster_user, cluster_groups=groups)
    return User.objects.get(pk=user.pk)


def test_an_account_is_one_user_with_groups_in_the_cluster() -> None:
    assert identity_of(person("oidc:ada", ["team-vision", "auditors"])) == Identity(
        "oidc:ada", ("team-vision", "auditors")
    )


def test_nobody_and_an_account_without_a_person_have_no_identity() -> None:
    for user in (AnonymousUser(), User.objects.create_user("new")):
        with pytest.raises(PermissionDenied):
            identity_of(user)


def test_a_request_reads_the_account_and_its_person_at_once(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client.force_login(person("oidc:ada", []))
    request = HttpRequest()
    request.session = client.session

    with django_assert_num_queries(2, using="default"):  # the session, and both of them
        cluster_user = identity_of(get_user(request)).user

    assert cluster_user == "oidc:ada"


def test_an_account_that_was_switched_off_is_nobody_from_its_next_request_on(client: Client) -> None:
    user = person("oidc:ada", [])
    client.force_login(user)
    User.objects.filter(pk=user.pk).update(is_active=False)
    request = HttpRequest()
    request.session = client.session

    assert get_user(request).is_anonymous


@pytest.mark.parametrize(
    ("cluster_user", "groups"),
    [("system:admin", []), ("ada", ["system:masters"]), ("ada", ["team", 7]), ("ada", [""]), ("", [])],
)
def test_the_clusters_own_names_are_nobodys_even_when_the_row_has_them(cluster_user: str, groups: list[object]) -> None:
    user = person(cluster_user, groups)

    with pytest.raises(PermissionDenied):
        identity_of(user)


def test_the_clusters_own_names_are_not_accepted() -> None:
    user = User.objects.create_user("ada")

    with pytest.raises(ValidationError) as refused:
        Person(user=user, cluster_user="system:admin", cluster_groups=["system:masters"]).full_clean()

    assert set(refused.value.message_dict) == {"cluster_user", "cluster_groups"}


def test_demo_people_are_seeded_with_one_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRAINYARD_DEMO_PASSWORD", "demo")

    call_command("seed_people", stdout=StringIO())
    call_command("seed_people", stdout=StringIO())  # again: nothing is doubled

    alice, admin = User.objects.get(username="alice"), User.objects.get(username="admin")
    assert identity_of(alice) == Identity("alice", ("team-vision",))
    assert admin.person.console_admin
    assert "system:masters" not in admin.person.cluster_groups
    assert User.objects.count() == 5
    assert alice.check_password("demo")


def test_the_demo_password_is_made_once_and_for_its_owner_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("TRAINYARD_DEMO_PASSWORD", raising=False)

    first, second = demo_password(tmp_path), demo_password(tmp_path)

    assert first == second
    assert (tmp_path / "secrets" / "demo-password").stat().st_mode & 0o777 == 0o600


def test_demo_people_are_for_local_mode_only(settings: Settings) -> None:
    settings.LOCAL_MODE = False

    with pytest.raises(CommandError):
        call_command("seed_people", stdout=StringIO())
