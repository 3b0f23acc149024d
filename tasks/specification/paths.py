"""Mount paths and paths inside a claim. They are never expanded: "~", "$HOME" and "*" are letters."""

import re
import unicodedata

from tasks.specification.findings import Code, Finding, error

LENGTH_MAX = 1024
# Mounting over these, or anything below them, breaks the image, the operator's own mounts or the pod's isolation.
_TREES = (
    "/bin", "/boot", "/dev", "/etc", "/lib", "/lib32", "/lib64", "/libx32", "/opt/kube", "/proc", "/run", "/sbin",
    "/sys", "/usr/bin", "/usr/lib", "/usr/sbin", "/var/run",
)  # fmt: skip
# These themselves only: a folder below them is fine.
_FOLDERS = ("/opt", "/usr", "/usr/local", "/usr/local/bin", "/usr/local/lib", "/var", "/var/lib")


def normal_path(path: str) -> str:
    """ "/data//x/" as "/data/x": what two paths are compared by."""
    return re.sub("/+", "/", path).rstrip("/") or "/"


def check_mount_path(text: str, path: str) -> list[Finding]:
    """What is wrong with a place in the container; one finding at most."""
    if not text:
        return [error(Code.REQUIRED, path)]
    if bad := _bad_character(text, also=":\\"):
        return [error(Code.PATH_CHARACTER, path, character=bad)]
    if len(text) > LENGTH_MAX:
        return [error(Code.TOO_LONG, path, maximum=LENGTH_MAX, length=len(text))]
    if not text.startswith("/"):
        return [error(Code.PATH_NOT_ABSOLUTE, path)]
    if _has_dots(text):
        return [error(Code.PATH_DOTS, path)]
    normal = normal_path(text)
    if normal == "/":
        return [error(Code.PATH_ROOT, path)]
    reserved = next((tree for tree in _TREES if is_inside(normal, tree)), normal if normal in _FOLDERS else "")
    return [error(Code.PATH_RESERVED, path, directory=reserved)] if reserved else []


def check_sub_path(text: str, path: str) -> list[Finding]:
    """What is wrong with a path inside a claim; "" is its root."""
    if bad := _bad_character(text, also="\\"):
        return [error(Code.PATH_CHARACTER, path, character=bad)]
    if len(text) > LENGTH_MAX:
        return [error(Code.TOO_LONG, path, maximum=LENGTH_MAX, length=len(text))]
    if _has_dots(text):
        return [error(Code.PATH_DOTS, path)]
    if text and not all(text.split("/")):  # an empty part: at the start, at the end or in the middle
        return [error(Code.SUB_PATH_NOT_RELATIVE, path)]
    return []


def is_inside(path: str, folder: str) -> bool:
    """Whether the normal `path` is `folder` or lies below it."""
    return path == folder or path.startswith(folder + "/")


def _has_dots(text: str) -> bool:
    return any(part in {".", ".."} for part in text.split("/"))


def _bad_character(text: str, *, also: str) -> str:
    for char in text:
        if char in also:
            return char
        if unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"}:
            return f"U+{ord(char):04X}"
    return ""
