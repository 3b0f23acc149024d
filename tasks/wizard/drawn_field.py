"""A form's field as HTML, written at once.

The same as templates/components/field.html and field_notes.html draw. A step has hundreds of fields, and with a
template for each widget, label and note its page took 100 ms.
"""

from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.forms.utils import flatatt
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from console.web.templatetags.components import icon


class _Plain:
    """What the widgets below share: attributes as Django makes them, then the element."""

    attrs: dict[str, Any]

    def _attributes(self, name: str, attrs: dict[str, Any] | None) -> SafeString:
        return flatatt({**self.attrs, **(attrs or {}), "name": name})


class Line(_Plain, forms.TextInput):
    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        typed = "" if value is None else str(value)
        return format_html('<input type="text" value="{}"{}>', typed, self._attributes(name, attrs))


class Lines(_Plain, forms.Textarea):
    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        typed = "" if value is None else str(value)
        return format_html("<textarea{}>\n{}</textarea>", self._attributes(name, attrs), typed)


class Choice(_Plain, forms.Select):
    """Choices in `disabled` are shown, but cannot be chosen."""

    disabled: frozenset[str] = frozenset()

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        chosen = "" if value is None else str(value)
        options = format_html_join(
            "",
            '<option value="{}"{}>{}</option>',
            ((key, self._state(str(key), chosen), label) for key, label in self.choices),
        )
        return format_html("<select{}>{}</select>", self._attributes(name, attrs), options)

    def _state(self, key: str, chosen: str) -> SafeString:
        return SafeString(" selected" if key == chosen else " disabled" if key in self.disabled else "")


class DrawnField(BoundField):
    """A field of a step: `warnings` are findings that do not block."""

    warnings: tuple[str, ...] = ()

    def as_field_group(self) -> SafeString:
        kind = self.field.widget
        if isinstance(kind, forms.CheckboxInput):
            label = format_html(
                '<label class="form-check mb-0" for="{}">{}<span class="form-check-label">{}</span></label>',
                self.id_for_label,
                self._widget("form-check-input"),
                self.label,
            )
            return format_html('<div class="field" id="field-{}">{}{}</div>', self.html_name, label, self.notes)
        return format_html('<div class="field" id="field-{}">{}</div>', self.html_name, self.as_cell)

    @property
    def as_cell(self) -> SafeString:
        """Label, widget and notes, for whoever has a box for them."""
        kind = self.field.widget
        return format_html(
            '<label class="form-label{}" for="{}">{}</label>{}{}',
            " required" if self.field.required else "",
            self.id_for_label,
            self.label,
            self._widget("form-select" if isinstance(kind, forms.Select) else "form-control"),
            self.notes,
        )

    @property
    def notes(self) -> SafeString:
        """Error first, help after; ids as Django's aria-describedby names them."""
        if not (self.errors or self.warnings or self.help_text):
            return SafeString("")
        parts = []
        if self.errors:
            words = " ".join(str(error) for error in self.errors)
            error = '<div class="field-error" id="{}_error">{}<span>{}</span></div>'
            parts.append(format_html(error, self.auto_id, icon("alert-circle"), words))
        for words in self.warnings:
            warning = '<div class="field-warning">{}<span>{}</span></div>'
            parts.append(format_html(warning, icon("alert-triangle"), words))
        if self.help_text:
            help_text = '<div class="form-text" id="{}_helptext">{}</div>'
            parts.append(format_html(help_text, self.auto_id, self.help_text))
        return mark_safe("".join(map(conditional_escape, parts)))  # noqa: S308  (each was made by format_html)

    def _widget(self, css_class: str) -> SafeString:
        own = self.field.widget.attrs.get("class", "")
        wrong = " is-invalid" if self.errors else ""
        return self.as_widget(attrs={"class": f"{own} {css_class}{wrong}".strip()})
