"""What the product says: every msgid in its Python files and templates, and what the catalogues make of it.

`python -m tests.web.messages` lists what has no Chinese, as entries to paste into the catalogue of your area.
"""

from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGES = ("console", "tasks", "namespaces", "terminal")
CHINESE = ROOT / "locale" / "zh_Hans"
KEYWORDS = {
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "_": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}


def said() -> Catalog:
    """Every message of the product, with the files that say it."""
    found = Catalog()
    for path in sources():
        text = path.read_text()
        if path.suffix == ".html":
            text = "\n".join(line.lstrip() for line in templatize(text, origin=str(path)).splitlines())
        for line, message, _comments, context in extract("python", BytesIO(text.encode()), KEYWORDS):
            found.add(message, locations=[(str(path.relative_to(ROOT)), line)], context=context)
    return found


def sources() -> list[Path]:
    python = [
        path for package in PACKAGES for path in (ROOT / package).rglob("*.py") if "localcluster" not in path.parts
    ]
    return sorted([*python, *(ROOT / "templates").rglob("*.html")])


if __name__ == "__main__":
    from console.management.commands.compile_catalogues import key_of, messages_in

    known = {key_of(message) for path in CHINESE.glob("*.po") for message in messages_in(path) if message.string}
    missing = Catalog()
    for message in said():
        if message.id and key_of(message) not in known:
            missing.add(message.id, locations=message.locations, context=message.context)
    out = BytesIO()
    write_po(out, missing, omit_header=True, width=120)
    print(out.getvalue().decode())
