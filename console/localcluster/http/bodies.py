"""Reading request bodies: size limit, JSON and YAML, what the client may send."""

from __future__ import annotations

from typing import Any

import msgspec
from aiohttp import web

from console.localcluster.machinery import protobuf
from console.localcluster.machinery.errors import ApiError, bad_request, failure

LIMIT_BYTES = 3 * 1024 * 1024


async def read_body(request: web.BaseRequest) -> bytes:
    chunks, size = [], 0
    async for chunk in request.content.iter_any():
        chunks.append(chunk)
        size += len(chunk)
        if size > LIMIT_BYTES:
            raise failure(413, "RequestEntityTooLarge", f"Request entity too large: limit is {LIMIT_BYTES}")
    return b"".join(chunks)


def media_type(request: web.BaseRequest) -> str:
    return str(request.headers.get("Content-Type", "application/json").partition(";")[0].strip().lower())


def decode_object(data: bytes, media: str, kind: str) -> dict[str, Any]:
    """The object in a JSON, YAML or protobuf body; raises 400 or 415 as the real server does."""
    if media == protobuf.MEDIA_TYPE:
        try:
            return protobuf.decode(data)
        except protobuf.NotProtobuf as error:
            raise bad_request(str(error)) from None
    if media not in ("application/json", "application/yaml"):
        raise unsupported_media("application/json, application/yaml, application/vnd.kubernetes.protobuf")
    try:
        decoded = decode_yaml(data) if media == "application/yaml" else msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        shown = data[:100].decode(errors="replace")
        raise bad_request(
            f"the object provided is unrecognized (must be of type {kind}): couldn't get version/kind; "
            f"json parse error: {error} ({shown})"
        ) from None
    if not isinstance(decoded, dict):
        raise bad_request(f"the object provided is unrecognized (must be of type {kind}): it is no object")
    return decoded


def decode_yaml(data: bytes) -> Any:
    import yaml  # only apply and hand-written clients send YAML

    try:
        return yaml.safe_load(data)
    except yaml.YAMLError as error:
        raise bad_request(f"error decoding YAML: {error}") from None


def unsupported_media(accepted: str) -> ApiError:
    return failure(
        415,
        "UnsupportedMediaType",
        f"the body of the request was in an unknown format - accepted media types include: {accepted}",
    )
