"""How forms are drawn: `{{ form.field.as_field_group }}` gives label, widget, help and error, tied together by ids."""

from django.forms.renderers import DjangoTemplates
from django.template import loader


class ConsoleRenderer(DjangoTemplates):
    """Our own templates for whole fields, Django's for the widgets."""

    field_template_name = "components/field.html"
    form_template_name = "components/form.html"

    def get_template(self, template_name: str):  # type: ignore[no-untyped-def]  # Django's backends have no common type
        if template_name.startswith("components/"):
            return loader.get_template(template_name)
        return super().get_template(template_name)
