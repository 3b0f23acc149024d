"""Manifests and configs of images, OCI's and Docker's, read into what people ask about. No I/O; nothing is trusted."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Self

_INDEXES = ("application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json")
_SINGLE = ("application/vnd.oci.image.manifest.v1+json", "application/vnd.docker.distribution.manifest.v2+json")
ACCEPTED = ", ".join((*_INDEXES, *_SINGLE))
_SHA256 = re.compile(r"sha256:[0-9a-f]{64}")
_WORD = re.compile(r"[a-z0-9][a-z0-9._-]{0,31}")
_CUDA = re.compile(r"([0-9]{1,3}\.[0-9]{1,3}(?:\.[0-9]{1,4})?)(?![0-9])")
_CUDA_LABELS = ("com.nvidia.cuda.version", "cuda.version", "cuda_version")
_PREFERRED = ("linux/amd64", "linux/arm64")
_PLATFORMS_MAX = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageDetails:
    digest: str  # of what the tag names: an index, or the manifest
    platforms: tuple[str, ...] = ()  # "linux/amd64", "linux/arm/v7"
    size_bytes: int | None = None  # compressed, of the platform that is measured
    created: str = ""  # ISO 8601, UTC
    cuda_version: str = ""  # where the config states one: "12.4.1"

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        return cls(**{**value, "platforms": tuple(value.get("platforms") or ())})

    @property
    def created_at(self) -> datetime | None:
        return datetime.fromisoformat(self.created) if self.created else None


def digest_of(body: bytes) -> str:
    return f"sha256:{hashlib.sha256(body).hexdigest()}"


def platform_manifest(manifest: Mapping[str, Any]) -> tuple[tuple[str, ...], str]:
    """Of an index: its platforms, and the digest of the one to look at. Of anything else: nothing."""
    entries = manifest.get("manifests")
    if not isinstance(entries, list):
        return (), ""
    found: dict[str, str] = {}
    for entry in entries[:256]:
        platform, digest = _platform(_dict(_dict(entry).get("platform"))), _dict(entry).get("digest")
        # "unknown/unknown" marks what is attached to an image (attestations), not an image.
        if platform and isinstance(digest, str) and _SHA256.fullmatch(digest):
            found.setdefault(platform, digest)
    platforms = tuple(sorted(found))[:_PLATFORMS_MAX]
    chosen = next((name for name in _PREFERRED if name in found), platforms[0] if platforms else "")
    return platforms, found.get(chosen, "")


def config_digest(manifest: Mapping[str, Any]) -> str:
    digest = _dict(manifest.get("config")).get("digest")
    return digest if isinstance(digest, str) and _SHA256.fullmatch(digest) else ""


def details_of(
    digest: str, manifest: Mapping[str, Any], platforms: tuple[str, ...], config: Mapping[str, Any]
) -> ImageDetails:
    own = _platform(config)
    return ImageDetails(
        digest=digest,
        platforms=platforms or ((own,) if own else ()),
        size_bytes=_size(manifest),
        created=_moment(config.get("created")),
        cuda_version=_cuda(_dict(config.get("config"))),
    )


def _platform(described: Mapping[str, Any]) -> str:
    parts = [described.get("os"), described.get("architecture"), described.get("variant")]
    words = [part for part in parts if isinstance(part, str) and _WORD.fullmatch(part)]
    return "/".join(words) if len(words) >= 2 and "unknown" not in words else ""


def _size(manifest: Mapping[str, Any]) -> int | None:
    layers = manifest.get("layers")
    if not isinstance(layers, list):
        return None
    sizes = [_dict(part).get("size") for part in (*layers, manifest.get("config"))]
    known = [size for size in sizes if isinstance(size, int) and 0 <= size < 1 << 50]
    return sum(known)


def _moment(text: object) -> str:
    """In UTC and to the second; what no calendar has, and the year 1 of reproducible builds, is left out."""
    if not isinstance(text, str) or len(text) > 40:
        return ""
    whole = re.sub(r"\.[0-9]+", "", text).replace("Z", "+00:00")
    try:
        moment = datetime.fromisoformat(whole)
        moment = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return ""
    return moment.isoformat() if moment.year > 1980 else ""


def _cuda(config: Mapping[str, Any]) -> str:
    """CUDA_VERSION, as NVIDIA's images and what is built on them state it; else a label."""
    env = config.get("Env")
    lines = [line for line in env if isinstance(line, str)] if isinstance(env, list) else []
    stated = [line.removeprefix("CUDA_VERSION=") for line in lines if line.startswith("CUDA_VERSION=")]
    labels = _dict(config.get("Labels"))
    for text in (*reversed(stated), *(labels.get(name) for name in _CUDA_LABELS)):
        match = _CUDA.match(text) if isinstance(text, str) else None
        if match:
            return match[1]
    return ""


def _dict(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
