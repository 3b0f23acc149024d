"""One role as the page of step 2 shows it: its forms, what may be chosen, and what the rules say about it."""

import json
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise
from django.utils.safestring import SafeString

from tasks import wording
from tasks.frameworks import FRAMEWORKS
from tasks.models import Draft
from tasks.specification import Facts, Finding, RoleShape
from tasks.specification.entries import lines, takes_part
from tasks.specification.text import visible
from tasks.wizard import explanations
from tasks.wizard.copying import Part, parts_of
from tasks.wizard.flavor_choices import FlavorLine, flavor_lines
from tasks.wizard.forms import EntryForm
from tasks.wizard.role_forms import ProbeForm, RoleForm
from tasks.wizard.role_rows import ROWS, RoleRow, blank_row, rows_of

PROBES = ("liveness", "readiness")


@dataclass(frozen=True, slots=True)
class KeptValue:
    """A part of an imported manifest for which there is no field."""

    path: str
    text: str  # as JSON


@dataclass(slots=True)
class RoleTab:
    shape: RoleShape
    explanation: Promise
    form: RoleForm
    env: list[RoleRow]
    mounts: list[RoleRow]
    liveness: ProbeForm
    readiness: ProbeForm
    blank_env: SafeString  # the row that the page's "add" copies
    blank_mount: SafeString
    flavor_lines: list[FlavorLine]
    policies: list[tuple[str, Promise]]
    copy_parts: tuple[Part, ...]
    kept: list[KeptValue]
    run: str  # what the container will run, as one would type it into a shell; "" when that is the image's
    state: str  # "complete", "incomplete", "off"
    errors: list[str] = field(default_factory=list)  # about the role as a whole
    warnings: list[str] = field(default_factory=list)

    @property
    def forms(self) -> list[EntryForm]:
        """In the order of the page; of the rows those about which something is said."""
        env, mounts = ([row.form for row in rows if row.form] for rows in (self.env, self.mounts))
        return [self.form, *env, self.liveness, self.readiness, *mounts]

    @property
    def has_errors(self) -> bool:
        return bool(self.errors) or any(form.errors for form in self.forms)

    @property
    def is_advanced(self) -> bool:
        """Whether something of the folded part was set, or is wrong."""
        typed = [self.form[name].value() for name in ("post_start", "pre_stop")]
        typed += [self.liveness["kind"].value(), self.readiness["kind"].value()]
        notes = any(getattr(bound, "warnings", None) for form in self.forms for bound in form)
        changed = self.form["restart_policy"].value() not in ("Never", "")
        return bool(any(typed) or self.env or self.mounts or self.kept or changed or notes or self.has_errors)

    def place(self, path: str, finding: Finding) -> None:
        """Say it beside the field that `path` (inside the role) names; else about the role as a whole."""
        form: EntryForm | RoleRow | None = self.form
        group, _dot, rest = path.partition(".")
        if group in ROWS and rest:
            index, _dot, path = rest.partition(".")
            rows = self.env if group == "env" else self.mounts
            form = rows[int(index)] if index.isdecimal() and int(index) < len(rows) else None
        elif group in PROBES and rest:
            form, path = (self.liveness if group == "liveness" else self.readiness), rest
        elif group in PROBES:
            form, path = (self.liveness if group == "liveness" else self.readiness), "kind"
        if form is None or not form.place(path, finding):
            (self.errors if finding.blocking else self.warnings).append(wording.words_of(finding))


def tab_of(draft: Draft, shape: RoleShape, facts: Facts, blocking: Iterable[str]) -> RoleTab:
    """`blocking`: the paths of all blocking findings of the task."""
    framework = FRAMEWORKS[draft.framework]
    typed = draft.entries.get("roles", {}).get(shape.name, {})
    name = shape.name
    form = RoleForm({"shared_memory": "on" if framework.shared_memory else "", **typed}, prefix=name)
    if shape.exactly is not None:
        form.fields["replicas"].widget.attrs["readonly"] = True
    return RoleTab(
        shape=shape,
        explanation=explanations.ROLES[f"{framework.key}.{name}"],
        form=form,
        env=rows_of(typed, name, "env"),
        mounts=rows_of(typed, name, "mounts"),
        liveness=ProbeForm(typed.get("liveness") or {}, prefix=f"{name}-liveness"),
        readiness=ProbeForm(typed.get("readiness") or {}, prefix=f"{name}-readiness"),
        blank_env=blank_row(name, "env"),
        blank_mount=blank_row(name, "mounts"),
        flavor_lines=flavor_lines(shape, facts, chosen=str(typed.get("flavor", ""))),
        policies=[(policy.value, explanations.RESTART_POLICIES[policy.value]) for policy in framework.restart_policies],
        copy_parts=parts_of(shape),
        kept=kept_values(typed.get("kept")),
        run=as_run(typed),
        state=state_of(draft, shape, blocking),
    )


def state_of(draft: Draft, shape: RoleShape, blocking: Iterable[str]) -> str:
    """Whether the role is "complete", "incomplete" or "off"; `blocking`: the paths of the blocking findings."""
    path = f"roles.{shape.name}"
    if not takes_part(draft.entries, shape):
        return "off"
    wrong = any(found == path or found.startswith(f"{path}.") for found in blocking)
    return "incomplete" if wrong else "complete"


def kept_values(kept: Mapping[str, Any] | None) -> list[KeptValue]:
    """Without what says nothing: {} for resources is no size at all."""
    found = ((path, json.dumps(value, ensure_ascii=False)) for path, value in (kept or {}).items() if value != {})
    return [KeptValue(visible(path), visible(text)) for path, text in found]


def as_run(typed: Mapping[str, Any]) -> str:
    """The words quoted as a shell would need them: `sh -c 'echo a b'`."""
    return shlex.join([*lines(str(typed.get("command", ""))), *lines(str(typed.get("args", "")))])
