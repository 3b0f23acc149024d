"""References of images by the OCI distribution grammar (distribution/reference, regexp.go), as kubelets read them."""

import re
from dataclasses import dataclass

LENGTH_MAX = 255
HUB_HOST = "docker.io"  # what a reference without a registry means
HUB_HOSTS = frozenset({"", HUB_HOST, "index.docker.io", "registry-1.docker.io"})
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
    if at and not is_digest(digest):
        return None
    head, slash, last = name.rpartition("/")
    last, colon, tag = last.partition(":")
    if colon and not is_tag(tag):
        return None
    name = f"{head}{slash}{last}"
    host, slash, rest = name.partition("/")
    # Without a dot or a port the first part is a folder of Docker Hub, except "localhost".
    if not slash or not (re.search(r"[.:]", host) or host == "localhost"):
        host, rest = "", name
    elif not is_host(host):
        return None
    if len(name) > LENGTH_MAX or not is_repository(rest):
        return None
    return ImageReference(host=host, repository=rest, tag=tag, digest=digest)


def is_host(text: str) -> bool:
    """A registry as references name it: "quay.io", "10.0.0.7:5000", "[::1]:5000"."""
    return _HOST.fullmatch(text) is not None


def is_repository(text: str) -> bool:
    return _REPOSITORY.fullmatch(text) is not None


def is_tag(text: str) -> bool:
    return _TAG.fullmatch(text) is not None


def is_digest(text: str) -> bool:
    if not _DIGEST.fullmatch(text):
        return False
    algorithm, _, value = text.partition(":")
    return len(value) == _DIGEST_LENGTHS.get(algorithm, len(value))


def registry_and_path(image: ImageReference) -> tuple[str, str]:
    """Where an image is asked for: Docker Hub keeps "python" as "library/python"."""
    if image.host not in HUB_HOSTS:
        return image.host, image.repository
    return HUB_HOST, image.repository if "/" in image.repository else f"library/{image.repository}"


def written(host: str, repository: str, tag: str = "", digest: str = "") -> str:
    """A reference as people write it: "python:3.11", "quay.io/team/model:7@sha256:…"."""
    name = f"{host}/{repository}" if host and host != HUB_HOST else repository.removeprefix("library/")
    return name + (f":{tag}" if tag else "") + (f"@{digest}" if digest else "")
