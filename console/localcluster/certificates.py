"""The cluster's own certificate authority, its server certificate, and the credentials of each kubeconfig.

A layer of its own beside http: knows no other part. Everything is made at the first start and kept in FOLDER.
"""

from __future__ import annotations

import base64
import ipaddress
import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LIFETIME = timedelta(days=365)
# How pods reach the API server.
SERVICE_ADDRESS = "10.96.0.1"
SERVICE_NAMES = ("kubernetes", "kubernetes.default", "kubernetes.default.svc")
# Of each kubeconfig: the groups in its certificate. The same people as the real test cluster has.
PEOPLE: dict[str, tuple[str, ...]] = {
    "admin": ("system:masters",),
    "console-proxy": (),
    "console-watch": (),
    "alice": ("team-vision",),
    "bob": ("team-nlp",),
    "carol": ("auditors",),
    "mallory": (),
}


@dataclass(frozen=True, slots=True)
class Pair:
    """PEM."""

    certificate: bytes
    key: bytes


@dataclass(frozen=True, slots=True)
class Authority:
    """Signs what it is asked to; its key stays in FOLDER."""

    pair: Pair

    @classmethod
    def in_folder(cls, folder: Path) -> Authority:
        """The authority kept there, or a new one if there is none or it has less than a month left."""
        kept = _read(folder, "ca")
        return cls(kept if kept and _lasts(kept) else _write(folder, "ca", _self_signed("trainyard-local-cluster")))

    def server(self, folder: Path) -> Pair:
        kept = _read(folder, "server")
        if kept and _lasts(kept) and self._signed(kept):
            return kept
        names = [x509.DNSName(name) for name in ("localhost", *SERVICE_NAMES)]
        addresses = [x509.IPAddress(ipaddress.ip_address(address)) for address in ("127.0.0.1", "::1", SERVICE_ADDRESS)]
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "kube-apiserver")])
        alternatives = x509.SubjectAlternativeName([*names, *addresses])
        return _write(folder, "server", self._issue(subject, ExtendedKeyUsageOID.SERVER_AUTH, alternatives))

    def client(self, name: str, groups: tuple[str, ...]) -> Pair:
        attributes = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, group) for group in groups]
        subject = x509.Name([*attributes, x509.NameAttribute(NameOID.COMMON_NAME, name)])
        return self._issue(subject, ExtendedKeyUsageOID.CLIENT_AUTH, None)

    def _signed(self, pair: Pair) -> bool:
        issuer = x509.load_pem_x509_certificate(self.pair.certificate)
        try:
            x509.load_pem_x509_certificate(pair.certificate).verify_directly_issued_by(issuer)
        except Exception:  # InvalidSignature, ValueError, TypeError: not ours, whatever the reason
            return False
        return True

    def _issue(
        self, subject: x509.Name, usage: x509.ObjectIdentifier, alternatives: x509.SubjectAlternativeName | None
    ) -> Pair:
        issuer = x509.load_pem_x509_certificate(self.pair.certificate)
        signer = serialization.load_pem_private_key(self.pair.key, None)
        assert isinstance(signer, ec.EllipticCurvePrivateKey)
        key = ec.generate_private_key(ec.SECP256R1())
        builder = _builder(subject, issuer.subject, key).add_extension(x509.ExtendedKeyUsage([usage]), False)
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        if alternatives:
            builder = builder.add_extension(alternatives, critical=False)
        authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
        builder = builder.add_extension(authority, critical=False)
        return _pair(builder.sign(signer, hashes.SHA256()), key)


def write_kubeconfigs(folder: Path, authority: Authority, server: str) -> None:
    """One file a person, mode 0600. A file that names this server and this authority already is left as it is."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name, groups in PEOPLE.items():
        path = folder / f"{name}.yaml"
        if not _is_current(path, authority, server):
            _write_private(path, _kubeconfig(name, authority.client(name, groups), authority, server))


def _kubeconfig(name: str, pair: Pair, authority: Authority, server: str) -> bytes:
    cluster = {"server": server, "certificate-authority-data": _base64(authority.pair.certificate)}
    user = {"client-certificate-data": _base64(pair.certificate), "client-key-data": _base64(pair.key)}
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "trainyard-local", "cluster": cluster}],
        "users": [{"name": name, "user": user}],
        "contexts": [{"name": name, "context": {"cluster": "trainyard-local", "user": name, "namespace": "default"}}],
        "current-context": name,
    }
    return json.dumps(config, indent=1).encode()  # JSON is YAML


def _is_current(path: Path, authority: Authority, server: str) -> bool:
    try:
        config = json.loads(path.read_bytes())
        cluster = config["clusters"][0]["cluster"]
        certificate = base64.b64decode(config["users"][0]["user"]["client-certificate-data"])
    except (OSError, ValueError, LookupError):
        return False
    same = cluster == {"server": server, "certificate-authority-data": _base64(authority.pair.certificate)}
    return same and _lasts(Pair(certificate, b""))


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _self_signed(name: str) -> Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    usage = x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=True,
        crl_sign=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
    builder = _builder(subject, subject, key).add_extension(usage, critical=True)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    return _pair(builder.add_extension(identifier, critical=False).sign(key, hashes.SHA256()), key)


def _builder(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + LIFETIME)
    )


def _pair(certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> Pair:
    encoding, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    return Pair(
        certificate.public_bytes(encoding), key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, plain)
    )


def _lasts(pair: Pair) -> bool:
    until = x509.load_pem_x509_certificate(pair.certificate).not_valid_after_utc
    return until > datetime.now(UTC) + timedelta(days=30)


def _read(folder: Path, name: str) -> Pair | None:
    try:
        return Pair((folder / f"{name}.crt").read_bytes(), (folder / f"{name}.key").read_bytes())
    except FileNotFoundError:
        return None


def _write(folder: Path, name: str, pair: Pair) -> Pair:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    _write_private(folder / f"{name}.key", pair.key)
    _write_private(folder / f"{name}.crt", pair.certificate)
    return pair


def _write_private(path: Path, data: bytes) -> None:
    fresh = path.with_suffix(".fresh")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
    fresh.replace(path)
