"""Image references as a runtime reads them, and why one that is not in the catalogue cannot be pulled."""

import re

_DOMAIN = r"(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*(?::[0-9]+)?)"
_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
# The grammar of distribution/reference: [domain/]path[:tag][@digest].
_REFERENCE = re.compile(
    rf"(?:(?P<domain>{_DOMAIN})/)?(?P<path>{_PART}(?:/{_PART})*)"
    r"(?::(?P<tag>[\w][\w.-]{0,127}))?(?:@(?P<digest>[a-z0-9]+(?:[+._-][a-z0-9]+)*:[0-9a-fA-F]{32,}))?"
)


class InvalidReference(ValueError):
    """The text is no image reference; the message is the runtime's."""


def with_registry(image: str) -> tuple[str, str, str]:
    """Return (registry, repository, tag or digest) as the runtime completes them. Raises InvalidReference."""
    first, slash, _ = image.partition("/")
    is_domain = bool(slash) and ("." in first or ":" in first or first == "localhost" or first != first.lower())
    match = _REFERENCE.fullmatch(image if is_domain else f"docker.io/{image}")
    if match is None or image != image.strip():
        raise InvalidReference(f"couldn't parse image name {_quoted(image)}: invalid reference format{_hint(image)}")
    domain, path = match["domain"], match["path"]
    if domain in ("docker.io", "index.docker.io"):
        domain = "docker.io"
        if "/" not in path:
            path = f"library/{path}"
    return domain, path, match["digest"] or match["tag"] or "latest"


def _quoted(image: str) -> str:
    return '"' + image.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _hint(image: str) -> str:
    name = image.split(":")[0]
    if name != name.lower():
        shown = name if "/" in name else f"library/{image}"
        return f": repository name ({shown}) must be lowercase"
    return ""


def pull_failure(image: str) -> str:
    """Return what a pull of `image` answers on a node from which no registry can be reached. Pure: nothing is sent."""
    registry, repository, tag = with_registry(image)
    host = "registry-1.docker.io" if registry == "docker.io" else registry
    name = host.partition(":")[0]
    reference = f"{registry}/{repository}{'@' if ':' in tag else ':'}{tag}"
    return (
        f'failed to pull and unpack image "{reference}": failed to resolve reference "{reference}": '
        f'failed to do request: Head "https://{host}/v2/{repository}/manifests/{tag}": '
        f"dial tcp: lookup {name}: no such host (the local cluster has its own images only and reaches no registry)"
    )
