"""Puts images into a registry, as `docker push` does: blobs first, then the manifest. OCI, one layer, tiny."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from tests.registries.real_registry import RealRegistry, request

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"


def digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def push_image(
    registry: RealRegistry,
    repository: str,
    tag: str,
    *,
    architecture: str = "amd64",
    env: tuple[str, ...] = (),
    labels: Mapping[str, str] | None = None,
    created: str = "2026-11-20T08:30:00.123456789Z",
    layer: bytes = b"layer",
) -> str:
    """The digest of its manifest."""
    config = _json(
        {
            "architecture": architecture,
            "os": "linux",
            "created": created,
            "config": {"Env": list(env), "Labels": dict(labels or {})},
            "rootfs": {"type": "layers", "diff_ids": [digest(layer)]},
        }
    )
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": _described(CONFIG, config),
        "layers": [_described(LAYER, layer)],
    }
    for blob in (layer, config):
        _push_blob(registry, repository, blob)
    return push_manifest(registry, repository, tag, manifest)


def push_index(registry: RealRegistry, repository: str, tag: str, *architectures: str) -> str:
    """An image for several platforms, with an attestation beside them, as BuildKit pushes it."""
    entries: list[dict[str, Any]] = []
    for architecture in architectures:
        layer = architecture.encode() * 100
        pushed = push_image(registry, repository, f"{tag}-{architecture}", architecture=architecture, layer=layer)
        platform = {"os": "linux", "architecture": architecture}
        entries.append({"mediaType": MANIFEST, "digest": pushed, "size": 1, "platform": platform})
    attestation = {**entries[0], "platform": {"os": "unknown", "architecture": "unknown"}}
    return push_manifest(
        registry, repository, tag, {"schemaVersion": 2, "mediaType": INDEX, "manifests": [attestation, *entries]}
    )


def push_manifest(registry: RealRegistry, repository: str, tag: str, manifest: dict[str, Any]) -> str:
    body = _json(manifest)
    headers = {"Content-Type": manifest["mediaType"]}
    answer = request(registry, "PUT", f"/v2/{repository}/manifests/{tag}", body=body, headers=headers)
    assert answer.status == 201, answer.content
    return digest(body)


def _push_blob(registry: RealRegistry, repository: str, content: bytes) -> None:
    begun = request(registry, "POST", f"/v2/{repository}/blobs/uploads/")
    assert begun.status == 202, begun.content
    location = next(value.decode() for name, value in begun.headers if name.lower() == b"location")
    joint = "&" if "?" in location else "?"
    headers = {"Content-Type": "application/octet-stream"}
    put = request(registry, "PUT", f"{location}{joint}digest={quote(digest(content))}", body=content, headers=headers)
    assert put.status == 201, put.content


def _described(media_type: str, content: bytes) -> dict[str, Any]:
    return {"mediaType": media_type, "digest": digest(content), "size": len(content)}


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
