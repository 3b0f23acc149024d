"""What the forms of the steps share: they show what was typed and what the rules say about it, and decide nothing."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.forms.utils import ErrorDict

from tasks import wording
from tasks.specification import Finding
from tasks.wizard.drawn_field import DrawnField

CODE = {"spellcheck": "false", "autocomplete": "off", "autocapitalize": "off"}  # of fields that hold no prose
NUMBER = {"inputmode": "numeric", "autocomplete": "off"}


class EntryForm(forms.Form):
    """A form over a draft's strings. Its fields are never cleaned: the rules of tasks.specification judge the whole.

    An empty answer is kept as it is; only what was never asked shows the field's `initial`.
    """

    bound_field_class = DrawnField
    use_required_attribute = False  # the server's message says more than the browser's bubble

    def __init__(self, entries: Mapping[str, Any], *, prefix: str = "") -> None:
        names = {name: f"{prefix}-{name}" if prefix else name for name in self.base_fields}
        values = {names[name]: entries.get(name, field.initial) for name, field in self.base_fields.items()}
        super().__init__(values, prefix=prefix or None, auto_id="id_%s")
        self.warnings: dict[str, list[str]] = {}

    def full_clean(self) -> None:
        self._errors = ErrorDict(renderer=self.renderer)
        self.cleaned_data: dict[str, Any] = {}

    def place(self, field: str, finding: Finding) -> bool:
        """Say it beside the field. False when there is none of that name."""
        if field not in self.fields:
            return False
        words = wording.words_of(finding)
        if finding.blocking:
            self.errors.setdefault(field, self.error_class(renderer=self.renderer)).append(words)
        else:
            drawn: DrawnField = self[field]  # type: ignore[assignment]  # bound_field_class says so
            drawn.warnings = (*drawn.warnings, words)
        return True

    @classmethod
    def entries_in(cls, posted: Mapping[str, str], *, prefix: str = "") -> dict[str, str]:
        """What was typed, by field name. A checkbox that is off is ""."""
        return {name: posted.get(f"{prefix}-{name}" if prefix else name, "") for name in cls.base_fields}


def focus_first(forms_in_order: Iterable[EntryForm]) -> None:
    """Put the cursor into the first field with an error, without a script."""
    for form in forms_in_order:
        for name in form.fields:
            if name in form.errors:
                form.fields[name].widget.attrs["autofocus"] = True
                return
