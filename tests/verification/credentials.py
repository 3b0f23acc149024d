"""Who a contract test speaks as: a kubeconfig file, read without the product's own code."""

import base64
import json
import ssl
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml


@dataclass(frozen=True, slots=True)
class Credentials:
    """Where the API server is, and what proves who asks."""

    server: str
    tls: ssl.SSLContext
    headers: dict[str, str]

    @classmethod
    def of(cls, kubeconfig: Path) -> "Credentials":
        """The only cluster and user of a kubeconfig whose certificates are inline (`...-data`) or files."""
        text = kubeconfig.read_text()
        document = json.loads(text) if text.lstrip().startswith("{") else yaml.safe_load(text)
        cluster = document["clusters"][0]["cluster"]
        user = document["users"][0]["user"]
        tls = ssl.create_default_context(cadata=_pem(cluster, "certificate-authority").decode())
        if "client-certificate-data" in user or "client-certificate" in user:
            # load_cert_chain takes file names only; the file is gone when this returns.
            with tempfile.NamedTemporaryFile(suffix=".pem") as chain:
                chain.write(_pem(user, "client-certificate") + b"\n" + _pem(user, "client-key"))
                chain.flush()
                tls.load_cert_chain(chain.name)
        headers = {"Authorization": f"Bearer {user['token']}"} if "token" in user else {}
        return cls(server=cluster["server"].rstrip("/"), tls=tls, headers=headers)


def _pem(entry: dict[str, Any], key: str) -> bytes:
    if f"{key}-data" in entry:
        return base64.b64decode(entry[f"{key}-data"])
    return Path(entry[key]).read_bytes()
