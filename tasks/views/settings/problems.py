"""What is wrong on a page of the settings, for the summary that links to the fields."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.functional import Promise

from tasks.views.settings.rows import Rows


@dataclass(frozen=True, slots=True)
class Problem:
    label: str | Promise
    words: str
    anchor: str  # id of the field


def problems_of(form: forms.Form | None, *lists: tuple[str | Promise, Rows[Any]]) -> list[Problem]:
    """Of the form first, then of each list of rows under its heading."""
    found = [] if form is None else list(_of_form(form, ""))
    for heading, rows in lists:
        found += [Problem(heading, words, f"{rows.prefix}-rows") for words in rows.errors]
        for row in rows.filled:
            found += _of_form(row, heading)
    _focus(form, *(row for _heading, rows in lists for row in rows.filled))
    return found


def _of_form(form: forms.Form, heading: str | Promise) -> Iterable[Problem]:
    for name, errors in form.errors.items():
        field = form[name] if name in form.fields else next(iter(form))
        label = f"{heading}, {field.label}" if heading else str(field.label)
        anchor = f"field-{name}" if isinstance(field.field.widget, forms.RadioSelect) else field.auto_id
        yield Problem(label, " ".join(map(str, errors)), anchor)


def _focus(*in_order: forms.Form | None) -> None:
    """The cursor is in the first field that is wrong, without a script."""
    for form in in_order:
        for name in form.errors if form is not None else ():
            if form is not None and name in form.fields:
                form.fields[name].widget.attrs["autofocus"] = True
                return
