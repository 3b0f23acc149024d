"""What the forms of the steps share: they show what was typed and what the rules say about it, and decide nothing."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.forms.utils import ErrorDict, flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from tasks import wording
from tasks.specification import Finding

CODE = {"spellcheck": "false", "autocomplete": "off", "autocapitalize": "off"}  # of fields that hold no prose
NUMBER = {"inputmode": "numeric", "autocomplete": "off"}


class Choice(forms.Select):
    """A select box that is written at once: Django's draws each option from a template, and claims can be hundreds.

    Choices in `disabled` are shown, but cannot be chosen.
    """

    disabled: frozenset[str] = frozenset()

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        chosen = "" if value is None else str(value)
        options = format_html_join(
            "",
            '<option value="{}"{}>{}</option>',
            ((key, self._state(str(key), chosen), label) for key, label in self.choices),
        )
        return format_html(
            "<select{}>{}</select>", flatatt(self.build_attrs(self.attrs, {**(attrs or {}), "name": name})), options
        )

    def _state(self, key: str, chosen: str) -> SafeString:
        state = " selected" if key == chosen else " disabled" if key in self.disabled else ""
        return SafeString(state)


class EntryForm(forms.Form):
    """A form over a draft's strings. Its fields are never cleaned: the rules of tasks.specification judge the whole.

    An empty answer is kept as it is; only what was never asked shows the field's `initial`.
    """

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
            self[field].warnings = [*getattr(self[field], "warnings", []), words]  # type: ignore[attr-defined]
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
