"""Bodies as text: JSON, strictly, and manifests as YAML. What cannot be read is 400; what it says is judged later."""

import json
from collections.abc import Mapping
from typing import IO, Any

from django.utils.translation import gettext as _
from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.parsers import BaseParser

from tasks.api.problems import ApiError, refused
from tasks.import_wording import words_of_fault
from tasks.importing import TEXT_MAX_BYTES, FaultCode, parse_documents

BYTES_MAX = 1024 * 1024
DEPTH_MAX = 64
_DIGITS_MAX = 18
_HUGE = 10**18  # int() of thousands of digits is slow, or refused; the rules say that this is too large


class StrictJsonParser(BaseParser):
    """UTF-8 JSON of at most 1 MiB, without doubled keys, NaN, infinities, or nesting beyond 64 levels."""

    media_type = "application/json"

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        _require_utf8(media_type or self.media_type)
        return parse_json(read_text(stream))


class ManifestParser(BaseParser):
    """One manifest as YAML, as the wizard imports it: 256 KiB, no anchors, tags or doubled keys."""

    media_type = "application/yaml"

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        _require_utf8(media_type or self.media_type)
        parsed = parse_documents(stream.read(TEXT_MAX_BYTES + 1))
        for fault in parsed.faults:
            status = 413 if fault.code is FaultCode.TOO_LARGE else 400
            raise refused(status, fault.code.value, words_of_fault(fault))
        if len(parsed.documents) != 1:
            words = _("There are %(count)s objects in the text. Send one of them.") % {"count": len(parsed.documents)}
            raise refused(422, "several-documents", words)
        return {"manifest": dict(parsed.documents[0].manifest)}


def read_text(stream: IO[bytes]) -> str:
    """The whole body. Raises ApiError: 413, or 400 for what is no UTF-8."""
    body = stream.read(BYTES_MAX + 1)
    if len(body) > BYTES_MAX:
        raise refused(413, "too-large", _("The request is larger than 1 MiB."))
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        words = _("The request is not UTF-8: byte %(position)s.") % {"position": exc.start + 1}
        raise refused(400, "invalid-encoding", words) from None


def parse_json(text: str) -> Any:
    """Raises ApiError (400)."""
    try:
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_int=_whole,
            parse_float=_number,
            parse_constant=_constant,
        )
    except json.JSONDecodeError as exc:
        place = {"line": exc.lineno, "column": exc.colno}
        words = _("The request is not JSON: line %(line)s, column %(column)s.") % place
        raise refused(400, "invalid-json", words) from None
    except RecursionError:
        raise _too_deep() from None
    _require_shallow(value)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            words = _("The field “%(name)s” is there twice in one object.") % {"name": name[:80]}
            raise refused(400, "duplicate-key", words)
        found[name] = value
    return found


def _whole(digits: str) -> int:
    if len(digits) > _DIGITS_MAX:
        return -_HUGE if digits.startswith("-") else _HUGE
    return int(digits)


def _number(digits: str) -> float:
    value = float(digits)
    if value in (float("inf"), float("-inf")):
        return _constant(digits[:20])
    return value


def _constant(word: str) -> float:
    raise refused(400, "invalid-number", _("%(number)s is no number that JSON knows.") % {"number": word})


def _require_shallow(value: Any) -> None:
    level = [value]
    for _depth in range(DEPTH_MAX):
        level = [
            inner
            for item in level
            if isinstance(item, dict | list)
            for inner in (item.values() if isinstance(item, dict) else item)
        ]
        if not level:
            return
    raise _too_deep()


def _too_deep() -> ApiError:
    return refused(
        400, "too-deep", _("The request is nested more than %(maximum)s levels deep.") % {"maximum": DEPTH_MAX}
    )


def _require_utf8(media_type: str) -> None:
    for parameter in media_type.split(";")[1:]:
        name, _equals, value = parameter.partition("=")
        if name.strip().lower() == "charset" and value.strip().strip('"').lower() not in ("utf-8", "utf8"):
            raise UnsupportedMediaType(media_type)
