"""One pool of connections a credential, without anybody's identity: a TLS context costs 16 ms and a handshake 3.

The transport alone, not httpx.Client: a client keeps cookies and default headers from one person to the next.
"""

import atexit
import os
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from console.cluster.kubeconfig import Endpoint, endpoint_of

_LIMITS = httpx.Limits(max_connections=64, max_keepalive_connections=16, keepalive_expiry=30)


class _Pool:
    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        # For plain HTTP (tests) a context that trusts nobody.
        context = endpoint.tls or ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.transport = httpx.HTTPTransport(verify=context, limits=_LIMITS, trust_env=False)
        self.calls = 0  # under way
        self.replaced = False


_pools: dict[str, _Pool] = {}
_lock = threading.Lock()


@contextmanager
def lent(kubeconfig: str) -> Iterator[tuple[Endpoint, httpx.HTTPTransport]]:
    """The endpoint and its connections, for one call, shared by threads. A kubeconfig that changed gets new ones."""
    endpoint = endpoint_of(kubeconfig)
    with _lock:
        pool = _pools.get(kubeconfig)
        if pool is None or pool.endpoint is not endpoint:
            _replace(pool)
            pool = _pools[kubeconfig] = _Pool(endpoint)
        pool.calls += 1
    try:
        yield pool.endpoint, pool.transport
    finally:
        with _lock:
            pool.calls -= 1
            _close_unused(pool)


def _replace(pool: _Pool | None) -> None:
    if pool:
        pool.replaced = True
        _close_unused(pool)


def _close_unused(pool: _Pool) -> None:
    """A pool that was replaced ends with its last call."""
    if pool.replaced and not pool.calls:
        pool.transport.close()


def _start_anew() -> None:
    """In a forked child: two processes must not speak on one connection, and a held lock is never released."""
    global _lock
    _lock = threading.Lock()
    _pools.clear()


def _close_all() -> None:
    for pool in _pools.values():
        pool.transport.close()


atexit.register(_close_all)
os.register_at_fork(after_in_child=_start_anew)
