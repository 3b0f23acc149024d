import re
from string import Formatter

import pytest
from django.utils import translation

from tasks import wording
from tasks.frameworks import FRAMEWORKS
from tasks.models import Operation
from tasks.specification import Code, Finding
from tasks.wizard import explanations
from tasks.wizard.modes import mode_cards

# A value for each parameter that a rule gives; the comments at tasks.specification.findings.Code name them.
_NUMBERS = ("minimum", "maximum", "length", "replicas", "gpus", "largest", "wanted", "left", "size")
_TEXTS = (
    *("character", "value", "kind", "name", "derived", "namespace", "host", "directory", "path", "claim", "role"),
    *("flavor", "model", "labels", "taint", "cuda", "driver", "newest"),
    *("message", "placed", "pods", "image", "platforms"),
    *("roles", "field", "fields", "suggestion", "key", "device", "port", "seconds"),
)
PARAMETERS = dict.fromkeys(_NUMBERS, 3) | dict.fromkeys(_TEXTS, "x") | {"resource": "gpus"}


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("code", list(Code))
def test_every_finding_has_words(code: Code, language: str) -> None:
    parameters = PARAMETERS | ({"wanted": "list"} if code == Code.FIELD_TYPE else {})
    with translation.override(language):
        words = wording.words_of(Finding(code, "", parameters))

    assert words
    assert "%(" not in words
    assert (language == "zh-hans") is bool(re.search("[\u4e00-\u9fff]", words))


def test_every_reason_of_an_operation_has_words() -> None:
    for reason in Operation.Reason.values:
        assert wording.operation_reason(reason)
    assert wording.operation_reason("") == ""


@pytest.mark.parametrize("framework", FRAMEWORKS.values(), ids=FRAMEWORKS)
def test_every_framework_mode_and_role_is_explained_and_drawn(framework) -> None:
    assert explanations.FRAMEWORKS[framework.key]
    for card in mode_cards(framework):
        assert card.title
        assert card.description
        assert all(explanation for _, _, explanation in card.roles)
        drawn = {str(box.title).split()[0] for box in card.drawing.boxes if box.kind != "store"}
        assert drawn == {role.name for role in card.mode.roles}


def test_no_words_have_positional_placeholders() -> None:
    for words in wording.WORDS.values():
        assert not [field for _, field, _, _ in Formatter().parse(str(words)) if field is not None]
