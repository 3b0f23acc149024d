"""The streams, async: a pod's log as it grows, a watch's lines. Time-outs for the beginning, not for silence after it.

Each stream has an HTTP session of its own: it needs a connection of its own anyway, no limit of a shared pool can make
the 101st wait (aiohttp's default), nothing lives longer than the stream, and TLS contexts are shared regardless.
"""

import asyncio
import socket
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from django.conf import settings
from multidict import CIMultiDict
from yarl import URL

from console.cluster import requests
from console.cluster.answers import error_of
from console.cluster.errors import ClusterError, ClusterUnavailable
from console.cluster.identity import Headers, Identity, headers_for
from console.cluster.kubeconfig import Endpoint, endpoint_of
from console.cluster.requests import Call

_CONNECT_SECONDS = 2
_ANSWER_SECONDS = 10  # until the first byte of the answer; streams are silent for hours after it
_HANG_UP_SECONDS = 1
_ERROR_BYTES_MAX = 64 * 1024
# Small on purpose: what the kernel has taken, ^C cannot skip any more. With the default (megabytes) the prompt comes
# back seconds later under `yes` (measured).
_RECEIVE_BUFFER_BYTES = 64 * 1024
# A peer that vanished without a word is noticed after 30 + 3 * 10 s; no data is needed for it.
_KEEPALIVE = {"TCP_KEEPIDLE": 30, "TCP_KEEPINTVL": 10, "TCP_KEEPCNT": 3}
_TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_SECONDS, sock_read=None)


async def follow_log(
    namespace: str,
    pod: str,
    *,
    container: str,
    acting_as: Identity,
    tail_lines: int | None = 1000,
    since_time: str | None = None,
    timestamps: bool = False,
    previous: bool = False,
) -> AsyncGenerator[bytes, None]:
    """The last `tail_lines` lines and what follows, as bytes in chunks of any cut, until the container ends.

    It ends as well when the pod is deleted or the container restarts: look at the pod to say which. `since_time` is
    a time stamp of the log; the server drops its fraction, so lines seen already come again and are to be dropped.
    Raises ClusterError, ClusterUnavailable also in the middle.
    """
    identity = headers_for(acting_as)
    call = requests.log(
        namespace,
        pod,
        container=container,
        follow=True,
        tail_lines=tail_lines,
        since_time=since_time or "",
        timestamps=timestamps,
        previous=previous,
    )
    async with open_stream(call, settings.CLUSTER_PROXY_KUBECONFIG, identity) as chunks:
        async for chunk in chunks:
            yield chunk


async def watch_lines(call: Call, *, silence: float) -> AsyncGenerator[bytes, None]:
    """The lines of one watch, made with the watch credential; an empty one first, once the server has answered.

    They end when the server ends them or is silent for so many seconds; a line torn by the end is dropped.
    """
    async with open_stream(call, settings.CLUSTER_WATCH_KUBECONFIG, [], silence=silence) as chunks:
        yield b""
        rest: list[bytes] = []  # pieces of a line whose end has not come: objects may be a megabyte
        async for chunk in chunks:
            first, *more = chunk.split(b"\n")
            rest.append(first)
            if more:
                yield b"".join(rest)
                for line in more[:-1]:
                    yield line
                rest = [more[-1]]


async def read_page(call: Call, *, silence: float) -> bytes:
    """The whole answer to one call made with the watch credential: a page of a list."""
    async with open_stream(call, settings.CLUSTER_WATCH_KUBECONFIG, [], silence=silence) as chunks:
        pieces = [chunk async for chunk in chunks]
    return b"".join(pieces)


