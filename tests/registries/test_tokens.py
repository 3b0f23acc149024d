"""Who gives tokens, who gets the credentials for them, and what is no token."""

import pytest

from console.registries.endpoint import Credentials
from console.registries.troubles import Code
from tests.registries.asking import client_for, trouble_of
from tests.registries.odd_registry import Asked, OddRegistry, Said


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
