"""Values of environment variables that were typed in: what a template would tell everybody in the namespace."""

import re
from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

_SECRET = re.compile("pass|secret|token|key|credential|auth", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Value:
    """An environment variable whose value was typed in, and would stand in the template."""

    role: str
    index: int  # in the role's list
    name: str
    looks_secret: bool

    @property
    def key(self) -> str:
        """ "Worker:3", of the form."""
        return f"{self.role}:{self.index}"

    @property
    def path(self) -> str:
        """ "roles.Worker.env.3.value", of the specification."""
        return f"roles.{self.role}.env.{self.index}.value"


def typed_values(entries: Mapping[str, Any]) -> Iterator[Value]:
    """Those of a draft's or a template's entries that are not empty."""
    for role, typed in entries.get("roles", {}).items():
        for index, row in enumerate(typed.get("env") or []):
            if row.get("source", "value") == "value" and row.get("value"):
                name = str(row.get("name", ""))
                yield Value(role, index, name, bool(_SECRET.search(name)))


def without_values(entries: Mapping[str, Any], values: Iterable[Value]) -> dict[str, Any]:
    """The entries with these values empty; the variables themselves stay."""
    kept = deepcopy(dict(entries))
    for value in values:
        kept["roles"][value.role]["env"][value.index]["value"] = ""
    return kept
