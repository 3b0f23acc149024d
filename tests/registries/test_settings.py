"""The settings of registries: who may, what is refused beside its field, and what is never shown."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from console.registries.models import Answer, Registry
from tests.registries.certificates import self_signed
from tests.registries.cluster import ClusterWithSecrets, pull_secret
from tests.registries.conftest import Configure
from tests.registries.odd_registry import OddRegistry, Said
from tests.registries.pushing import push_image
from tests.registries.real_registry import PASSWORD, USERNAME, RealRegistry

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "index"])
CONSOLE, VISION = "/settings/registries/", "/n/vision/registries/"
TYPED = {"title": "Harbor", "address": "https://harbor.example.com", "kind": "v2", "tab": "shared"}


def created(browser: Client, place: str = CONSOLE, **typed: Any) -> Registry:
    answer = browser.post(f"{place}create/", TYPED | typed)
    assert answer.status_code == 302, answer.content.decode()
    return Registry.objects.latest("pk")


def test_an_administrator_creates_changes_and_removes_one(admin: Client) -> None:
    row = created(admin, address="HTTPS://Harbor.Example.com/", folder="team-a/", blob_hosts="*.s3.example.com\n")
    edited = admin.post(f"{CONSOLE}{row.pk}/", TYPED | {"title": "Harbor 2", "version": 1})
    listed = admin.get(CONSOLE).content.decode()
    asked = admin.get(f"{CONSOLE}{row.pk}/remove/").content.decode()
    removed = admin.post(f"{CONSOLE}{row.pk}/remove/")

    assert (row.address, row.prefix, row.blob_hosts) == ("https://harbor.example.com", "team-a", ["*.s3.example.com"])
    assert edited.status_code == 302
    assert "Harbor 2" in listed
    assert "Remove Harbor 2?" in asked
    assert removed.status_code == 302
    assert not Registry.objects.exists()


def test_the_consoles_are_for_its_administrators(alice: Client, configure: Configure) -> None:
    row = configure("https://harbor.example.com")

    for path in ("", "create/", f"{row.pk}/", f"{row.pk}/remove/"):
        assert alice.get(CONSOLE + path).status_code == 403
        assert alice.post(CONSOLE + path, TYPED).status_code in {403, 405}
    assert Client().get(CONSOLE).status_code == 302


def test_a_namespaces_are_for_those_who_may_create_secrets_there(
    alice: Client, carol: Client, bob: Client, admin: Client
) -> None:
    row = created(alice, VISION, pull_secret="robot")

    assert (row.namespace, row.tab, row.pull_secret) == ("vision", "mine", "robot")
    assert alice.get(f"{VISION}{row.pk}/").status_code == 200
    for browser, status in ((carol, 403), (bob, 404), (admin, 404)):
        for path in ("create/", f"{row.pk}/", f"{row.pk}/remove/"):
            assert browser.get(VISION + path).status_code == status
        assert browser.post(f"{VISION}{row.pk}/remove/").status_code == status
    assert Registry.objects.filter(pk=row.pk).exists()


def test_everybody_who_sees_the_namespace_looks_at_its_list_and_finds_it_from_the_tasks(
    alice: Client, carol: Client, bob: Client, admin: Client
) -> None:
    row = created(alice, VISION)

    hers, his = alice.get(VISION).content.decode(), carol.get(VISION).content.decode()

    assert f'href="{VISION}"' in carol.get("/n/vision/tasks/").content.decode()
    assert row.title in hers
    assert row.title in his
    assert f'href="{VISION}create/"' in hers
    assert f'href="{VISION}{row.pk}/"' in hers
    assert f'href="{VISION}create/"' not in his
    assert f'href="{VISION}{row.pk}/"' not in his
    assert bob.get(VISION).status_code == admin.get(VISION).status_code == 404


def test_the_namespace_is_marked_in_the_header_of_its_registries_pages(alice: Client, configure: Configure) -> None:
    row = configure("https://harbor.example.com", namespace="vision")

    for path in ("", "create/", f"{row.pk}/", f"{row.pk}/remove/"):
        page = alice.get(VISION + path).content.decode()
        assert '<a class="menu-item" href="/n/vision/tasks/" aria-current="true">' in page


def test_a_row_is_found_at_its_own_place_alone(alice: Client, admin: Client, configure: Configure) -> None:
    of_console = configure("https://one.example.com")
    of_vision = configure("https://two.example.com", namespace="vision")
    of_nlp = configure("https://three.example.com", namespace="nlp")

    assert alice.get(f"{VISION}{of_console.pk}/").status_code == 404
    assert alice.get(f"{VISION}{of_nlp.pk}/").status_code == 404
    assert admin.get(f"{CONSOLE}{of_vision.pk}/").status_code == 404
    assert alice.post(f"{VISION}{of_console.pk}/remove/").status_code == 404


WRONG: list[tuple[str, str]] = [
    ("title", ""),
    ("title", "x" * 65),
    ("title", "a\u202eb"),
    ("title", "a\0b"),
    ("address", ""),
    ("address", "ftp://harbor.example.com"),
    ("address", "https://harbor.example.com/path"),
    ("address", "https://user:pass@harbor.example.com"),
    ("address", "https://harbor.example.com?x"),
    ("address", "https://harbor.example.com:0"),
    ("address", "https://harbor.example.com:65536"),
    ("address", "https://harbor.example.com:８０"),
    ("address", "https://harbör.example.com"),
    ("address", "https://har bor"),
    ("address", "https://-x"),
    ("address", "javascript:alert(1)"),
    ("address", "https://169.254.169.254"),
    ("address", "https://[fe80::1]"),
    ("address", "https://[::ffff:169.254.169.254]"),
    ("address", "https://0.0.0.0"),
    ("address", "https://127.0.0.2"),
    ("address", "https://[::1]"),
    ("folder", "../x"),
    ("folder", "Team"),
    ("repositories", "good\n../bad"),
    ("repositories", "https://x/y"),
    ("repositories", "\n".join(f"r{number}" for number in range(501))),
    ("token_host", "https://auth.example.com"),
    ("token_host", "a b"),
    ("blob_hosts", "*"),
    ("blob_hosts", "a\n*.*.b"),
    ("blob_hosts", "https://x"),
    ("ca_certificate", "certificate"),
    ("ca_certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"),
    ("ca_certificate", "-----BEGIN PRIVATE KEY-----"),
    ("ca_certificate", "x" * 70_000),
    ("kind", "v3"),
    ("tab", "mine"),
    ("username", "a\nb"),
]


@pytest.mark.parametrize(("field", "wrong"), WRONG)
def test_what_cannot_be_is_said_beside_its_field(admin: Client, field: str, wrong: str) -> None:
    page = admin.post(f"{CONSOLE}create/", TYPED | {"folder": "kept-as-typed"} | {field: wrong})

    found = page.content.decode()
    assert page.status_code == 422
    assert field in page.context["form"].errors
    assert f'href="#id_{field}"' in found
    assert field == "folder" or "kept-as-typed" in found
    assert not Registry.objects.exists()


def test_a_namespace_may_not_name_internal_addresses(alice: Client, cluster: ClusterWithSecrets) -> None:
    for address in ("http://10.0.0.7:5000", "https://192.168.0.1", "https://[fd12::1]"):
        page = alice.post(f"{VISION}create/", TYPED | {"address": address})
        assert "address" in page.context["form"].errors


def test_a_namespace_may_name_an_internal_one_that_an_administrator_has(alice: Client, configure: Configure) -> None:
    configure("http://10.0.0.7:5000")

    row = created(alice, VISION, address="http://10.0.0.7:5000")

    assert row.namespace == "vision"


def test_messages_are_in_chinese_too(admin: Client) -> None:
    admin.cookies["language"] = "zh-hans"

    found = admin.post(f"{CONSOLE}create/", TYPED | {"title": "", "address": "ftp://x"}).content.decode()

    assert "请仅填写协议、主机和端口" in found


def test_a_password_is_encrypted_kept_and_never_shown(admin: Client) -> None:
    secret = "correct horse battery"
    row = created(admin, username="robot", password=secret)
    page = admin.get(f"{CONSOLE}{row.pk}/").content.decode()
    admin.post(f"{CONSOLE}{row.pk}/", TYPED | {"username": "robot", "password": "", "version": 1})

    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT password FROM registries_registry")
        (stored,) = cursor.fetchone()
    assert secret not in stored
    assert secret not in page
    assert Registry.objects.get().password == secret
    admin.post(f"{CONSOLE}{row.pk}/", TYPED | {"username": "", "version": 2})
    assert Registry.objects.get().password is None


@pytest.mark.parametrize(
    ("field", "changed"), [("address", "https://evil.example.com"), ("token_host", "evil.example.com")]
)
def test_a_stored_password_goes_to_no_new_address(admin: Client, field: str, changed: str) -> None:
    row = created(admin, username="robot", password="secret")

    page = admin.post(f"{CONSOLE}{row.pk}/", TYPED | {"username": "robot", "version": 1} | {field: changed})
    tried = admin.post(f"{CONSOLE}{row.pk}/test/", TYPED | {"username": "robot"} | {field: changed}).content.decode()

    assert page.status_code == 422
    assert "password" in page.context["form"].errors
    assert "It was not asked yet" in tried
    assert Registry.objects.get().address == TYPED["address"]


def test_of_two_who_edit_the_second_is_told_and_loses_nothing(admin: Client) -> None:
    row = created(admin)
    admin.post(f"{CONSOLE}{row.pk}/", TYPED | {"title": "First", "version": 1})

    second = admin.post(f"{CONSOLE}{row.pk}/", TYPED | {"title": "Second", "version": 1})

    assert second.status_code == 409
    assert "Somebody else has changed this meanwhile" in second.content.decode()
    assert 'value="Second"' in second.content.decode()
    assert Registry.objects.get().title == "First"


def test_a_title_is_there_once_a_place(admin: Client, alice: Client) -> None:
    created(admin)
    page = admin.post(f"{CONSOLE}create/", TYPED)
    created(alice, VISION)

    assert "title" in page.context["form"].errors


def test_what_was_said_before_a_change_is_forgotten(admin: Client, configure: Configure, odd: OddRegistry) -> None:
    odd.on("/v2/_catalog", Said(body={"repositories": ["old"]}))
    row = configure(odd.address, title="Harbor")
    admin.get(f"/images/registry/{row.pk}/")

    admin.post(f"{CONSOLE}{row.pk}/", TYPED | {"address": odd.address, "version": 1})

    assert not Answer.objects.exists()


def test_trying_says_what_was_seen_and_saves_nothing(admin: Client, registry: RealRegistry) -> None:
    push_image(registry, "tried/model", "1")

    found = admin.post(f"{CONSOLE}test/", TYPED | {"address": registry.address, "folder": "tried"}).content.decode()

    assert "The registry answers." in found
    assert "Images that it offers: 1." in found
    assert not Registry.objects.exists()


def test_trying_without_scripts_keeps_what_was_typed(admin: Client, registry: RealRegistry) -> None:
    typed = TYPED | {"address": registry.address, "go": "test"}

    page = admin.post(f"{CONSOLE}create/", typed)

    assert page.status_code == 200
    assert "The registry answers." in page.content.decode()
    assert f'value="{registry.address}"' in page.content.decode()
    assert not Registry.objects.exists()


def test_trying_with_the_secret_of_the_namespace(
    alice: Client, cluster: ClusterWithSecrets, guarded: RealRegistry
) -> None:
    cluster.secrets["robot"] = pull_secret("robot", **{guarded.host: (USERNAME, PASSWORD)})
    typed = TYPED | {"address": guarded.address}

    with_it = alice.post(f"{VISION}test/", typed | {"pull_secret": "robot"}).content.decode()
    without = alice.post(f"{VISION}test/", typed).content.decode()
    form = alice.get(f"{VISION}create/").content.decode()

    assert "answers and takes the credentials" in with_it
    assert "The registry refuses" in without
    assert re.search(r'<option value="robot">127\.0\.0\.1:\d+</option>', form)
    assert PASSWORD not in with_it + form


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("http://127.0.0.1:9", "cannot be reached"),
        ("https://127.0.0.1:9", "cannot be reached"),
        ("https://no-such-host.invalid", "no address is known"),
    ],
)
def test_trying_one_that_is_not_there_says_so(admin: Client, address: str, words: str) -> None:
    found = admin.post(f"{CONSOLE}test/", TYPED | {"address": address}).content.decode()

    assert words in found


def test_a_certificate_is_taken_as_it_is(admin: Client, tmp_path: Path) -> None:
    certificate, key = self_signed(tmp_path)

    row = created(admin, ca_certificate=certificate.read_text())
    page = admin.post(f"{CONSOLE}create/", TYPED | {"title": "x", "ca_certificate": key.read_text()})

    assert row.ca_certificate == certificate.read_text().strip()
    assert "ca_certificate" in page.context["form"].errors


def test_a_namespace_has_a_bounded_number_of_them(alice: Client, configure: Configure) -> None:
    for number in range(20):
        configure(f"https://r{number}.example.com", namespace="vision")

    page = alice.post(f"{VISION}create/", TYPED)

    assert page.status_code == 422
    assert "There are 20 registries already." in page.content.decode()
