"""The distribution API against a real registry, and against one that misbehaves in every way we know."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from console.registries.addresses import Reach
from console.registries.client import SECONDS, RegistryClient
from console.registries.endpoint import Credentials, Endpoint, parse_origin
from console.registries.troubles import Code, RegistryTrouble, Trouble
from tests.registries.odd_registry import Asked, OddRegistry, Said
from tests.registries.pushing import digest, push_image, push_index
from tests.registries.real_registry import PASSWORD, USERNAME, RealRegistry, running_registry

HERE = Reach(named=frozenset({"127.0.0.1", "localhost"}))


def client_for(address: str, credentials: Credentials | None = None, **changes: Any) -> RegistryClient:
    origin = parse_origin(address)
    assert origin
    seconds = changes.pop("seconds", SECONDS)
    return RegistryClient(Endpoint(**{"origin": origin, "reach": HERE} | changes), credentials, seconds=seconds)


def trouble_of(act: Callable[[], object]) -> Trouble:
    with pytest.raises(RegistryTrouble) as caught:
        act()
    return caught.value.trouble


# -- a real one --------------------------------------------------------------------------------------------------------


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


def self_signed(folder: Path) -> tuple[Path, Path]:
    import ipaddress

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "registry")])
    now = datetime.now(UTC)
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    files = folder / "cert.pem", folder / "key.pem"
    files[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    unencrypted = serialization.NoEncryption()
    pkcs8 = serialization.PrivateFormat.PKCS8
    files[1].write_bytes(key.private_bytes(serialization.Encoding.PEM, pkcs8, unencrypted))
    return files


# -- tokens ------------------------------------------------------------------------------------------------------------


def bearer(odd: OddRegistry, realm: str, *, challenge: str = "") -> None:
    """The registry wants tokens of a realm; the token "good" opens the list."""

    def listed(asked: Asked) -> Said:
        if asked.authorization == "Bearer good":
            return Said(body={"repositories": ["a/b"]})
        return Said(401, headers={"WWW-Authenticate": challenge or f'Bearer realm="{realm}",service="odd"'})

    odd.on("/v2/_catalog", listed)
    odd.on("/token", Said(body={"token": "good"}))


def test_a_token_is_fetched_with_the_credentials_and_used(odd: OddRegistry) -> None:
    bearer(odd, f"{odd.address}/token?x=1")

    with client_for(odd.address, Credentials("ada", "päss")) as client:
        names, _more = client.repositories()
        client.repositories()

    assert names == ["a/b"]
    fetched = [asked for asked in odd.asked if asked.path.startswith("/token")]
    assert [asked.path for asked in fetched] == ["/token?x=1&service=odd&scope=registry%3Acatalog%3A%2A"]
    assert fetched[0].authorization.startswith("Basic ")


@pytest.mark.parametrize(
    "realm",
    [
        "http://169.254.169.254/token",
        "http://evil.example/token",
        "https://127.0.0.2/token",
        "http://[::1]/token",
        "file:///etc/passwd",
        "http://user:password@127.0.0.1/token",
        "gopher://127.0.0.1/",
        "",
        "http://127.0.0.1:70000/",
        "//127.0.0.1/token",
    ],
)
def test_credentials_go_to_no_other_host_for_a_token(odd: OddRegistry, realm: str) -> None:
    bearer(odd, realm)

    with client_for(odd.address, Credentials("ada", "pass")) as client:
        trouble = trouble_of(client.repositories)

    assert trouble.code is Code.REALM
    assert len(odd.asked) == 1


def test_the_token_host_that_was_configured_is_asked(odd: OddRegistry) -> None:
    with OddRegistry() as tokens:
        port = tokens.host.rpartition(":")[2]
        bearer(odd, f"http://localhost:{port}/token")
        tokens.on("/token", Said(body={"access_token": "good"}))

        with client_for(odd.address, token_host="localhost") as client:
            names, _more = client.repositories()

    assert names == ["a/b"]


@pytest.mark.parametrize("token", ["", None, 7, "a b", "a\r\nX-Evil: 1", "é"])
def test_a_token_that_is_none_is_not_sent_on(odd: OddRegistry, token: object) -> None:
    bearer(odd, f"{odd.address}/token")
    odd.on("/token", Said(body={"token": token}))

    with client_for(odd.address) as client:
        trouble = trouble_of(client.repositories)

    assert trouble.code is Code.BAD_ANSWER


@pytest.mark.parametrize("challenge", ["Negotiate", "Basic realm=x", "Digest realm=x", "Bearer", " "])
def test_a_challenge_that_cannot_be_met_is_a_refusal(odd: OddRegistry, challenge: str) -> None:
    bearer(odd, "", challenge=challenge)

    with client_for(odd.address) as client:
        trouble = trouble_of(client.repositories)

    assert trouble.code in {Code.DENIED, Code.REALM}


# -- one that misbehaves -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (Said(503), Code.FAILED),
        (Said(418), Code.BAD_ANSWER),
        (Said(404), Code.NO_CATALOGUE),
        (Said(403), Code.DENIED),
        (Said(body=b"<html>"), Code.BAD_ANSWER),
        (Said(body=b""), Code.BAD_ANSWER),
        (Said(body=[]), Code.BAD_ANSWER),
        (Said(body={"repositories": "a"}), Code.BAD_ANSWER),
        (Said(body=b"[" * 100_000), Code.BAD_ANSWER),
        (Said(body=b"\xff\xfe{}"), Code.BAD_ANSWER),
        (Said(body=b" " * (5 * 1024 * 1024)), Code.TOO_LARGE),
        (Said(body=b"{}", headers={"Content-Encoding": "gzip"}), Code.BAD_ANSWER),
        (Said(302, headers={"Location": ""}), Code.BAD_ANSWER),
        (Said(302, headers={"Location": "/v2/_catalog"}), Code.BAD_ANSWER),
    ],
)
def test_each_wrong_answer_has_its_reason(odd: OddRegistry, said: Said, code: Code) -> None:
    odd.on("/v2/_catalog", said)

    with client_for(odd.address) as client:
        trouble = trouble_of(client.repositories)

    assert trouble.code is code


@pytest.mark.parametrize(
    ("header", "seconds"), [("7", 7), ("0", 1), ("999999", 3600), ("soon", 60), ("-1", 60), ("", 60), ("９", 60)]
)
def test_it_says_when_it_may_be_asked_again(odd: OddRegistry, header: str, seconds: int) -> None:
    odd.on("/v2/_catalog", Said(429, headers={"Retry-After": header.encode().decode("latin-1")}))

    with client_for(odd.address) as client:
        trouble = trouble_of(client.repositories)

    assert trouble == Trouble(Code.LIMITED, "", seconds)


@pytest.mark.parametrize("then", ["silence", "hang", "drip"])
def test_one_that_takes_too_long_is_left_in_time(odd: OddRegistry, then: str) -> None:
    odd.on("/v2/_catalog", Said(then=then))
    started = time.monotonic()

    with client_for(odd.address, seconds=0.4) as client:
        trouble = trouble_of(client.repositories)

    assert trouble.code is Code.NO_ANSWER
    assert time.monotonic() - started < 1


def test_one_that_answers_slowly_has_more_time_than_one_that_is_silent(odd: OddRegistry) -> None:
    def page(asked: Asked) -> Said:
        time.sleep(0.15)  # the registry's own slowness is what this is about
        number = len(odd.asked)
        link = {"Link": f'</v2/_catalog?last={number}>; rel="next"'} if number < 4 else {}
        return Said(body={"repositories": [f"r{number}"]}, headers=link)

    odd.on("/v2/_catalog", page)

    with client_for(odd.address, seconds=0.4) as client:
        names, _more = client.repositories()

    assert names == ["r1", "r2", "r3", "r4"]


def test_one_that_is_not_there_is_unreachable() -> None:
    with client_for("http://127.0.0.1:9") as client:
        trouble = trouble_of(client.check)

    assert trouble.code is Code.UNREACHABLE


def test_a_list_without_end_is_cut(odd: OddRegistry) -> None:
    def page(asked: Asked) -> Said:
        number = len(odd.asked)
        return Said(
            body={"repositories": [f"r/{number}"]}, headers={"Link": f'</v2/_catalog?last={number}>; rel="next"'}
        )

    odd.on("/v2/_catalog", page)

    with client_for(odd.address) as client:
        names, more = client.repositories()

    assert len(names) == 20
    assert more


def test_the_next_page_is_asked_of_the_same_registry_whatever_it_says(odd: OddRegistry) -> None:
    link = '<http://169.254.169.254/latest/meta-data?last=a>; rel="next"'
    pages = iter([Said(body={"repositories": ["a"]}, headers={"Link": link}), Said(body={"repositories": ["b"]})])
    odd.on("/v2/_catalog", lambda _asked: next(pages))

    with client_for(odd.address) as client:
        names, _more = client.repositories()

    assert names == ["a", "b"]
    assert odd.asked[1].path == "/v2/_catalog?last=a"


@pytest.mark.parametrize(
    "name", ["../../secrets", "a//b", "A/b", "a/..", "%2e%2e/x", "", "a b", "a?x=1", "a#b", 7, None]
)
def test_names_that_are_none_are_left_out_and_never_asked_for(odd: OddRegistry, name: Any) -> None:
    odd.on("/v2/_catalog", Said(body={"repositories": ["good", name]}))

    with client_for(odd.address) as client:
        names, _more = client.repositories()
        if isinstance(name, str):
            assert trouble_of(lambda: client.tags(name)).code is Code.NOT_FOUND

    assert names == ["good"]
    assert len(odd.asked) == 1


def test_a_manifest_that_is_not_what_its_digest_says_is_refused(odd: OddRegistry) -> None:
    body = b'{"schemaVersion":2}'
    odd.on("/v2/a/manifests/1", Said(body=body, headers={"Docker-Content-Digest": digest(b"other")}))
    other = digest(b"other")
    odd.on(f"/v2/a/manifests/{other}", Said(body=body))

    with client_for(odd.address) as client:
        assert trouble_of(lambda: client.image("a", "1")).code is Code.BAD_ANSWER
        assert trouble_of(lambda: client.image("a", other)).code is Code.BAD_ANSWER


ODD_MANIFESTS: list[Any] = [
    {},
    {"manifests": "x"},
    {"manifests": [None, 7, {"platform": 3, "digest": 4}, {"digest": "sha256:" + "a" * 64}]},
    {"layers": {"size": 1}, "config": 7},
    {"layers": [None, {"size": -5}, {"size": "9"}, {"size": 10**400}], "config": {"digest": "../../x"}},
]


@pytest.mark.parametrize("manifest", ODD_MANIFESTS)
def test_a_manifest_of_any_shape_is_read_without_a_stumble(odd: OddRegistry, manifest: Any) -> None:
    odd.on("/v2/a/manifests/1", Said(body=manifest))

    with client_for(odd.address) as client:
        details = client.image("a", "1")

    assert details.digest.startswith("sha256:")
    assert details.created_at is None


@pytest.mark.parametrize(
    "config",
    [
        {"created": "0001-01-01T00:00:00Z", "os": 7, "architecture": ["x"]},
        {"created": "9999-12-31T23:59:59-23:59", "config": {"Env": "CUDA_VERSION=12", "Labels": []}},
        {"created": "x" * 10_000, "config": {"Env": [None, "CUDA_VERSION=<script>"]}},
        {"created": 5, "config": 5},
    ],
)
def test_a_config_of_any_shape_is_read_without_a_stumble(odd: OddRegistry, config: Any) -> None:
    import json

    body = json.dumps(config).encode()
    odd.on("/v2/a/manifests/1", Said(body={"config": {"digest": digest(body), "size": 9}, "layers": []}))
    odd.on(f"/v2/a/blobs/{digest(body)}", Said(body=body))

    with client_for(odd.address) as client:
        details = client.image("a", "1")

    assert (details.created, details.platforms, details.cuda_version) == ("", (), "")


# -- redirects ---------------------------------------------------------------------------------------------------------


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
