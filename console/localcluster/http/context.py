"""What every handler of one request gets."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web

from console.localcluster.http.request_info import RequestInfo, is_true
from console.localcluster.machinery.errors import failure
from console.localcluster.machinery.kinds import Kind
from console.localcluster.machinery.users import User


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    request: web.BaseRequest
    info: RequestInfo
    kind: Kind
    user: User

    def query(self, name: str) -> str:
        return str(self.request.query.get(name, ""))

    def flag(self, name: str) -> bool:
        return is_true(self.query(name))

    @property
    def dry_run(self) -> bool:
        asked = self.query("dryRun")
        if asked not in ("", "All"):
            raise failure(422, "Invalid", f'dryRun: Unsupported value: "{asked}": supported values: "All"')
        return asked == "All"
