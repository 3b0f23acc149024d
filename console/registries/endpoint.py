"""Where a registry is and what it may lead to, as the client needs it."""

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from console.registries.addresses import Reach
from console.registries.references import HUB_HOST, is_host

HUB_ADDRESS = "https://registry-1.docker.io"
# Docker Hub gives tokens and blobs from other names than its own (docs.docker.com, "Allowlist for Docker Desktop").
HUB_TOKEN_HOST = "auth.docker.io"  # noqa: S105
HUB_BLOB_HOSTS = frozenset(
    {"production.cloudflare.docker.com", "docker-images-prod.s3.dualstack.us-east-1.amazonaws.com"}
    | {"*.r2.cloudflarestorage.com", "production.cloudfront.docker.com"}
)
_SCHEMES = {"https": 443, "http": 80}
_PORT = re.compile(r"[1-9][0-9]{0,4}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Origin:
    scheme: str  # "https" or "http"
    host: str  # without port; IPv6 in brackets
    port: int

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.authority}"

    @property
    def authority(self) -> str:
        """The host as references and the Host header name it: with the port, unless it goes without saying."""
        return self.host if _SCHEMES[self.scheme] == self.port else f"{self.host}:{self.port}"


def parse_origin(text: str) -> Origin | None:
    """ "https://harbor.example.com:8443" and nothing behind it but a slash; without a scheme it is https."""
    scheme, separator, rest = text.partition("://")
    if not separator:
        scheme, rest = "https", text
    rest = rest.removesuffix("/")
    scheme = scheme.lower()
    if scheme not in _SCHEMES or not rest or not is_host(rest):
        return None
    host, port = _split_port(rest)
    if not port:
        return Origin(scheme, host.lower(), _SCHEMES[scheme])
    if not _PORT.fullmatch(port) or int(port) > 65535:
        return None
    return Origin(scheme, host.lower(), int(port))


def origin_of_url(url: str) -> Origin | None:
    """Of an address that a registry sent: scheme, host and port, or None when it is not one of HTTP, or has a user."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    if parts.username is not None or parts.password is not None or not url.isascii() or not url.isprintable():
        return None
    return parse_origin(f"{parts.scheme}://{parts.netloc}") if parts.scheme and parts.netloc else None


def _split_port(text: str) -> tuple[str, str]:
    if text.startswith("["):
        host, _bracket, rest = text.partition("]")
        return f"{host}]", rest.removeprefix(":")
    host, _colon, port = text.partition(":")
    return host, port


@dataclass(frozen=True, slots=True)
class Credentials:
    username: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One registry."""

    origin: Origin
    reach: Reach = Reach()
    ca_certificate: str = ""  # PEM, beside the usual authorities
    is_hub: bool = False
    token_host: str = ""  # may give tokens, and gets the credentials for it; its own host may always
    blob_hosts: frozenset[str] = frozenset()  # may be redirected to, without credentials; "*.example.com" too

    @property
    def reference_host(self) -> str:
        return HUB_HOST if self.is_hub else self.origin.authority
