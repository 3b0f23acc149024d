"""The distribution API v2 (OCI distribution-spec 1.1, and Docker's registry before it): lists, tags, manifests.

One client is one look: deadlines for each request and for all of them, one set of credentials, tokens for as long as it
lasts. Whatever a registry says is bounded and checked before it is used; redirects and token hosts are followed only
where they are configured, never with credentials to another host. Every method raises RegistryTrouble.
"""

import base64
import json
import re
from collections.abc import Callable
from typing import Any, Self
from urllib.parse import quote, urlencode, urljoin, urlsplit

from console.registries.addresses import matches
from console.registries.endpoint import Credentials, Endpoint, Origin, origin_of_url
from console.registries.manifests import ACCEPTED, ImageDetails, config_digest, details_of, digest_of, platform_manifest
from console.registries.references import is_digest, is_repository, is_tag
from console.registries.troubles import Code, RegistryTrouble
from console.registries.wire import Reply, Wire

SECONDS = 2.0  # for one request, so that a dead registry's tab says so within 3 on a busy machine, too
TOTAL_SECONDS = 10.0  # for one look: one that is slow, but answers, is no dead one
_PAGE = 1000  # names a page
_PAGES_MAX = 20
NAMES_MAX = 10_000
_LIST_BYTES = 4 * 1024 * 1024
_MANIFEST_BYTES = 4 * 1024 * 1024  # what distribution-spec asks registries to take, at least
_CONFIG_BYTES = 4 * 1024 * 1024
_TOKEN_BYTES = 64 * 1024
_REDIRECTS_MAX = 3
_RETRY_AFTER_MAX = 3600
_CHALLENGE = re.compile(r'([a-zA-Z_]+)="([^"]*)"')
_NEXT = re.compile(r'<([^<>]+)>\s*;\s*rel="?next"?')


