"""The rows of a role: environment variables and mounts, of which a task has hundreds.

A form for each row took 1 ms, and a page with 800 variables a second. So a row is drawn once as a stencil, and what was
typed is filled in; only a row about which something is said gets a form.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from typing import Any

from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from tasks.specification import Finding
from tasks.wizard.drawn_field import Choice
from tasks.wizard.forms import EntryForm
from tasks.wizard.role_forms import EnvForm, MountForm

ROWS: Mapping[str, type[EntryForm]] = {"env": EnvForm, "mounts": MountForm}
_REMOVE = {"env": _("Remove the variable"), "mounts": _("Remove the mount")}
_GAP = re.compile("\ue000([a-z_]+)(?:=([^\ue001]*))?\ue001")  # of a field's value, or of "selected" where it is that


@dataclass(slots=True)
class RoleRow:
    role: str
    group: str  # of ROWS
    index: int
    entries: Mapping[str, Any]
    form: EntryForm | None = None  # where something is said about it

    def place(self, field: str, finding: Finding) -> bool:
        """Say it beside the field. False when there is none of that name."""
        self.form = self.form or ROWS[self.group](self.entries, prefix=f"{self.role}-{self.group}-{self.index}")
        return self.form.place(field, finding)

    @property
    def html(self) -> SafeString:
        if self.form is None:
            return _stencil(self.role, self.group, get_language()).filled(self.index, self.entries)
        return _drawn(self.role, self.group, self.form, self.index)


def rows_of(typed: Mapping[str, Any], role: str, group: str) -> list[RoleRow]:
    return [RoleRow(role, group, index, row) for index, row in enumerate(typed.get(group) or [])]


def blank_row(role: str, group: str) -> SafeString:
    """What the page's "add" copies: a script puts the index in."""
    return _stencil(role, group, get_language()).filled("__index__", {})


@dataclass(frozen=True, slots=True)
class _Stencil:
    """A row as HTML with gaps: texts, and between them the field and the choice that a gap is for."""

    parts: tuple[str | None, ...]  # text, field, choice, text, field, choice, … text
    initial: Mapping[str, str]

    def filled(self, index: int | str, entries: Mapping[str, Any]) -> SafeString:
        values = {"index": str(index), **self.initial, **{name: str(value) for name, value in entries.items()}}
        out = [self.parts[0] or ""]
        for place in range(1, len(self.parts), 3):
            field, choice, text = self.parts[place : place + 3]
            value = values.get(field or "", "")
            out += [escape(value) if choice is None else " selected" if value == choice else "", text or ""]
        return mark_safe("".join(out))  # noqa: S308  (the texts are our template's, the values are escaped)


class _OpenChoice(Choice):
    """A choice of which it is not said yet what is chosen."""

    name = ""

    def _state(self, key: str, chosen: str) -> SafeString:
        return SafeString(f"\ue000{self.name}={key}\ue001")


@lru_cache(maxsize=128)
def _stencil(role: str, group: str, _language: str) -> _Stencil:
    index = "\ue000index\ue001"
    form = ROWS[group](
        {name: f"\ue000{name}\ue001" for name in ROWS[group].base_fields}, prefix=f"{role}-{group}-{index}"
    )
    for name, field in form.fields.items():
        if isinstance(field.widget, Choice):
            field.widget = _OpenChoice(choices=field.widget.choices)
            field.widget.name = name
    initial = {name: str(field.initial or "") for name, field in form.fields.items()}
    return _Stencil(tuple(_GAP.split(_drawn(role, group, form, index))), initial)


def _drawn(role: str, group: str, form: EntryForm, index: int | str) -> SafeString:
    context = {"name": role, "group": group, "row": form, "index": index, "remove": _REMOVE[group]}
    return render_to_string("wizard/_row.html", context)
