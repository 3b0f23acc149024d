import re
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from django.core.management.base import CommandError

from console.management.commands.compile_catalogues import key_of, merge, messages_in
from tests.web.messages import CHINESE, said

PLACEHOLDER = re.compile(r"%\(\w+\)\d*[sd]|%[sd]")


@pytest.fixture(scope="module")
def translated() -> dict[tuple[str, str], Message]:
    return {key_of(message): message for path in sorted(CHINESE.glob("*.po")) for message in messages_in(path)}


def test_everything_that_is_said_has_chinese(translated: dict[tuple[str, str], Message]) -> None:
    missing = {
        key_of(message): message.locations
        for message in said()
        if message.id and not _is_whole(translated.get(key_of(message)))
    }

    assert missing == {}


def test_no_catalogue_holds_what_nobody_says(translated: dict[tuple[str, str], Message]) -> None:
    unused = set(translated) - {key_of(message) for message in said() if message.id}

    assert unused == set()


def test_catalogues_of_two_areas_agree() -> None:
    assert merge(CHINESE)


def test_two_translations_of_one_message_are_refused(tmp_path: Path) -> None:
    for area, chinese in (("one", "任务"), ("two", "作业")):
        (tmp_path / f"{area}.po").write_text(f'msgid ""\nmsgstr ""\n\nmsgid "task"\nmsgstr "{chinese}"\n')
    folder = tmp_path.rename(tmp_path.with_name("zh_Hans"))

    with pytest.raises(CommandError, match="do not agree on 'task'"):
        merge(folder)


def test_placeholders_survive_translation(translated: dict[tuple[str, str], Message]) -> None:
    differing = [
        message.id
        for message in translated.values()
        if set(PLACEHOLDER.findall(_all(message.id))) != set(PLACEHOLDER.findall(_all(message.string)))
    ]

    assert differing == []


def _is_whole(message: Message | None) -> bool:
    return message is not None and bool(message.string) and all(_texts(message.string))


def _texts(value: str | tuple[str, ...] | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def _all(value: str | tuple[str, ...] | list[str]) -> str:
    return " ".join(_texts(value))
