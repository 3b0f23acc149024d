from dataclasses import dataclass, field
from enum import StrEnum


class FaultCode(StrEnum):
    """Why a text is no manifest that is taken. tasks/import_wording.py has the words."""

    EMPTY = "empty"
    TOO_LARGE = "too-large"  # maximum
    TOO_DEEP = "too-deep"  # maximum
    TOO_MANY_NODES = "too-many-nodes"  # maximum
    ENCODING = "encoding"
    CHARACTER = "character"  # character: "U+0000"
    SYNTAX = "syntax"  # problem: the parser's own words
    ALIAS = "alias"  # name
    TAG = "tag"  # tag
    MERGE_KEY = "merge-key"
    DUPLICATE_KEY = "duplicate-key"  # key
    KEY_TYPE = "key-type"
    NUMBER = "number"  # value
    NOT_AN_OBJECT = "not-an-object"


@dataclass(frozen=True, slots=True)
class Fault:
    code: FaultCode
    line: int  # from 1
    column: int  # from 1, in characters
    parameters: dict[str, str | int] = field(default_factory=dict)


class Refused(Exception):
    """The text is not taken; nothing of it is used."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(f"{fault.code} at {fault.line}:{fault.column}")
        self.fault = fault


def refuse(code: FaultCode, line: int, column: int, /, **parameters: str | int) -> Refused:
    return Refused(Fault(code, line, column, parameters))
