"""Words without quotes as kubectl reads them: its YAML is neither 1.1 nor 1.2 (sigs.k8s.io/yaml, a fork of go-yaml 2).

`yes`, `on` and `n` are booleans, 0644 is octal and 1_000 a number; 1:30 and 2026-01-01 are text.
"""

import math
import re

from tasks.importing.faults import FaultCode, refuse

TEXT_MAX_BYTES = 256 * 1024
DEPTH_MAX = 32
NODES_MAX = 20_000
Scalar = str | int | float | bool | None

_WORDS: dict[str, Scalar] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), False),
}
_INTEGER = re.compile(r"[-+]?(?:0b[01]+|0o?[0-7]+|0x[0-9a-fA-F]+|0|[1-9][0-9]*)", re.ASCII)
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", re.ASCII)
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_NUMBER_START = frozenset("+-.0123456789")
_WHOLE_BITS = 64
_EXACT_BELOW = 2.0**53
_DIGITS_MAX = 80  # of a number that anybody means


def plain(text: str, line: int, column: int) -> Scalar:
    """The value of a word without quotes. Raises Refused for a number that JSON or 64 bits cannot hold."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _NUMBER_START:
        return text
    if _NOT_FINITE.fullmatch(text):
        raise refuse(FaultCode.NUMBER, line, column, value=text)
    digits = text.replace("_", "")
    if len(digits) <= _DIGITS_MAX and _INTEGER.fullmatch(digits):
        return whole(digits, line, column)
    if not _FLOAT.fullmatch(digits):
        return text
    value = real(digits, line, column)
    # kubectl hands the API server JSON, in which 1e3 and 2.0 are the whole numbers 1000 and 2.
    return int(value) if value.is_integer() and abs(value) < _EXACT_BELOW else value


def whole(digits: str, line: int, column: int) -> int:
    sign, body = (digits[0], digits[1:]) if digits[0] in "+-" else ("", digits)
    base = {"0b": 2, "0o": 8, "0x": 16}.get(body[:2], 8 if body[0] == "0" else 10)
    value = int(sign + body.removeprefix({2: "0b", 8: "0o", 16: "0x", 10: ""}[base]), base)
    if value.bit_length() >= _WHOLE_BITS:
        raise refuse(FaultCode.NUMBER, line, column, value=digits[:40])
    return value


def real(digits: str, line: int, column: int) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise refuse(FaultCode.NUMBER, line, column, value=digits[:40])
    return value
