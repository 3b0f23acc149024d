"""Image references by the OCI distribution grammar (distribution/reference, regexp.go), as the kubelet reads them."""

import ipaddress
import re
from dataclasses import dataclass

from tasks.specification.findings import Code, Finding, error

LENGTH_MAX = 255
_LABEL = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?"
_HOST = re.compile(rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[0-9a-fA-F:]+\])(?::[0-9]{{1,5}})?")
_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_REPOSITORY = re.compile(rf"{_COMPONENT}(?:/{_COMPONENT})*")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_DIGEST = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}")
_DIGEST_LENGTHS = {"sha256": 64, "sha512": 128}


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageReference:
    host: str  # "" for Docker Hub
    repository: str
    tag: str = ""
    digest: str = ""


def parse_image(text: str) -> ImageReference | None:
    """The parts of a reference, or None when no kubelet could pull it."""
    name, at, digest = text.partition("@")
    if at and not _is_digest(digest):
        return None
    head, slash, last = name.rpartition("/")
    last, colon, tag = last.partition(":")
    if colon and not _TAG.fullmatch(tag):
        return None
    name = f"{head}{slash}{last}"
    host, slash, rest = name.partition("/")
    # Without a dot or a port the first part is a folder of Docker Hub, except "localhost".
    if not slash or not (re.search(r"[.:]", host) or host == "localhost"):
        host, rest = "", name
    elif not _HOST.fullmatch(host):
        return None
    if len(name) > LENGTH_MAX or not _REPOSITORY.fullmatch(rest):
        return None
    return ImageReference(host=host, repository=rest, tag=tag, digest=digest)


def check_image(text: str, path: str = "image") -> list[Finding]:
    if not text:
        return [error(Code.REQUIRED, path)]
    image = parse_image(text)
    if image is None:
        return [error(Code.IMAGE_INVALID, path)]
    if _is_link_local(image.host):
        # The nodes would ask a cloud's metadata service on behalf of whoever typed this.
        return [error(Code.IMAGE_HOST, path, host=image.host)]
    return []


def _is_digest(text: str) -> bool:
    if not _DIGEST.fullmatch(text):
        return False
    algorithm, _, value = text.partition(":")
    return len(value) == _DIGEST_LENGTHS.get(algorithm, len(value))


def _is_link_local(host: str) -> bool:
    address = host.partition("]")[0].lstrip("[") if host.startswith("[") else host.partition(":")[0]
    try:
        return ipaddress.ip_address(address).is_link_local
    except ValueError:
        return False
