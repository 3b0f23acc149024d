"""Components as template tags, built into every template. No domain words: those have libraries of their own."""

from typing import Any

from django import forms, template
from django.conf import settings
from django.forms import BoundField
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from console.web.templatetags import figures

register = template.Library()
register.filters.update(figures.register.filters)


@register.simple_tag
def icon(name: str, css_class: str = "") -> SafeString:
    """An icon of the sprite. Names that are drawn stand in static/vendor.json; a test compares."""
    return format_html(
        '<svg class="icon {}" aria-hidden="true" focusable="false"><use href="{}#{}"/></svg>',
        css_class,
        static("vendor/icons.svg"),
        name,
    )


@register.simple_tag
def post_limit() -> SafeString:
    """Attribute of a form: bytes that the console takes at once. static/js/post_size.js stops what is larger."""
    return format_html(' data-max-bytes="{}"', settings.DATA_UPLOAD_MAX_MEMORY_SIZE)


@register.simple_tag
def copy_button(value: str, label: str) -> SafeString:
    """A button that copies `value`; `label` says what that is ("Copy the name")."""
    return format_html(
        '<button type="button" class="btn btn-icon btn-ghost-secondary btn-xs copy" data-copy="{}" aria-label="{}" '
        'title="{}">{}{}</button>',
        value,
        label,
        label,
        icon("copy", "copy-idle"),
        icon("check", "copy-done"),
    )


@register.simple_tag
def widget(field: BoundField) -> SafeString:
    """The field's widget with the classes of the design."""
    kind = field.field.widget
    css_class = kind.attrs.get("class", "")
    if isinstance(kind, forms.CheckboxInput):
        css_class += " form-check-input"
    elif isinstance(kind, forms.RadioSelect | forms.CheckboxSelectMultiple):
        pass
    elif isinstance(kind, forms.Select):
        css_class += " form-select"
    else:
        css_class += " form-control"
    if field.errors:
        css_class += " is-invalid"
    return field.as_widget(attrs={"class": css_class.strip()})


@register.filter
def is_checkbox(field: BoundField) -> bool:
    return isinstance(field.field.widget, forms.CheckboxInput) and not isinstance(
        field.field.widget, forms.CheckboxSelectMultiple
    )


@register.filter
def is_group(field: BoundField) -> bool:
    """Several inputs under one legend."""
    return isinstance(field.field.widget, forms.RadioSelect | forms.CheckboxSelectMultiple)


@register.inclusion_tag("components/sort_header.html", takes_context=True)
def sort_header(
    context: dict[str, Any], key: str, label: str, target: str, css_class: str = "", path: str = ""
) -> dict[str, Any]:
    """A column head that sorts: `key` up, then down (`?sort=key`, `?sort=-key`). Reads `sort` and the request.

    `path`: where the fragment comes from, when that is not the page itself; then the page's own address stays.
    """
    sort = str(context.get("sort", ""))
    direction = "asc" if sort == key else "desc" if sort == f"-{key}" else ""
    query = context["request"].GET.copy()
    query.pop("before", None)
    query["sort"] = f"-{key}" if direction == "asc" else key
    aria = {"asc": "ascending", "desc": "descending"}.get(direction, "none")
    page = context.get("page_path") or context["request"].path
    return {
        "label": label,
        "url": f"{page}?{query.urlencode()}",
        "fragment_url": f"{path or page}?{query.urlencode()}",
        "pushes": not path,
        "direction": direction,
        "aria": aria,
        "target": target,
        "css_class": css_class,
    }


@register.simple_block_tag
def panel(content: str, title: str, id: str = "", subtitle: str = "", css_class: str = "") -> SafeString:  # noqa: A002
    """A card with a heading. The content brings its own card-body, or a table that reaches the edges."""
    note = format_html('<p class="card-subtitle mb-0">{}</p>', subtitle) if subtitle else ""
    return format_html(
        '<section class="card {}" aria-labelledby="{}-heading"><div class="card-header">'
        '<h2 class="card-title" id="{}-heading">{}</h2>{}</div>{}</section>',
        css_class,
        id,
        id,
        title,
        note,
        content,
    )


@register.simple_block_tag
def dialog(content: str, id: str, title: str) -> SafeString:  # noqa: A002
    """A native dialog: focus stays inside, Escape closes. Opened by data-dialog-open="id"."""
    return format_html(
        '<dialog id="{}" class="dialog" aria-labelledby="{}-title"><div class="modal-header">'
        '<h2 class="modal-title" id="{}-title">{}</h2>'
        '<button type="button" class="btn-close" data-dialog-close aria-label="{}"></button></div>{}</dialog>',
        id,
        id,
        id,
        title,
        _("Close"),
        content,
    )
