"""The distribution API against a real registry."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from console.registries.endpoint import Credentials
from console.registries.troubles import Code
from tests.registries.asking import client_for, trouble_of
from tests.registries.certificates import self_signed
from tests.registries.pushing import push_image, push_index
from tests.registries.real_registry import PASSWORD, USERNAME, RealRegistry, running_registry


def test_an_image_for_one_platform_tells_all_about_itself(registry: RealRegistry) -> None:
    pushed = push_image(registry, "facts/single", "7", env=("PATH=/bin", "CUDA_VERSION=12.4.1"), layer=b"x" * 5000)

    with client_for(registry.address) as client:
        details = client.image("facts/single", "7")
        by_digest = client.image("facts/single", pushed)

    assert details.digest == pushed
    assert details.platforms == ("linux/amd64",)
    assert details.size_bytes is not None
    assert 5000 < details.size_bytes < 6000
    assert details.created_at == datetime(2026, 11, 20, 8, 30, tzinfo=UTC)
    assert details.cuda_version == "12.4.1"
    assert by_digest == details


def test_an_image_for_several_platforms_names_them_and_measures_the_usual_one(registry: RealRegistry) -> None:
    pushed = push_index(registry, "facts/index", "1", "arm64", "amd64", "s390x")

    with client_for(registry.address) as client:
        details = client.image("facts/index", "1")

    assert details.digest == pushed
    assert details.platforms == ("linux/amd64", "linux/arm64", "linux/s390x")
    assert details.size_bytes
    assert details.size_bytes > 500


def test_lists_are_read_to_their_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("console.registries.client._PAGE", 2)
    with running_registry() as registry:
        for number in range(5):
            push_image(registry, f"paging/image-{number}", "1")
            push_image(registry, "paging/image-0", f"tag-{number}")
        with client_for(registry.address) as client:
            names, more = client.repositories()
            tags, _more = client.tags("paging/image-0")

    assert sorted(names) == [f"paging/image-{number}" for number in range(5)]
    assert not more
    assert set(tags) == {"1", *(f"tag-{number}" for number in range(5))}


def test_what_is_not_there_is_not_found(registry: RealRegistry) -> None:
    push_image(registry, "facts/there", "1")

    with client_for(registry.address) as client:
        assert trouble_of(lambda: client.image("facts/there", "2")).code is Code.NOT_FOUND
        assert trouble_of(lambda: client.tags("facts/nowhere")).code is Code.NOT_FOUND


def test_name_and_password_open_a_guarded_one(guarded: RealRegistry) -> None:
    pushed = push_image(guarded, "private/model", "1")

    with client_for(guarded.address, Credentials(USERNAME, PASSWORD)) as client:
        client.check()
        names, _more = client.repositories()
        details = client.image("private/model", "1")

    assert "private/model" in names
    assert details.digest == pushed


@pytest.mark.parametrize("credentials", [None, Credentials(USERNAME, "wrong")])
def test_without_the_right_ones_it_refuses(guarded: RealRegistry, credentials: Credentials | None) -> None:
    with client_for(guarded.address, credentials) as client:
        trouble = trouble_of(client.repositories)

    assert trouble.code is Code.DENIED


def test_its_own_authority_is_trusted_where_it_is_named(tmp_path: Path) -> None:
    certificate, key = self_signed(tmp_path)
    with running_registry(tls=(certificate, key)) as registry:
        address = f"https://{registry.host}"
        with client_for(address) as client:
            trouble = trouble_of(client.check)
        with client_for(address, ca_certificate=certificate.read_text()) as client:
            client.check()

    assert trouble.code is Code.TLS
