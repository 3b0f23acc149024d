"""The people of local mode. The clusters' RBAC knows the same names and groups (deploy/rbac)."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class DemoPerson:
    name: str
    groups: tuple[str, ...]
    described: str | Promise
    console_admin: bool = False


DEMO_PEOPLE = (
    DemoPerson("alice", ("team-vision",), _("works in the namespace vision")),
    DemoPerson("bob", ("team-nlp",), _("works in the namespace nlp")),
    DemoPerson("carol", ("auditors",), _("sees everything, changes nothing")),
    DemoPerson("mallory", (), _("has no rights at all")),
    DemoPerson("admin", ("console-admins",), _("administers the console"), console_admin=True),
)