@asynccontextmanager
async def open_stream(
    call: Call, kubeconfig: str, identity: Headers, *, silence: float | None = None
) -> AsyncIterator[AsyncGenerator[bytes, None]]:
    """The chunks of an answer. Raises the answer's error here, and ClusterUnavailable while it is read.

    After `silence` seconds without a byte the chunks end, as if the server had ended them.
    """
    endpoint = endpoint_of(kubeconfig)
    async with session_for(endpoint) as session:
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                response = await session.get(
                    URL(endpoint.server + call.target, encoded=True),
                    headers=CIMultiDict(call.headers(token=endpoint.token(), identity=identity)),
                    timeout=aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_SECONDS, sock_read=silence),
                    **request_options(endpoint),
                )
                if response.status >= 300:
                    raise await refusal_of(response, words=call.words)
        except (aiohttp.ClientError, TimeoutError, OSError) as exc:
            raise unavailable(call, exc) from exc
        async with hung_up_after(response):
            yield _chunks(call, response)


async def _chunks(call: Call, response: aiohttp.ClientResponse) -> AsyncGenerator[bytes, None]:
    try:
        async for chunk in response.content.iter_any():
            yield chunk
    except aiohttp.SocketTimeoutError:
        return
    except (aiohttp.ClientError, TimeoutError, OSError) as exc:
        raise unavailable(call, exc) from exc


@asynccontextmanager
async def session_for(endpoint: Endpoint, **options: Any) -> AsyncIterator[aiohttp.ClientSession]:
    """A session for one stream: no cookies, no proxies of the environment, no limit, a small receive buffer."""
    connector = aiohttp.TCPConnector(limit=0, ssl=endpoint.tls or True, socket_factory=_socket, ttl_dns_cache=None)
    jar = aiohttp.DummyCookieJar()
    async with aiohttp.ClientSession(connector=connector, cookie_jar=jar, timeout=_TIMEOUT, **options) as session:
        # aiohttp sends a GET again when the connection went before the answer; an exec is a GET that does something.
        session._retry_connection = False  # noqa: SLF001
        yield session


@asynccontextmanager
async def hung_up_after(response: aiohttp.ClientResponse) -> AsyncIterator[None]:
    """Hang up for good when the block is left, and wait until that is done.

    aiohttp alone begins a TLS farewell that nobody waits for: a peer that is gone would keep the socket.
    """
    connection = response.connection  # None: the whole answer is here already, and the session ends the connection
    transport = connection.transport if connection else None
    closed = connection.protocol.closed if connection and connection.protocol else None
    try:
        yield
    finally:
        if transport:
            transport.abort()
        response.close()
        if closed:
            await asyncio.wait((closed,), timeout=_HANG_UP_SECONDS)
            if closed.done() and not closed.cancelled():
                closed.exception()  # how it ended was told to whoever was reading


def request_options(endpoint: Endpoint) -> Mapping[str, Any]:
    options: dict[str, Any] = {"allow_redirects": False}
    return options | ({"server_hostname": endpoint.tls_server_name} if endpoint.tls_server_name else {})


async def refusal_of(response: aiohttp.ClientResponse, *, words: str) -> ClusterError:
    body = await response.content.read(_ERROR_BYTES_MAX)
    return error_of(response.status, body, words=words, retry_after=response.headers.get("Retry-After", ""))


def unavailable(call: Call, exc: Exception) -> ClusterUnavailable:
    """In words for people: pages show why the data is old."""
    match exc:
        case aiohttp.ClientConnectorError():
            words = f"no connection to {exc.host}:{exc.port} ({exc.os_error.strerror or exc.os_error})"
        case aiohttp.ClientPayloadError() | aiohttp.ServerDisconnectedError():
            words = "the connection broke off"
        case TimeoutError():
            words = f"no answer within {_ANSWER_SECONDS} s"
        case _:
            words = str(exc) or type(exc).__name__
    return ClusterUnavailable(f"{call.words}: {words}")


def _socket(address: tuple[Any, ...]) -> socket.socket:
    family, kind, protocol, _, _ = address
    made = socket.socket(family, kind, protocol)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER_BYTES)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _KEEPALIVE.items():
        if option := getattr(socket, name, None):  # not on every system
            made.setsockopt(socket.IPPROTO_TCP, option, value)
    return made
