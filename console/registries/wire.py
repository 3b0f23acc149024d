"""One look at one registry over HTTP: everything within deadlines, sizes bounded, connections only where allowed.

No client of a library follows redirects, keeps cookies or reads proxies from the environment here: `client.py` decides.
The only module beside console.cluster that may import an HTTP client (docs/adr/0006).
"""

import ssl
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Self

import httpcore

from console.registries.addresses import Lookup, Reach, addresses_of, system_lookup
from console.registries.troubles import Code, RegistryTrouble

_HEADERS = (("User-Agent", "trainyard"), ("Accept-Encoding", "identity"))


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    headers: Mapping[str, str]  # lower case; of repeated ones the last
    body: bytes


class Wire:
    """Connections for one look. Every method raises RegistryTrouble.

    `seconds` are for each request, from the name to the last byte; `total_seconds` for all of them.
    """

    def __init__(
        self,
        *,
        reach: Reach,
        ca_certificate: str,
        seconds: float,
        total_seconds: float,
        lookup: Lookup = system_lookup,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clock, self._seconds = clock, seconds
        self._look_ends = self._ends = clock() + total_seconds
        backend = _Backend(self._remaining, reach, lookup)
        self._pool = httpcore.ConnectionPool(
            ssl_context=_trust(ca_certificate), network_backend=backend, max_connections=4, retries=0
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._pool.close()

    def get(self, url: str, headers: Iterable[tuple[str, str]] = (), *, limit_bytes: int, method: str = "GET") -> Reply:
        """The answer, whatever its status. `url` was put together from parts that were checked."""
        self._ends = min(self._clock() + self._seconds, self._look_ends)
        seconds = self._remaining()
        timeout = dict.fromkeys(("connect", "read", "write", "pool"), seconds)
        try:
            with self._pool.stream(
                method, url, headers=[*_HEADERS, *headers], extensions={"timeout": timeout}
            ) as answer:
                found = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in answer.headers}
                if found.get("content-encoding", "identity").lower() != "identity":
                    raise RegistryTrouble(Code.BAD_ANSWER)  # not asked for, and it could be a bomb
                return Reply(answer.status, found, self._body(answer, limit_bytes))
        except httpcore.TimeoutException as exc:
            raise RegistryTrouble(Code.NO_ANSWER) from exc
        except httpcore.ProtocolError as exc:
            raise RegistryTrouble(Code.BAD_ANSWER) from exc
        except httpcore.NetworkError as exc:
            raise RegistryTrouble(Code.TLS if _is_tls(exc) else Code.UNREACHABLE) from exc

    @staticmethod
    def _body(answer: httpcore.Response, limit_bytes: int) -> bytes:
        parts, size = [], 0
        for part in answer.iter_stream():
            size += len(part)
            if size > limit_bytes:
                raise RegistryTrouble(Code.TOO_LARGE)
            parts.append(part)
        return b"".join(parts)

    def _remaining(self) -> float:
        remaining = self._ends - self._clock()
        if remaining <= 0:
            raise RegistryTrouble(Code.NO_ANSWER)
        return remaining


class _Backend(httpcore.NetworkBackend):
    """Connects to addresses that were judged, and nowhere else."""

    def __init__(self, remaining: Callable[[], float], reach: Reach, lookup: Lookup) -> None:
        self._remaining, self._reach, self._lookup = remaining, reach, lookup
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(self, host: str, port: int, *_args: Any, **_kwargs: Any) -> httpcore.NetworkStream:
        trouble: Exception = RegistryTrouble(Code.UNREACHABLE)
        addresses = addresses_of(host, port, self._reach, self._remaining(), self._lookup)
        for number, address in enumerate(addresses[:4]):
            # A dead address among several leaves half of the time to the others.
            seconds = self._remaining() / (1 if number == len(addresses) - 1 else 2)
            try:
                return _Stream(self._sockets.connect_tcp(address, port, timeout=seconds), self._remaining)
            except (httpcore.NetworkError, httpcore.TimeoutException) as exc:
                trouble = exc
        raise trouble


class _Stream(httpcore.NetworkStream):
    """A stream whose every wait ends at the deadline, however slowly the other side drips."""

    def __init__(self, stream: httpcore.NetworkStream, remaining: Callable[[], float]) -> None:
        self._stream, self._remaining = stream, remaining

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._remaining())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._remaining())

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, self._remaining()), self._remaining)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


@lru_cache(maxsize=64)
def _trust(ca_certificate: str) -> ssl.SSLContext:
    """The usual authorities, and the registry's own. Making one costs 16 ms."""
    context = httpcore.default_ssl_context()
    if ca_certificate:
        context.load_verify_locations(cadata=ca_certificate)
    return context


def _is_tls(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLError):
            return True
        error = error.__cause__ or error.__context__
    return False
