"""Who a request comes from: client certificate or token, then the impersonation headers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import unquote

from aiohttp import web

from console.localcluster.machinery.errors import failure
from console.localcluster.machinery.kinds import SERVICE_ACCOUNT
from console.localcluster.machinery.rbac import Attributes, Authorizer
from console.localcluster.machinery.users import ANONYMOUS, AUTHENTICATED, User

_EXTRA = "impersonate-extra-"
_SERVICE_ACCOUNT = "system:serviceaccount:"


class Tokens(Protocol):
    def user_of(self, token: str) -> User | None: ...


class PlainFailure(Exception):
    """An HTTP 500 of plain text: what the real server answers to impersonation headers it cannot make sense of."""


@dataclass(frozen=True, slots=True)
class Identities:
    tokens: Tokens
    authorizer: Authorizer

    def user_of(self, request: web.BaseRequest) -> User:
        """The user the request acts as; raises 401, 403, or PlainFailure."""
        user = self._authenticated(request)
        wanted = _Impersonation.read(request)
        if wanted is None:
            return user
        for attributes in wanted.demands():
            self.authorizer.demand(user, attributes)
        return wanted.user()

    def _authenticated(self, request: web.BaseRequest) -> User:
        certificate = request.transport.get_extra_info("peercert") if request.transport else None
        if certificate:
            return _certified(certificate)
        authorization = request.headers.get("Authorization", "")
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() == "bearer" and token.strip():
            user = self.tokens.user_of(token.strip())
            if user is None:
                raise failure(401, "Unauthorized", "Unauthorized")
            return user
        return ANONYMOUS


def _certified(certificate: dict[str, Any]) -> User:
    subject = [attribute for rdn in certificate["subject"] for attribute in rdn]
    name = next(value for key, value in subject if key == "commonName")
    groups = tuple(value for key, value in subject if key == "organizationName")
    return User(name=name, groups=(*groups, AUTHENTICATED))


@dataclass(frozen=True, slots=True)
class _Impersonation:
    name: str
    groups: tuple[str, ...]
    uid: str
    extra: dict[str, list[str]]

    @classmethod
    def read(cls, request: web.BaseRequest) -> _Impersonation | None:
        headers = request.headers
        name = headers.get("Impersonate-User", "")
        groups = tuple(headers.getall("Impersonate-Group", ()))
        uid = headers.get("Impersonate-Uid", "")
        extra: dict[str, list[str]] = {}
        for header, value in headers.items():
            if header.lower().startswith(_EXTRA):
                extra.setdefault(unquote(header[len(_EXTRA) :].lower()), []).append(value)
        if not name:
            if groups or uid or extra:
                raise PlainFailure("requested impersonation without impersonating a user")
            return None
        return cls(name, groups, uid, extra)

    @property
    def service_account(self) -> tuple[str, str] | None:
        """(namespace, name); None for anybody else, a malformed service account name included."""
        parts = self.name.removeprefix(_SERVICE_ACCOUNT).split(":")
        if self.name.startswith(_SERVICE_ACCOUNT) and len(parts) == 2 and all(parts):
            return parts[0], parts[1]
        return None

    def demands(self) -> Iterator[Attributes]:
        account = self.service_account
        if account:
            namespace, name = account
            yield Attributes(verb="impersonate", resource=SERVICE_ACCOUNT.plural, namespace=namespace, name=name)
        else:
            yield Attributes(verb="impersonate", resource="users", name=self.name)
        for group in self.groups:
            yield Attributes(verb="impersonate", resource="groups", name=group)
        group = "authentication.k8s.io"
        for key, values in self.extra.items():
            for value in values:
                yield Attributes(verb="impersonate", group=group, resource="userextras", subresource=key, name=value)
        if self.uid:
            yield Attributes(verb="impersonate", group=group, resource="uids", name=self.uid)

    def user(self) -> User:
        groups = self.groups
        account = self.service_account
        if account and not groups:
            groups = ("system:serviceaccounts", f"system:serviceaccounts:{account[0]}")
        if self.name != ANONYMOUS.name and AUTHENTICATED not in groups:
            groups = (*groups, AUTHENTICATED)
        elif self.name == ANONYMOUS.name and ANONYMOUS.groups[0] not in groups:
            groups = (*groups, *ANONYMOUS.groups)
        return User(name=self.name, groups=groups, uid=self.uid, extra=self.extra)
