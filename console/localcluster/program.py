"""The whole cluster in one process: store, API, controllers, kubelet, HTTPS."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import ssl
from collections.abc import Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import web

from console.localcluster.certificates import Authority, write_kubeconfigs
from console.localcluster.controllers import all_controllers
from console.localcluster.http.identity import Identities
from console.localcluster.http.server import ApiServer
from console.localcluster.kubelet import Kubelet
from console.localcluster.machinery.api import Api
from console.localcluster.machinery.claims import ClaimBinder
from console.localcluster.machinery.gc import GarbageCollector
from console.localcluster.machinery.kinds import JOB_KINDS, KINDS, Kind
from console.localcluster.machinery.namespaces import NamespaceController
from console.localcluster.machinery.objects import wall_clock
from console.localcluster.machinery.quota import QuotaController
from console.localcluster.machinery.rbac import Authorizer
from console.localcluster.machinery.tokens import ServiceAccountTokens
from console.localcluster.seed import plant
from console.localcluster.store import Store

logger = logging.getLogger(__name__)
HOST = "127.0.0.1"
NODE_NAME = "local"
# Rights of the people and of the console's two credentials: deploy/rbac of this repository.
RIGHTS = Path(__file__).resolve().parents[2] / "deploy" / "rbac"
EVENT_SWEEP_SECONDS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    state: Path
    port: int  # 0: any free one
    gpus: int
    owner_pid: int
    job_kinds: frozenset[str]  # singular names: tfjob, pytorchjob, mxjob, mpijob

    @property
    def folder(self) -> Path:
        return self.state / "cluster"

    @property
    def served(self) -> tuple[Kind, ...]:
        return tuple(kind for kind in KINDS if kind not in JOB_KINDS or kind.singular in self.job_kinds)


async def run(options: Options) -> None:
    """Until SIGTERM or SIGINT. Pods stay: the next start adopts them."""
    options.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    authority = Authority.in_folder(options.folder / "certificates")
    store = Store(options.folder)
    tokens = ServiceAccountTokens.in_folder(store, options.folder)
    api = Api(store, wall_clock, tokens=tokens, root_ca=authority.pair.certificate.decode())
    plant(api, options.served, RIGHTS)
    listener = _listen(options.port)
    port = listener.getsockname()[1]
    kubelet = Kubelet(api, options.state, NODE_NAME, options.gpus, options.owner_pid, api_address=(HOST, port))
    server = ApiServer(api, Identities(tokens, Authorizer(store)), options.served, kubelet)
    runner = web.ServerRunner(web.Server(server.handle, keepalive_timeout=300, access_log=None))
    await runner.setup()
    site = web.SockSite(runner, listener, ssl_context=_tls(authority, options.folder), shutdown_timeout=1)
    await site.start()
    url = f"https://{HOST}:{port}"
    write_kubeconfigs(options.state / "kubeconfig", authority, url)
    stopping = _stop_signal()
    async with _background(api, options, kubelet):
        print(f"ready {url}", flush=True)  # noqa: T201 - what the supervisor waits for
        await stopping.wait()
    await runner.cleanup()
    store.close()


@contextlib.asynccontextmanager
async def _background(api: Api, options: Options, kubelet: Kubelet) -> Any:
    """Controllers and kubelet. One that fails is told in the log and does not take the cluster with it."""
    clock = api.clock
    own: list[Any] = [
        GarbageCollector(api, clock),
        NamespaceController(api, clock),
        QuotaController(api, clock),
        ClaimBinder(api, clock, options.folder / "volumes"),
        *all_controllers(api),
    ]
    works = [*(controller.run() for controller in own), kubelet.run(), _forget_events(api)]
    tasks = [asyncio.create_task(_watched(work)) for work in works]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _watched(work: Coroutine[Any, Any, None]) -> None:
    try:
        await work
    except asyncio.CancelledError:
        raise
    except Exception:
        logger.exception("a part of the cluster ended")


async def _forget_events(api: Api) -> None:
    while True:
        api.events.forget_expired()
        await asyncio.sleep(EVENT_SWEEP_SECONDS)


def _listen(port: int) -> Any:
    import socket

    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((HOST, port))
    return listener


def _tls(authority: Authority, folder: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.server(folder / "certificates")
    context.load_cert_chain(folder / "certificates" / "server.crt", folder / "certificates" / "server.key")
    context.load_verify_locations(cadata=authority.pair.certificate.decode())
    context.verify_mode = ssl.CERT_OPTIONAL
    return context


def _stop_signal() -> asyncio.Event:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    return stopping
