"""Responses: JSON, Status, warnings, gzip."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from typing import Any

import msgspec
from aiohttp import web

from console.localcluster.machinery.errors import ApiError

JSON = "application/json"
# As the real server: smaller bodies are not worth it.
GZIP_ABOVE_BYTES = 128 * 1024


def json_answer(
    request: web.BaseRequest, body: Any, *, status: int = 200, warnings: Iterable[str] = (), content_type: str = JSON
) -> web.Response:
    """`body`: an object, or bytes that are JSON already."""
    data = body if isinstance(body, bytes) else msgspec.json.encode(body)
    answer = web.Response(
        body=data, status=status, headers={"Content-Type": content_type, "Cache-Control": "no-cache, private"}
    )
    for warning in warnings:
        quoted = warning.replace("\\", "\\\\").replace('"', '\\"')
        answer.headers.add("Warning", f'299 - "{quoted}"')
    if len(data) > GZIP_ABOVE_BYTES and "gzip" in request.headers.get("Accept-Encoding", ""):
        compressor = zlib.compressobj(1, wbits=31)
        answer.body = compressor.compress(data) + compressor.flush()
        answer.headers["Content-Encoding"] = "gzip"
        answer.headers["Vary"] = "Accept-Encoding"
    return answer


def error_answer(request: web.BaseRequest, error: ApiError) -> web.Response:
    answer = json_answer(request, error.status, status=error.code, warnings=error.warnings)
    if error.code == 403:
        answer.headers["X-Content-Type-Options"] = "nosniff"
    retry_after = (error.status.get("details") or {}).get("retryAfterSeconds")
    if retry_after:
        answer.headers["Retry-After"] = str(retry_after)
    return answer


def text_answer(text: str, *, status: int = 200) -> web.Response:
    headers = {"Content-Type": "text/plain; charset=utf-8", "X-Content-Type-Options": "nosniff"}
    return web.Response(body=text.encode(), status=status, headers=headers)


def page_not_found() -> web.Response:
    return text_answer("404 page not found\n", status=404)
