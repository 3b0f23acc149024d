"""A redirect is followed where it was configured, and takes no credentials along."""

import pytest

from console.registries.endpoint import Credentials
from tests.registries.asking import client_for
from tests.registries.odd_registry import Asked, OddRegistry, Said
from tests.registries.pushing import digest


def redirecting(odd: OddRegistry, location: str) -> None:
    config = b'{"os":"linux","architecture":"amd64"}'
    odd.on("/v2/a/manifests/1", Said(body={"config": {"digest": digest(config), "size": 9}, "layers": []}))
    odd.on(f"/v2/a/blobs/{digest(config)}", Said(307, headers={"Location": location}))
    odd.on("/storage", Said(body=config))


@pytest.mark.parametrize(
    "location",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://[::ffff:169.254.169.254]/",
        "http://metadata.google.internal/",
        "http://127.0.0.1:6379/",
        "http://localhost/",
        "file:///etc/passwd",
        "https://evil.example/",
        "http://user@127.0.0.1/",
        "http://127.0.0.1:0x10/",
        "http://a\tb/",
    ],
)
def test_a_redirect_elsewhere_is_not_followed(odd: OddRegistry, location: str) -> None:
    redirecting(odd, location)

    with client_for(odd.address) as client:
        details = client.image("a", "1")

    assert details.platforms == ()  # the config was not to be had, the rest was
    assert len(odd.asked) == 2


def test_a_redirect_to_a_blob_host_is_followed_without_the_credentials(odd: OddRegistry) -> None:
    with OddRegistry() as storage:
        redirecting(odd, f"{storage.address}/storage")
        storage.on("/storage", Said(body=b'{"os":"linux","architecture":"amd64"}'))
        said = odd._paths["/v2/a/manifests/1"]
        assert isinstance(said, Said)

        def guarded(asked: Asked) -> Said:
            return said if asked.authorization else Said(401, headers={"WWW-Authenticate": "Basic realm=x"})

        odd.on("/v2/a/manifests/1", guarded)
        with client_for(odd.address, Credentials("ada", "pass"), blob_hosts=frozenset({storage.host})) as client:
            details = client.image("a", "1")

    assert details.platforms == ("linux/amd64",)
    assert odd.asked[-1].authorization.startswith("Basic ")
    assert [asked.authorization for asked in storage.asked] == [""]


def test_a_redirect_within_the_registry_keeps_them(odd: OddRegistry) -> None:
    redirecting(odd, "/storage")

    with client_for(odd.address) as client:
        details = client.image("a", "1")

    assert details.platforms == ("linux/amd64",)
