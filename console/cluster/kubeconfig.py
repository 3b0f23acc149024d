"""From a kubeconfig to an endpoint: address, TLS context, token.

Certificates and tokens are read here: the official library costs 17 MB a process and 0.2 s just to be imported, and
five processes of ours would pay that for one base64 decoding. It is loaded only for what it is really needed for:
credential plug-ins (`exec`), auth providers, and a pod's own service account.
"""

import base64
import binascii
import os
import ssl
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from console.cluster.errors import ClusterUnavailable


class UnusableKubeconfig(ClusterUnavailable):
    """The file is missing, unreadable or asks for what is not supported. It may be written any moment."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where an API server is, and how one credential speaks to it. Carries no person's identity; shared by threads."""

    server: str  # "https://127.0.0.1:6443", perhaps with a path, without a slash at the end
    tls: ssl.SSLContext | None  # None: plain HTTP (tests on loopback)
    token: Callable[[], str] = field(compare=False)  # "" where a certificate says who we are
    tls_server_name: str = ""


_endpoints: dict[str, tuple[tuple[int, int, int], Endpoint]] = {}
_lock = threading.Lock()
os.register_at_fork(before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_lock.release)


def endpoint_of(path: str) -> Endpoint:
    """The endpoint of a kubeconfig's current context, read again whenever the file changes.

    Without a file, inside a pod, the pod's own service account. Raises UnusableKubeconfig.
    """
    try:
        stat = os.stat(path)
        version = (stat.st_mtime_ns, stat.st_ino, stat.st_size)
    except OSError as exc:
        if "KUBERNETES_SERVICE_HOST" not in os.environ:
            raise UnusableKubeconfig(f"There is no kubeconfig at {path}.") from exc
        version = (0, 0, 0)
    with _lock:
        known, endpoint = _endpoints.get(path, (None, None))
        if endpoint is None or known != version:
            endpoint = _read(path) if version != (0, 0, 0) else _from_library(None)
            _endpoints[path] = (version, endpoint)
        return endpoint


def _read(path: str) -> Endpoint:
    try:
        document = yaml.safe_load(Path(path).read_text())
        context = _named(document, "contexts", "context", document["current-context"])
        cluster = _named(document, "clusters", "cluster", context["cluster"])
        user = _named(document, "users", "user", context["user"])
        if {"exec", "auth-provider"} & user.keys() or "proxy-url" in cluster:
            return _from_library(path)
        return _endpoint(cluster, user, folder=Path(path).parent)
    except UnusableKubeconfig:
        raise
    except (OSError, yaml.YAMLError, KeyError, TypeError, ValueError, binascii.Error, ssl.SSLError) as exc:
        raise UnusableKubeconfig(f"The kubeconfig {path} cannot be used: {type(exc).__name__}: {exc}") from exc


def _endpoint(cluster: dict[str, Any], user: dict[str, Any], *, folder: Path) -> Endpoint:
    server = cluster["server"].rstrip("/")
    token = _token_of(user, folder)
    if urlsplit(server).scheme != "https":
        return Endpoint(server, None, token)
    context = _tls(
        authority=_bytes(cluster, "certificate-authority", folder),
        certificate=_bytes(user, "client-certificate", folder),
        key=_bytes(user, "client-key", folder),
        insecure=bool(cluster.get("insecure-skip-tls-verify")),
    )
    return Endpoint(server, context, token, cluster.get("tls-server-name", ""))


def _token_of(user: dict[str, Any], folder: Path) -> Callable[[], str]:
    if "tokenFile" in user:
        path = folder / user["tokenFile"]
        return lambda: _read_token(path)  # each time: it rotates
    value = str(user.get("token") or "")
    return lambda: value


def _read_token(path: Path) -> str:
    try:
        return path.read_text().strip()
    except (OSError, UnicodeDecodeError) as exc:
        raise UnusableKubeconfig(f"The token {path} cannot be read: {exc}") from exc


def _tls(*, authority: bytes, certificate: bytes, key: bytes, insecure: bool) -> ssl.SSLContext:
    context = ssl.create_default_context(cadata=authority.decode() if authority else None)
    if insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if certificate:
        with _file(certificate) as certificate_path, _file(key) as key_path:
            context.load_cert_chain(certificate_path, key_path)
    return context


@contextmanager
def _file(content: bytes) -> Iterator[str]:
    """OpenSSL takes certificates from files alone: one that its owner alone can read, for as long as that takes."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        yield file.name


def _bytes(section: dict[str, Any], name: str, folder: Path) -> bytes:
    if data := section.get(f"{name}-data"):
        return base64.b64decode(data, validate=True)
    if path := section.get(name):
        return (folder / str(path)).read_bytes()
    return b""


def _named(document: dict[str, Any], section: str, kind: str, name: str) -> dict[str, Any]:
    for entry in document[section]:
        if entry["name"] == name:
            found: dict[str, Any] = entry[kind] or {}
            return found
    raise UnusableKubeconfig(f"The kubeconfig has no {kind} named {name!r}.")


def _from_library(path: str | None) -> Endpoint:
    """Through the official library: credential plug-ins, and a pod's own service account (path None)."""
    from kubernetes import client, config  # loaded here alone: see the top of this file

    configuration = client.Configuration()
    try:
        if path is None:
            config.load_incluster_config(client_configuration=configuration)  # type: ignore[no-untyped-call]
        else:
            config.load_kube_config(path, client_configuration=configuration)  # type: ignore[no-untyped-call]
    except Exception as exc:  # whatever a plug-in of somebody else's raises
        raise UnusableKubeconfig(f"The kubeconfig {path or '(service account)'} cannot be used: {exc}") from exc
    if configuration.proxy:
        raise UnusableKubeconfig(f"The kubeconfig {path} names a proxy; that is not supported.")
    context = ssl.create_default_context(cafile=configuration.ssl_ca_cert)
    if not configuration.verify_ssl:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if configuration.cert_file:
        context.load_cert_chain(configuration.cert_file, configuration.key_file)

    def token() -> str:
        try:
            value = configuration.get_api_key_with_prefix("BearerToken") or ""  # runs the plug-in when it is due
        except Exception as exc:
            raise UnusableKubeconfig(f"The credential plug-in of {path} failed: {exc}") from exc
        return str(value).removeprefix("Bearer ")

    return Endpoint(configuration.host.rstrip("/"), context, token, configuration.tls_server_name or "")
