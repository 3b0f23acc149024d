"""Pull Secrets of a namespace, read with a person's own rights, each time. Their values never leave this process.

Which entry belongs to an image is decided as kubelets do (kubernetes, pkg/credentialprovider/keyring.go).
"""

import base64
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied

from console.cluster import ClusterError, ClusterUnavailable, Forbidden, NotFound, connect
from console.cluster.resources import SECRET
from console.people.identity import identity_of
from console.registries.endpoint import Credentials
from console.registries.references import HUB_HOST, HUB_HOSTS
from console.registries.troubles import Code, RegistryTrouble

CONFIG_JSON = "kubernetes.io/dockerconfigjson"
CONFIG_OLD = "kubernetes.io/dockercfg"


@dataclass(frozen=True, slots=True)
class Entry:
    """Credentials for images below one address."""

    host: str  # "docker.io", "quay.io", "*.example.com", with a port where it has one
    path: str  # "" or "team-a": only repositories below it
    credentials: Credentials = field(repr=False)

    def fits(self, host: str, repository: str) -> bool:
        if not _host_fits(self.host, host):
            return False
        return not self.path or repository == self.path or repository.startswith(f"{self.path}/")


@dataclass(frozen=True, slots=True)
class PullSecret:
    name: str
    entries: tuple[Entry, ...]

    @property
    def hosts(self) -> tuple[str, ...]:
        return tuple(sorted({entry.host for entry in self.entries}))

    def credentials_for(self, host: str, repository: str) -> Credentials | None:
        """Of the entry whose path says most; `host` "" or "docker.io" is Docker Hub."""
        fitting = [entry for entry in self.entries if entry.fits(host or HUB_HOST, repository)]
        return max(fitting, key=lambda entry: len(entry.path)).credentials if fitting else None


def pull_secrets_in(user: User, namespace: str) -> list[PullSecret] | None:
    """By name; None where they cannot be looked up: not by this person, or not now."""
    try:
        cluster = connect(acting_as=identity_of(user))
        found = [
            secret
            for type_ in (CONFIG_JSON, CONFIG_OLD)
            for secret in cluster.list(SECRET, namespace, field_selector=f"type={type_}")
        ]
    except (ClusterError, PermissionDenied):
        return None
    return sorted(map(secret_of, found), key=lambda secret: secret.name)


def read_pull_secret(user: User, namespace: str, name: str) -> PullSecret:
    """One Secret. Raises RegistryTrouble that says why it cannot be used."""
    try:
        return secret_of(connect(acting_as=identity_of(user)).get(SECRET, namespace, name))
    except NotFound:
        raise RegistryTrouble(Code.SECRET_MISSING, name) from None
    except (Forbidden, PermissionDenied):
        raise RegistryTrouble(Code.SECRET_DENIED, name) from None
    except ClusterUnavailable:
        raise RegistryTrouble(Code.CLUSTER_AWAY) from None
    except ClusterError:
        raise RegistryTrouble(Code.SECRET_DENIED, name) from None


def secret_of(manifest: Mapping[str, Any]) -> PullSecret:
    """What a Secret holds; whatever in it is no credential is left out."""
    data = manifest.get("data") or {}
    config = _json(data.get(".dockerconfigjson")).get("auths") or _json(data.get(".dockercfg"))
    entries = tuple(_entries(config)) if isinstance(config, dict) else ()
    return PullSecret(str((manifest.get("metadata") or {}).get("name", "")), entries)


def _entries(auths: Mapping[str, Any]) -> Iterator[Entry]:
    for address, auth in auths.items():
        credentials = _credentials(auth if isinstance(auth, dict) else {})
        if credentials:
            host, path = _split(str(address))
            yield Entry(host, path, credentials)


def _credentials(auth: Mapping[str, Any]) -> Credentials | None:
    username, password = auth.get("username"), auth.get("password")
    if not username and isinstance(auth.get("auth"), str):
        try:
            username, _colon, password = base64.b64decode(auth["auth"]).decode().partition(":")
        except ValueError:
            return None
    if not (isinstance(username, str) and isinstance(password, str) and username):
        return None
    return Credentials(username, password)


def _split(address: str) -> tuple[str, str]:
    """ "https://index.docker.io/v1/" is Docker Hub; "quay.io/team-a" a folder of Quay."""
    rest = address.partition("://")[2] or address
    host, _slash, path = rest.partition("/")
    path = path.strip("/")
    if path in {"v1", "v2"}:
        path = ""
    host = host.lower()
    return (HUB_HOST if host in HUB_HOSTS else host), path


def _host_fits(pattern: str, host: str) -> bool:
    """Part by part, since "*" stands for one part; a pattern with a port wants that port."""
    host = HUB_HOST if host.lower() in HUB_HOSTS else host.lower()
    wanted, _colon, wanted_port = pattern.partition(":")
    given, _colon, given_port = host.partition(":")
    if wanted_port != given_port:
        return False
    parts, others = wanted.split("."), given.split(".")
    return len(parts) == len(others) and all(fnmatchcase(b, a) for a, b in zip(parts, others, strict=True))


def _json(encoded: object) -> dict[str, Any]:
    if not isinstance(encoded, str):
        return {}
    try:
        found = json.loads(base64.b64decode(encoded))
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
