from tasks.specification.findings import Code, Finding, error
from tasks.specification.text import bad_character

COMMAND_BYTES_MAX = 128 * 1024  # what Linux takes as one argument; also keeps the manifest far below etcd's limit
COMMAND_ITEMS_MAX = 256


def check_command(items: tuple[str, ...], path: str) -> list[Finding]:
    """What is wrong with a command or its arguments; one finding at most."""
    if not all(item.strip() for item in items):
        return [error(Code.COMMAND_BLANK, path)]
    if len(items) > COMMAND_ITEMS_MAX:
        return [error(Code.TOO_MANY, path, maximum=COMMAND_ITEMS_MAX)]
    if bad := next(filter(None, map(bad_character, items)), ""):
        return [error(Code.INVALID_CHARACTER, path, character=bad)]
    if sum(len(item.encode()) + 1 for item in items) > COMMAND_BYTES_MAX:
        return [error(Code.COMMAND_TOO_LONG, path, maximum=COMMAND_BYTES_MAX)]
    return []
