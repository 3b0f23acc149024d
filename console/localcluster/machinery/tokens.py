"""Bearer tokens of service accounts, signed with a secret of this cluster."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from console.localcluster.machinery.kinds import POD, SERVICE_ACCOUNT
from console.localcluster.machinery.users import AUTHENTICATED, User
from console.localcluster.store import Store


@dataclass(frozen=True, slots=True)
class ServiceAccountTokens:
    """A token is good as long as its service account (that uid), and the pod it was made for, exist."""

    store: Store
    secret: bytes

    @classmethod
    def in_folder(cls, store: Store, folder: Path) -> ServiceAccountTokens:
        path = folder / "token-secret"
        try:
            return cls(store, path.read_bytes())
        except FileNotFoundError:
            secret = secrets.token_bytes(32)
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(secret)
            return cls(store, secret)

    def token(self, namespace: str, name: str, pod: str = "") -> str:
        """Raises LookupError when there is no such service account."""
        account = self.store.get(SERVICE_ACCOUNT.key, namespace, name)
        if account is None:
            raise LookupError(f"no service account {namespace}/{name}")
        held = self.store.get(POD.key, namespace, pod) if pod else None
        claims = [namespace, name, account["metadata"]["uid"], pod, held["metadata"]["uid"] if held else ""]
        payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=")
        return f"{payload.decode()}.{self._signature(payload)}"

    def user_of(self, token: str) -> User | None:
        payload, _, signature = token.partition(".")
        if not hmac.compare_digest(signature, self._signature(payload.encode())):
            return None
        namespace, name, uid, pod, pod_uid = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        account = self.store.get(SERVICE_ACCOUNT.key, namespace, name)
        if account is None or account["metadata"]["uid"] != uid:
            return None
        held = self.store.get(POD.key, namespace, pod) if pod else None
        if pod and (held is None or held["metadata"]["uid"] != pod_uid):
            return None
        groups = ("system:serviceaccounts", f"system:serviceaccounts:{namespace}", AUTHENTICATED)
        return User(name=f"system:serviceaccount:{namespace}:{name}", groups=groups, uid=uid)

    def _signature(self, payload: bytes) -> str:
        return base64.urlsafe_b64encode(hmac.digest(self.secret, payload, hashlib.sha256)).decode().rstrip("=")
