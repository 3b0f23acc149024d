import re
from typing import Any

# They reorder or hide what a reader sees: direction controls, zero width space, word joiner, byte order mark.
# Joiners inside emoji and many scripts (U+200C, U+200D) are ordinary text.
_MISLEADING = frozenset(
    "\u061c\u180e\u200b\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
)
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
# Categories Cc and Cs, and the above: one pass, since every text of a task comes by here.
_BAD = re.compile(f"[\x00-\x1f\x7f-\x9f\ud800-\udfff{''.join(sorted(_MISLEADING))}]")


def normal_lines(text: str) -> str:
    """The text with every kind of line end as one "\\n", which counts as one character."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def bad_character(text: str, *, allowed: str = "\n\t") -> str:
    """The first character that no text of ours may hold, as "U+202E"; "" when there is none.

    Control characters (PostgreSQL takes no NUL), halves of surrogate pairs, and what misleads the reader.
    """
    for match in _BAD.finditer(text):
        if match[0] not in allowed:
            return f"U+{ord(match[0]):04X}"
    return ""


def visible(text: str) -> str:
    """The text with each such character written out, as "⟨U+202E⟩": fit to be shown beside words of ours."""
    return _BAD.sub(lambda match: match[0] if match[0] in "\n\t" else f"⟨U+{ord(match[0]):04X}⟩", text)


def without_surrogates(value: Any) -> Any:
    """JSON with U+FFFD for what no database can store (NUL, halves of surrogate pairs); the rules still see a fault."""
    if isinstance(value, str):
        return _UNSTORABLE.sub("\ufffd", value)
    if isinstance(value, dict):
        return {str(without_surrogates(key)): without_surrogates(item) for key, item in value.items()}
    if isinstance(value, list):
        return [without_surrogates(item) for item in value]
    return value
