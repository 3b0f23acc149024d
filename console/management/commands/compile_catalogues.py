"""Each area keeps a catalogue of its own (locale/zh_Hans/<area>.po); Django reads one. Needs no gettext installed."""

from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

Key = tuple[str, str]  # context ("" for none), msgid (of the singular)


class Command(BaseCommand):
    help = "Merge locale/<language>/*.po and compile them to LC_MESSAGES/django.mo."

    def handle(self, *args: Any, **options: Any) -> None:
        for folder in sorted(path for path in (settings.BASE_DIR / "locale").iterdir() if path.is_dir()):
            merged = merge(folder)
            target = folder / "LC_MESSAGES" / "django.mo"
            target.parent.mkdir(exist_ok=True)
            with target.open("wb") as file:
                write_mo(file, merged)
            self.stdout.write(f"{folder.name}: {len(merged)} messages")


def merge(folder: Path) -> Catalog:
    """All catalogues of one language as one. Raises CommandError where two of them translate differently."""
    merged = Catalog(locale=folder.name, charset="utf-8")
    origin: dict[Key, tuple[str, Message]] = {}
    for path in sorted(folder.glob("*.po")):
        for message in messages_in(path):
            earlier = origin.setdefault(key_of(message), (path.name, message))
            if earlier[1].string != message.string:
                raise CommandError(f"{earlier[0]} and {path.name} do not agree on {message.id!r}.")
            merged.add(message.id, message.string, context=message.context)
    return merged


def messages_in(path: Path) -> list[Message]:
    with path.open("rb") as file:
        return [message for message in read_po(file, locale=path.parent.name) if message.id]


def key_of(message: Message) -> Key:
    singular = message.id if isinstance(message.id, str) else message.id[0]
    return message.context or "", singular