class RegistryClient:
    def __init__(
        self,
        endpoint: Endpoint,
        credentials: Credentials | None,
        *,
        seconds: float | None = None,
        total_seconds: float | None = None,
    ) -> None:
        """`seconds` are for one request, `total_seconds` for all of them; None: SECONDS, TOTAL_SECONDS."""
        self._endpoint, self._credentials = endpoint, credentials
        self._wire = Wire(
            reach=endpoint.reach,
            ca_certificate=endpoint.ca_certificate,
            seconds=SECONDS if seconds is None else seconds,
            total_seconds=TOTAL_SECONDS if total_seconds is None else total_seconds,
        )
        self._authorizations: dict[str, str] = {}  # by scope

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._wire.__exit__()

    def check(self) -> None:
        """That a registry answers, and takes the credentials."""
        self._get("/v2/", scope="", limit_bytes=_TOKEN_BYTES)

    def repositories(self) -> tuple[list[str], bool]:
        """Names of all repositories that it lists, and whether there are more than are read."""
        try:
            return self._names("/v2/_catalog", "registry:catalog:*", "repositories", is_repository)
        except RegistryTrouble as exc:
            if exc.trouble.code is Code.NOT_FOUND:  # many public ones keep their list to themselves
                raise RegistryTrouble(Code.NO_CATALOGUE) from exc
            raise

    def tags(self, repository: str) -> tuple[list[str], bool]:
        path = f"/v2/{_checked(repository)}/tags/list"
        return self._names(path, _pull(repository), "tags", is_tag)

    def image(self, repository: str, reference: str) -> ImageDetails:
        """What is behind a tag or a digest; of an image for several platforms the one for linux/amd64 is measured."""
        manifest, digest = self._manifest(repository, reference)
        platforms, chosen = platform_manifest(manifest)
        if chosen:
            manifest, _digest = self._manifest(repository, chosen)
        return details_of(digest, manifest, platforms, self._config(repository, manifest))

    def _manifest(self, repository: str, reference: str) -> tuple[dict[str, Any], str]:
        if not (is_tag(reference) or is_digest(reference)):
            raise RegistryTrouble(Code.NOT_FOUND)
        path = f"/v2/{_checked(repository)}/manifests/{quote(reference, safe=':')}"
        reply = self._get(path, scope=_pull(repository), accept=ACCEPTED, limit_bytes=_MANIFEST_BYTES)
        digest = digest_of(reply.body)
        said = reply.headers.get("docker-content-digest", digest)
        asked = reference if reference.startswith("sha256:") else digest
        if asked != digest or (said != digest and said.startswith("sha256:")):
            raise RegistryTrouble(Code.BAD_ANSWER)  # somebody changed it on the way
        return _object(reply.body), digest

    def _config(self, repository: str, manifest: dict[str, Any]) -> dict[str, Any]:
        """Empty where the image has none, or where it is kept on a host that is not to be asked."""
        digest = config_digest(manifest)
        if not digest:
            return {}
        path = f"/v2/{_checked(repository)}/blobs/{digest}"
        try:
            reply = self._get(path, scope=_pull(repository), limit_bytes=_CONFIG_BYTES)
        except RegistryTrouble as exc:
            if exc.trouble.code in {Code.REDIRECT, Code.ADDRESS, Code.NOT_FOUND, Code.TOO_LARGE}:
                return {}
            raise
        return _object(reply.body) if digest_of(reply.body) == digest else {}

    def _names(self, path: str, scope: str, key: str, is_name: Callable[[str], bool]) -> tuple[list[str], bool]:
        """All pages of a list; names that no reference could have are left out."""
        found: list[str] = []
        query = urlencode({"n": _PAGE})
        for _page in range(_PAGES_MAX):
            reply = self._get(f"{path}?{query}", scope=scope, limit_bytes=_LIST_BYTES)
            names = _object(reply.body).get(key) or []
            if not isinstance(names, list):
                raise RegistryTrouble(Code.BAD_ANSWER)
            found += [name for name in names if isinstance(name, str) and is_name(name)]
            following = _next_query(reply.headers.get("link", ""))
            if not following or following == query or len(found) >= NAMES_MAX:
                return found[:NAMES_MAX], bool(following) and following != query
            query = following
        return found, True

    # -- one request ---------------------------------------------------------------------------------------------------

    def _get(self, target: str, *, scope: str, limit_bytes: int, accept: str = "") -> Reply:
        """The answer of success. Authenticates when, and as, the registry asks for it."""
        headers = [("Accept", accept)] if accept else []
        reply = self._follow(target, headers, self._authorizations.get(scope, ""), limit_bytes)
        if reply.status == 401 and scope not in self._authorizations:
            self._authorizations[scope] = self._authorize(reply.headers.get("www-authenticate", ""), scope)
            reply = self._follow(target, headers, self._authorizations[scope], limit_bytes)
        if 200 <= reply.status < 300:
            return reply
        raise _refusal(reply)

    def _follow(self, target: str, headers: list[tuple[str, str]], authorization: str, limit_bytes: int) -> Reply:
        own = self._endpoint.origin
        url, origin = f"{own.url}{target}", own
        for _redirect in range(_REDIRECTS_MAX + 1):
            sent = [*headers, ("Authorization", authorization)] if authorization and origin == own else headers
            reply = self._wire.get(url, sent, limit_bytes=limit_bytes)
            if reply.status not in {301, 302, 303, 307, 308}:
                return reply
            url = urljoin(url, reply.headers.get("location", ""))
            origin = self._redirected(url)
        raise RegistryTrouble(Code.BAD_ANSWER)

    def _redirected(self, url: str) -> Origin:
        """Where a redirect leads, if it may: to the registry itself, or one of its blob hosts."""
        own, there = self._endpoint.origin, origin_of_url(url)
        if there is None or (own.scheme == "https" and there.scheme != "https"):
            raise RegistryTrouble(Code.REDIRECT, there.authority if there else "")
        if there != own and not matches(there.host, there.port, self._endpoint.blob_hosts):
            raise RegistryTrouble(Code.REDIRECT, there.authority)
        return there

    # -- who asks ------------------------------------------------------------------------------------------------------

    def _authorize(self, challenge: str, scope: str) -> str:
        """The Authorization header that a challenge asks for. Raises DENIED where there is nothing to say."""
        kind, _space, rest = challenge.strip().partition(" ")
        if kind.lower() == "bearer":
            return f"Bearer {self._token(dict(_CHALLENGE.findall(rest)), scope)}"
        if kind.lower() == "basic" and self._credentials:
            return _basic(self._credentials)
        raise RegistryTrouble(Code.DENIED)

    def _token(self, challenge: dict[str, str], scope: str) -> str:
        """A token of the realm, for our own scope: what the challenge names is the registry's wish, not ours."""
        realm = self._realm(challenge.get("realm", ""))
        query = {"service": challenge["service"]} if challenge.get("service") else {}
        if scope:
            query["scope"] = scope
        headers = [("Authorization", _basic(self._credentials))] if self._credentials else []
        separator = "&" if "?" in realm else "?"
        reply = self._wire.get(f"{realm}{separator}{urlencode(query)}", headers, limit_bytes=_TOKEN_BYTES)
        if reply.status != 200:
            raise _refusal(reply)
        answer = _object(reply.body)
        token = answer.get("token") or answer.get("access_token")
        if not isinstance(token, str) or not token.isascii() or not token.isprintable() or " " in token:
            raise RegistryTrouble(Code.BAD_ANSWER)
        return token

    def _realm(self, realm: str) -> str:
        """The realm, if it may be asked: it gets the credentials, so it is on the registry's host or its token host."""
        own, there = self._endpoint.origin, origin_of_url(realm)
        if there is None:
            raise RegistryTrouble(Code.REALM)
        hosts = frozenset(filter(None, {own.host, self._endpoint.token_host}))
        if not matches(there.host, there.port, hosts) or (own.scheme == "https" and there.scheme != "https"):
            raise RegistryTrouble(Code.REALM, there.authority)
        parts = urlsplit(realm)
        return f"{there.url}{parts.path or '/'}" + (f"?{parts.query}" if parts.query else "")


