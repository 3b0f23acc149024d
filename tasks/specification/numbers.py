import re

INT32_MAX = 2**31 - 1
# int() takes "1_0", "１" and "١" for numbers; a person who types those made a mistake. Leading zeros look octal.
_WHOLE = re.compile(r"0|-?[1-9][0-9]*")
_HUGE = 10**18


def parse_whole(text: str) -> int | None:
    """The number, or None when `text` is not a plain decimal whole number. Beyond 18 digits: ±10**18."""
    text = text.strip(" ")
    if not _WHOLE.fullmatch(text):
        return None
    if len(text) > 18:  # int() of thousands of digits is slow, or refused
        return -_HUGE if text.startswith("-") else _HUGE
    return int(text)
