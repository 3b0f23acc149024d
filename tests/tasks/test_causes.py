import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from django.conf import settings
from django.utils import translation

from tasks import causes
from tasks.states import CauseCode, Rule

CATALOGUE = Path(settings.BASE_DIR) / "locale/zh_Hans/states.po"


@pytest.mark.parametrize("code", CauseCode)
def test_every_cause_has_words_and_a_remedy(code: CauseCode) -> None:
    words = causes.words_of({"code": code})

    assert words is not None
    assert words.what.endswith(".")
    assert words.remedy.endswith(".")


def test_all_is_well_needs_no_words() -> None:
    assert causes.words_of({}) is None
    assert causes.sentence_of({}) == ""


def test_the_pod_the_exit_code_and_its_meaning_are_named() -> None:
    cause = {"code": "exit-code", "pod": "a-worker-1", "role": "Worker", "container": "tensorflow", "exit_code": 127}

    assert causes.sentence_of(cause) == (
        "Container tensorflow of pod a-worker-1 ended with exit code 127. "
        "127 means that a command was not found. Its log says why."
    )


def test_a_deletion_names_no_pod_that_is_not_known() -> None:
    of_role = causes.sentence_of({"code": "pod-deleted", "role": "Worker"})
    of_any = causes.sentence_of({"code": "pod-deleted"})

    assert of_role.startswith("A pod of role Worker was deleted")
    assert of_any.startswith("A pod was deleted")


@pytest.mark.parametrize("rule", Rule)
def test_what_is_not_valid_is_said(rule: Rule) -> None:
    words = causes.words_of({"code": "not-valid", "rule": rule})

    assert words is not None
    assert "Reason: " in words.what


def test_a_cause_of_another_version_is_told_in_the_clusters_words() -> None:
    words = causes.words_of({"code": "from-the-future", "message": "quux"})

    assert words is not None
    assert (words.what, words.message) == ("Something is wrong with this task.", "quux")


def test_the_clusters_words_are_never_taken_for_a_format() -> None:
    words = causes.words_of({"code": "quota", "message": "100%(pod)s"})

    assert words is not None
    assert words.message == "100%(pod)s"


def test_every_sentence_is_there_in_chinese_with_the_same_parameters() -> None:
    with CATALOGUE.open("rb") as file:
        chinese = {message.id: str(message.string) for message in read_po(file, locale="zh_Hans") if message.id}
    with translation.override("en"):
        english = {str(text) for pair in causes._WORDS.values() for text in pair}
        english |= {str(text) for text in (*causes._RULES.values(), *causes._EXIT_CODES.values())}

    assert english - set(chinese) == set()
    for sentence in english:
        assert sorted(re.findall(r"%\(\w+\)s", sentence)) == sorted(re.findall(r"%\(\w+\)s", chinese[sentence]))