def _checked(repository: str) -> str:
    """A name that is a path of names: "..", "%2e", "a//b" never become a part of an address."""
    if not is_repository(repository):
        raise RegistryTrouble(Code.NOT_FOUND)
    return repository


def _pull(repository: str) -> str:
    return f"repository:{repository}:pull"


def _basic(credentials: Credentials) -> str:
    pair = f"{credentials.username}:{credentials.password}".encode()
    return f"Basic {base64.b64encode(pair).decode()}"


def _next_query(link: str) -> str:
    """The query of the next page. Only that: where it is asked is ours to say."""
    for target in _NEXT.findall(link):
        query = urlsplit(target).query
        if query.isascii() and query.isprintable() and len(query) < 2000:
            return str(query)
    return ""


def _refusal(reply: Reply) -> RegistryTrouble:
    match reply.status:
        case 401 | 403:
            return RegistryTrouble(Code.DENIED)
        case 404:
            return RegistryTrouble(Code.NOT_FOUND)
        case 429:
            return RegistryTrouble(Code.LIMITED, retry_after_seconds=_retry_after(reply.headers.get("retry-after", "")))
        case status if status >= 500:
            return RegistryTrouble(Code.FAILED, str(status))
    return RegistryTrouble(Code.BAD_ANSWER)


def _retry_after(text: str) -> int:
    """Seconds; a date or nonsense counts as a minute."""
    return max(1, min(int(text), _RETRY_AFTER_MAX)) if re.fullmatch(r"[0-9]{1,6}", text, re.ASCII) else 60


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise RegistryTrouble(Code.BAD_ANSWER) from None
    if not isinstance(found, dict):
        raise RegistryTrouble(Code.BAD_ANSWER)
    return found
