"""A list of small forms on a page, a row each; rows that are quite empty do not count. Works without scripts."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, TypeVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from tasks.specification import Code
from tasks.views.settings.fields import wrong

RowForm = TypeVar("RowForm", bound=forms.Form)
SPARE = 1  # empty rows at the end, for browsers without scripts


class Rows(Generic[RowForm]):
    """Bound to `data` when that is given, else filled with `initial`; `typed` reads data without judging it."""

    def __init__(
        self,
        row_form: type[RowForm],
        prefix: str,
        data: Mapping[str, Any] | None,
        initial: Sequence[Mapping[str, Any]],
        *,
        most: int,
        unique: Callable[[dict[str, Any]], Any] | None = None,
    ) -> None:
        self.prefix, self.most, self._form, self._unique = prefix, most, row_form, unique
        self.errors: list[str] = []
        if data is None:
            self.filled = [self._row(index, initial=values) for index, values in enumerate(initial)]
        else:
            indexes = indexes_in(data, prefix)
            rows = [row_form(data, prefix=f"{prefix}-{index}", auto_id="id_%s") for index in indexes[: most + 1]]
            self.filled = [row for row in rows if _has_text(row)]

    def typed(self, data: Mapping[str, Any], *, spare: int) -> "Rows[RowForm]":
        """The same with what was typed, unjudged, the empty rows too, and so many more of them."""
        found = [
            {name: data.get(f"{self.prefix}-{index}-{name}") for name in self._form.base_fields}
            for index in indexes_in(data, self.prefix)
        ]
        self.filled = [self._row(index, initial=values) for index, values in enumerate(found[: self.most])]
        self.spare = spare
        return self

    spare = SPARE

    @property
    def forms(self) -> list[RowForm]:
        """Those that were filled in, then the spare ones."""
        used = [int(str(row.prefix).rpartition("-")[2]) for row in self.filled]
        first = max(used, default=-1) + 1
        spare = min(self.spare, max(self.most - len(self.filled), 0))
        return [*self.filled, *(self._row(first + index) for index in range(spare))]

    @property
    def next_index(self) -> int:
        """What the script calls the first row that it adds."""
        return max((int(str(row.prefix).rpartition("-")[2]) for row in self.forms), default=-1) + 1

    @property
    def blank(self) -> RowForm:
        """What the script copies."""
        return self._row("__index__")

    def is_valid(self) -> bool:
        valid = [row.is_valid() for row in self.filled]
        if len(self.filled) > self.most:
            self.errors.append(str(wrong(Code.TOO_MANY, maximum=self.most).message))
        if self._unique:
            seen = set()
            for row in self.filled:
                value = self._unique(row.cleaned_data) if row.is_valid() else None
                if value is not None and value in seen:
                    row.add_error(None, ValidationError(_("This row is there twice."), code="twice"))
                    valid.append(False)
                seen.add(value)
        return all(valid) and not self.errors

    def _row(self, index: int | str, **kwargs: Any) -> RowForm:
        return self._form(prefix=f"{self.prefix}-{index}", auto_id="id_%s", **kwargs)


def indexes_in(data: Mapping[str, Any], prefix: str) -> list[int]:
    """The rows that a page sent, in its order."""
    row = re.compile(rf"{re.escape(prefix)}-([0-9]{{1,4}})-[a-z_]+", re.ASCII)
    return sorted({int(match[1]) for name in data if (match := row.fullmatch(name))})


def _has_text(row: forms.Form) -> bool:
    """Choices have a value always; only what is typed tells whether a row is in use."""
    typed = [name for name, field in row.fields.items() if not isinstance(field, forms.ChoiceField)]
    return any(str(row.data.get(row.add_prefix(name), "")).strip() for name in typed)
