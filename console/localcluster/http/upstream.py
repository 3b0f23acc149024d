"""One HTTP/1.1 request over a connection that somebody else opened."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from aiohttp import StreamReader

CHUNK_BYTES = 64 * 1024
HEAD_SECONDS = 30


class UpstreamBroken(Exception):
    """The other side speaks no HTTP, or hung up in the middle."""


class UpstreamAnswer:
    """Status and headers; the body is read once, by read() or chunks(). `async with` closes its connection."""

    def __init__(
        self,
        streams: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        status: int,
        headers: list[tuple[str, str]],
        *,
        no_body: bool,
    ) -> None:
        self.status = status
        self.headers = headers
        self._reader, self._writer = streams
        names = {name.lower(): value for name, value in headers}
        self._chunked = "chunked" in names.get("transfer-encoding", "").lower()
        self.length: int | None = 0 if no_body else int(names["content-length"]) if "content-length" in names else None
        if self._chunked and not no_body:
            self.length = None

    async def __aenter__(self) -> UpstreamAnswer:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        self._writer.close()

    async def read(self) -> bytes:
        return b"".join([chunk async for chunk in self.chunks()])

    async def chunks(self) -> AsyncIterator[bytes]:
        if self.length is not None:
            left = self.length
            while left and (chunk := await self._reader.read(min(left, CHUNK_BYTES))):
                left -= len(chunk)
                yield chunk
        elif self._chunked:
            while size := int((await self._reader.readline()).split(b";")[0] or b"0", 16):
                yield await self._reader.readexactly(size)
                await self._reader.readline()
        else:
            while chunk := await self._reader.read(CHUNK_BYTES):
                yield chunk


async def ask(
    streams: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    method: str,
    target: str,
    headers: list[tuple[str, str]],
    body: StreamReader,
) -> UpstreamAnswer:
    """Sends the request and reads the head of the answer; raises UpstreamBroken, OSError, TimeoutError."""
    reader, writer = streams
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers), "Connection: close"]
    chunked = not any(name.lower() == "content-length" for name, _ in headers) and method in ("POST", "PUT", "PATCH")
    if chunked:
        lines.append("Transfer-Encoding: chunked")
    writer.write("\r\n".join([*lines, "", ""]).encode("latin-1"))
    async for chunk in body.iter_any():
        writer.write(b"%x\r\n%b\r\n" % (len(chunk), chunk) if chunked else chunk)
        await writer.drain()
    if chunked:
        writer.write(b"0\r\n\r\n")
    await writer.drain()
    async with asyncio.timeout(HEAD_SECONDS):
        status, answered = await _head(reader)
        while status in (100, 102, 103):
            status, answered = await _head(reader)
    return UpstreamAnswer(streams, status, answered, no_body=method == "HEAD" or status in (204, 304))


async def _head(reader: asyncio.StreamReader) -> tuple[int, list[tuple[str, str]]]:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.rstrip("\r\n").split("\r\n")
        protocol, status, *_ = first.split(" ", 2)
        if not protocol.startswith("HTTP/1."):
            raise UpstreamBroken("malformed HTTP response")
        return int(status), [
            (name.strip(), value.strip()) for name, _, value in (line.partition(":") for line in lines)
        ]
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError):
        raise UpstreamBroken("malformed HTTP response") from None
